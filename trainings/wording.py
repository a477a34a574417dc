"""Facts of a cohort and of an enrolment as words for messages and lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trainings.models import Cohort, Session
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


@dataclass(frozen=True)
class Facts:
    """What messages say of a cohort, before it is put into words."""

    title: str
    number: int
    mode: str
    starts_at: datetime | None
    organiser: str
    venue: str | None
    """Name and address of the first session's venue."""


def cohort_words(cohort: Cohort) -> dict[str, str]:
    """Title, wave, day, hour, place and organiser of a cohort, as messages say them."""
    training = cohort.training
    return in_words(
        Facts(
            training.title,
            cohort.number,
            cohort.mode,
            cohort.starts_at,
            str(training.organiser),
            _venue(cohort),
        )
    )


def in_words(facts: Facts) -> dict[str, str]:
    starts_at = facts.starts_at
    is_online = facts.mode == Cohort.Mode.ONLINE
    return {
        "judul": facts.title,
        "gelombang": str(facts.number),
        "tanggal": format_date(starts_at) if starts_at else NOT_YET,
        "jam": hour(starts_at) if starts_at else NOT_YET,
        "tempat": ONLINE if is_online else facts.venue or NOT_YET,
        "penyelenggara": facts.organiser,
    }


def hour(moment: datetime) -> str:
    """`09.00`, in Jakarta."""
    return f"{moment.astimezone(JAKARTA):%H.%M}"


def deadline(moment: datetime | None) -> str:
    """`Selasa 1 Desember 2026, 09.00 WIB`, or nothing."""
    return format_moment(moment) if moment else ""


def place(cohort: Cohort) -> str:
    """Where a cohort meets, as messages say it."""
    return cohort_words(cohort)["tempat"]


def _venue(cohort: Cohort) -> str | None:
    if cohort.mode == Cohort.Mode.ONLINE:
        return None
    sessions = cohort.sessions.filter(cancelled_at=None).select_related("venue")
    session: Session | None = sessions.order_by("starts_at", "pk").first()
    if session is None or session.venue is None:
        return None
    return f"{session.venue.name}, {session.venue.address}"
