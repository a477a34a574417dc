"""What a certificate is to those who look: anybody with its number, and its holder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from trainings.attendance.closing import LENGTH, MINUTES
from trainings.certificates.papers import certificate_pdf, public_url
from trainings.certificates.wording import (
    date_in_words,
    days_in_words,
    frozen_of,
    hours_in_words,
    paper_of,
)
from trainings.models import Certificate, Cohort, Enrolment
from umkm_portal.common import codes, tokens

PURPOSE = "certificate"
State = Enrolment.State
_MEASURE = """
SELECT e.id,
    (SELECT COALESCE(sum({length}), 0)::int FROM trainings_session s
        WHERE s.cohort_id = e.cohort_id AND s.cancelled_at IS NULL),
    (SELECT COALESCE(sum({minutes}), 0)::int FROM trainings_attendance a
        JOIN trainings_session s ON s.id = a.session_id AND s.cancelled_at IS NULL
        WHERE a.enrolment_id = e.id)
FROM trainings_enrolment e WHERE e.id = ANY(%s)
"""


@dataclass(frozen=True)
class Verdict:
    """What the public page says: the state in words, and the facts to hold the paper against."""

    number: str
    tone: str
    heading: str
    explanation: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Standing:
    """How far somebody is on the way to her certificate, or the certificate."""

    hours: str
    """`4 jam dari 6 jam`"""
    percent: int
    sentence: str
    number: str
    title: str
    download_url: str
    size: str
    page_url: str
    materials: str

    @property
    def has_certificate(self) -> bool:
        return bool(self.number)


def certificate_of(number: str) -> Certificate | None:
    """The certificate with this number, however it is typed."""
    code = codes.normalise(number)
    if not codes.is_valid(code):
        return None
    return Certificate.objects.select_related("edition").filter(number=code).first()


def verdict(certificate: Certificate) -> Verdict:
    """What anybody may know who has the number; never a NIK, a phone, or why it was revoked."""
    paper = paper_of(certificate, frozen_of(certificate.edition))
    name = certificate.name or "Dihapus atas permintaan pemiliknya"
    facts = (
        ("Nama", name),
        ("Pelatihan", f"{paper.frozen.training}, gelombang {paper.frozen.number}"),
        ("Hari hadir", days_in_words(paper.days)),
        ("Lama", f"{hours_in_words(paper.minutes)} ({paper.lessons} JP)"),
        ("Penyelenggara", paper.frozen.organiser),
        ("Jenis", certificate.get_kind_display()),
        ("Terbit", date_in_words(certificate.issued_on)),
    )
    return Verdict(paper.number, *_judgement(certificate), facts)


def unknown(number: str) -> Verdict:
    """The number is told as it was written, so that a slip is seen."""
    return Verdict(
        number[:40],
        "",
        "Nomor ini tidak kami kenal",
        "Periksa lagi hurufnya. Bila tetap tidak dikenal, sertifikat itu bukan dari kami.",
        (),
    )


def demo_certificate(cohort_code: str) -> Certificate | None:
    """The first valid certificate of a practice class, for the tour to show; None before."""
    papers = Certificate.objects.printable().filter(enrolment__cohort__code=cohort_code)
    return papers.order_by("pk").first()


def standings_of(enrolments: Sequence[Enrolment], *, now: datetime) -> dict[int, Standing]:
    """By place whose class has begun: hours and certificate. Read with cohort and training.

    Two queries, none where no class has begun.
    """
    seated = [row for row in enrolments if row.state in Enrolment.SEATED and _has_begun(row, now)]
    if not seated:
        return {}
    ids = [row.pk for row in seated]
    papers = Certificate.objects.printable().filter(enrolment__in=ids).select_related("edition")
    by_place = {paper.enrolment_id: paper for paper in papers}
    with connection.cursor() as cursor:
        query = _MEASURE.format(length=LENGTH, minutes=MINUTES.format(length=LENGTH))
        cursor.execute(query, [ids])
        measured = {pk: (total, minutes) for pk, total, minutes in cursor.fetchall()}
    return {row.pk: _standing(row, by_place.get(row.pk), *measured[row.pk]) for row in seated}


def standing_of(enrolment: Enrolment, *, now: datetime) -> Standing | None:
    return standings_of([enrolment], now=now).get(enrolment.pk)


def download_url(enrolment: Enrolment) -> str:
    """The signed address of the holder's PDF; it goes on to a reissued certificate."""
    token = tokens.sign(PURPOSE, enrolment.public_id)
    return reverse("trainings:certificate_pdf", args=[token])


def certificate_for(token: str) -> Certificate | None:
    """The valid certificate behind a holder's signed address."""
    try:
        public_id = tokens.unsign(PURPOSE, token)
    except tokens.BadToken:
        return None
    rows = Certificate.objects.printable().select_related("edition")
    return rows.filter(enrolment__public_id=public_id).first()


def pdf_of(certificate: Certificate) -> bytes:
    paper = paper_of(certificate, frozen_of(certificate.edition))
    return certificate_pdf(paper, url=public_url(paper.number))


def file_name(certificate: Certificate) -> str:
    return f"sertifikat-{certificate.shown_number}.pdf"


def _judgement(certificate: Certificate) -> tuple[str, str, str]:
    """Tone of the note, heading and explanation."""
    if certificate.state == Certificate.State.VALID:
        told = "Cocokkan nama dan pelatihan di bawah dengan kertasnya."
        return "h", "Sertifikat ini asli dan berlaku", told
    day = date_in_words(timezone.localdate(certificate.revoked_at))
    if certificate.replaced_by.exists():
        told = f"Sejak {day} ada penggantinya. Minta pemiliknya menunjukkan yang terbaru."
        return "m", "Sertifikat ini sudah diganti", told
    told = f"Dicabut {day}, jadi tidak berlaku lagi."
    return "m", "Sertifikat ini sudah dicabut", told


def _has_begun(enrolment: Enrolment, now: datetime) -> bool:
    starts_at, state = enrolment.cohort.starts_at, enrolment.cohort.state
    return starts_at is not None and starts_at <= now and state != Cohort.State.CANCELLED


def _standing(
    enrolment: Enrolment, paper: Certificate | None, total: int, minutes: int
) -> Standing:
    training = enrolment.cohort.training
    return Standing(
        hours=f"{hours_in_words(minutes)} dari {hours_in_words(total)}",
        percent=min(100 * minutes // total, 100) if total else 0,
        sentence=_sentence(enrolment, training.pass_percent),
        number=paper.shown_number if paper else "",
        title=paper.get_kind_display() if paper else "",
        download_url=download_url(enrolment) if paper else "",
        size=f"{max(round(paper.edition.pdf_size / 1000), 1)}\N{NO-BREAK SPACE}KB" if paper else "",
        page_url=reverse("trainings:certificate", args=[paper.shown_number]) if paper else "",
        materials=training.materials,
    )


def _sentence(enrolment: Enrolment, percent: int) -> str:
    """What is still missing for a certificate."""
    if enrolment.state == State.COMPLETED:
        return "Anda lulus. Sertifikat Anda sedang disiapkan petugas."
    if enrolment.cohort.state == Cohort.State.FINISHED:
        return f"Sertifikat terbit setelah hadir {percent}% jam. Jam hadir Anda belum cukup."
    return f"Sertifikat terbit setelah hadir {percent}% jam."
