"""What the public sees of the cohorts: when, where, for whom, and how many seats are left.

Everything a page or a message says about a cohort in words is made here, so that the schedule,
the invitation and the ticket never disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.formats import date_format

from trainings.models import Cohort, CohortQuerySet, Session

NEARLY_FULL_PERCENT = 85
DISTRICT_CODE_LENGTH = len("31.71.07")


@dataclass(frozen=True)
class Seats:
    """The seats of one cohort; a seat on offer to somebody counts as taken."""

    seats: int
    taken: int

    @property
    def left(self) -> int:
        return max(self.seats - self.taken, 0)

    @property
    def percent(self) -> int:
        """Whole percent taken, 0 to 100; 100 only when full."""
        return min(self.taken * 100 // self.seats, 100) if self.seats else 100

    @property
    def label(self) -> str:
        return f"{self.taken} dari {self.seats} kursi terisi"

    @property
    def is_full(self) -> bool:
        return self.left == 0

    @property
    def is_nearly_full(self) -> bool:
        return self.percent >= NEARLY_FULL_PERCENT


@dataclass(frozen=True)
class Meeting:
    """One session in words."""

    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    address: str
    map_link: str
    trainers: str
    is_online: bool
    is_cancelled: bool


@dataclass(frozen=True)
class Wave:
    """One cohort in words; empty strings where nothing is known yet."""

    code: str
    url: str
    title: str
    provider: str
    mode_label: str
    is_online: bool
    starts_at: datetime | None
    when: str
    hours: str
    place: str
    address: str
    place_note: str
    audience: str
    """Who may take a seat."""
    target: str
    """Whom it is made for."""
    registration: str
    is_open: bool
    """Whoever is registered may join now, or wait in the line when it is full."""
    seats: Seats


def in_words(cohorts: CohortQuerySet) -> CohortQuerySet:
    """The cohorts with everything `waves` reads: two queries, however many there are."""
    sessions = Session.objects.select_related("venue").order_by("starts_at", "pk")
    return cohorts.select_related("training__provider", "training__organiser").prefetch_related(
        Prefetch("sessions", sessions)
    )


def waves(cohorts: Iterable[Cohort], *, now: datetime) -> list[Wave]:
    return [wave(cohort, now=now) for cohort in cohorts]


def wave(cohort: Cohort, *, now: datetime) -> Wave:
    """One cohort in words; read it through `in_words` first."""
    everything = list(cohort.sessions.all())
    sessions = [session for session in everything if not session.cancelled_at] or everything
    training = cohort.training
    venue = next((session.venue for session in sessions if session.venue), None)
    is_online = cohort.mode == Cohort.Mode.ONLINE
    return Wave(
        code=cohort.code,
        url=cohort.get_absolute_url(),
        title=f"{training.title}, Gelombang {cohort.number}",
        provider=f"Mitra: {training.provider}" if training.provider else str(training.organiser),
        mode_label=cohort.get_mode_display(),
        is_online=is_online,
        starts_at=cohort.starts_at,
        when=days_label([session.starts_at for session in sessions] or [cohort.starts_at]),
        hours=hours_label(sessions),
        place=_online_place(cohort) if is_online else venue.name if venue else "",
        address="" if is_online or not venue else venue.address,
        place_note=cohort.place_note,
        audience=cohort.get_eligibility_display(),
        target=training.audience,
        registration=registration_label(cohort, now=now),
        is_open=is_open(cohort, now=now),
        seats=Seats(cohort.seats, cohort.taken + cohort.held),
    )


def meetings(cohort: Cohort) -> list[Meeting]:
    """The sessions of one cohort in words, first session first."""
    sessions = (
        cohort.sessions.select_related("venue")
        .prefetch_related("trainers")
        .order_by("starts_at", "pk")
    )
    return [_meeting(session, number) for number, session in enumerate(sessions, 1)]


def open_cohorts(*, now: datetime) -> CohortQuerySet:
    """Cohorts a person may still join, soonest first, those without a date last."""
    undated_or_ahead = Q(starts_at__isnull=True) | Q(starts_at__gt=now)
    rows = Cohort.objects.filter(undated_or_ahead, state=Cohort.State.OPEN)
    return rows.order_by("starts_at", "pk")


def in_district(cohorts: CohortQuerySet, code: str) -> CohortQuerySet:
    """Cohorts with a session in the region of this code (kecamatan or kota) or below it."""
    place = Q(venue__region__code=code) | Q(venue__region__code__startswith=f"{code}.")
    return cohorts.filter(pk__in=Session.objects.filter(place).values("cohort_id"))


def count_by_district(cohorts: CohortQuerySet) -> Counter[str]:
    """How many of the cohorts meet in each kecamatan, by its code; one query."""
    places = Session.objects.filter(cohort__in=cohorts.order_by(), venue__region__isnull=False)
    pairs = places.values_list("cohort_id", "venue__region__code").distinct()
    return Counter(code for _, code in {(pk, code[:DISTRICT_CODE_LENGTH]) for pk, code in pairs})


def days_label(moments: Iterable[datetime | None]) -> str:
    """`Selasa 1 Desember 2026`, `Selasa–Rabu, 1–2 Desember 2026`, or `` when no day is known."""
    days = sorted({timezone.localtime(moment).date() for moment in moments if moment})
    if not days:
        return ""
    first, last = days[0], days[-1]
    if first == last:
        return date_format(first, "l j F Y")
    names = f"{date_format(first, 'l')}–{date_format(last, 'l')}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{names}, {first.day}–{date_format(last, 'j F Y')}"
    start = date_format(first, "j F" if first.year == last.year else "j F Y")
    return f"{names}, {start} – {date_format(last, 'j F Y')}"


def session_hours(session: Session) -> str:
    """`09.00–15.00 WIB`."""
    return f"{_clock(session.starts_at)}–{_clock(session.ends_at)} WIB"


def hours_label(sessions: Iterable[Session]) -> str:
    """`09.00–15.00 WIB, 2 hari`; the hours of the first session where they differ."""
    spans = [(_clock(session.starts_at), _clock(session.ends_at)) for session in sessions]
    if not spans:
        return ""
    hours = f"{spans[0][0]}–{spans[0][1]} WIB"
    if len(spans) == 1:
        return hours
    return f"{hours}, {len(spans)} {'hari' if len(set(spans)) == 1 else 'sesi'}"


def moment_label(moment: datetime) -> str:
    """`Rabu 25 November 2026, 17.00 WIB`."""
    return f"{date_format(timezone.localtime(moment), 'l j F Y, H.i')} WIB"


def is_open(cohort: Cohort, *, now: datetime) -> bool:
    """Whether people may register for the cohort at this moment."""
    return (
        cohort.state == Cohort.State.OPEN
        and (cohort.opens_at is None or cohort.opens_at <= now)
        and (cohort.closes_at is None or cohort.closes_at > now)
        and (cohort.starts_at is None or cohort.starts_at > now)
    )


def registration_label(cohort: Cohort, *, now: datetime) -> str:
    if cohort.state != Cohort.State.OPEN:
        return "Pendaftaran sudah ditutup"
    if cohort.opens_at and cohort.opens_at > now:
        return f"Pendaftaran dibuka {_short_moment(cohort.opens_at)}"
    if not cohort.closes_at:
        return "Pendaftaran dibuka"
    word = "ditutup" if cohort.closes_at > now else "sudah ditutup"
    return f"Pendaftaran {word} {_short_moment(cohort.closes_at)}"


def _short_moment(moment: datetime) -> str:
    return f"{date_format(timezone.localtime(moment), 'l j M, H.i')} WIB"


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "H.i")


def _online_place(cohort: Cohort) -> str:
    cost = cohort.data_cost_mb
    return f"Dari rumah, butuh kuota ±{cost} MB" if cost else "Dari rumah"


def _meeting(session: Session, number: int) -> Meeting:
    venue = session.venue
    return Meeting(
        title=session.title or f"Sesi {number}",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        place=venue.name if venue else "Daring" if session.link else "",
        address=venue.address if venue else "",
        map_link=venue.map_link if venue else "",
        trainers=", ".join(trainer.name for trainer in session.trainers.all()),
        is_online=venue is None,
        is_cancelled=session.cancelled_at is not None,
    )
