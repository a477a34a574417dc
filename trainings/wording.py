"""Facts of a cohort and of an enrolment as words for messages and lists."""

from __future__ import annotations

from datetime import datetime

from trainings.models import Cohort, Enrolment, Session
from umkm_portal.common import codes
from umkm_portal.common.dates import JAKARTA, format_date, format_moment

ONLINE = "daring, tautan ada di halaman tiket"
NOT_YET = "menyusul"
ABSENCE_REASONS = {
    "sakit": "Sakit, atau keluarga sakit",
    "kendaraan": "Tidak ada kendaraan",
    "usaha": "Usaha sedang ramai",
    "lupa": "Lupa",
    "tempat": "Tidak tahu tempatnya",
    "hadir": "Saya hadir, tetapi tidak tercatat",
    "lainnya": "Lainnya",
}
"""Why people did not come: the key is kept, the words may be put otherwise any day."""


def cohort_words(cohort: Cohort) -> dict[str, str]:
    """Title, wave, day, hour, place and organiser of a cohort, as messages say them."""
    return {
        "judul": cohort.training.title,
        "gelombang": str(cohort.number),
        "tanggal": format_date(cohort.starts_at) if cohort.starts_at else NOT_YET,
        "jam": hour(cohort.starts_at) if cohort.starts_at else NOT_YET,
        "tempat": place(cohort),
        "penyelenggara": str(cohort.training.organiser),
    }


def enrolment_words(enrolment: Enrolment) -> dict[str, str]:
    """What a single message says about one person's place in a cohort."""
    return {
        **cohort_words(enrolment.cohort),
        "nama": enrolment.participant.full_name,
        "kode": codes.display(enrolment.short_code),
    }


def hour(moment: datetime) -> str:
    """`09.00`, in Jakarta."""
    return f"{moment.astimezone(JAKARTA):%H.%M}"


def deadline(moment: datetime | None) -> str:
    """`Selasa 1 Desember 2026, 09.00 WIB`, or nothing."""
    return format_moment(moment) if moment else ""


def place(cohort: Cohort) -> str:
    """Name and address of the first session's venue."""
    if cohort.mode == Cohort.Mode.ONLINE:
        return ONLINE
    sessions = cohort.sessions.filter(cancelled_at=None).select_related("venue")
    session: Session | None = sessions.order_by("starts_at", "pk").first()
    if session is None or session.venue is None:
        return NOT_YET
    return f"{session.venue.name}, {session.venue.address}"
