"""What stands against a session: its place or trainer is taken or away, the room too small.

Asked before a plan is written. A hard clash cannot be saved: nobody can be at two places, and a
room holds what it holds. Everything else may be saved by whoever says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Prefetch, Q, prefetch_related_objects

from trainings.models import Assignment, Cohort, Session, Trainer, Unavailability, Venue
from umkm_portal.common.dates import JAKARTA, format_date
from umkm_portal.regions.calendar import days_off


class Kind(StrEnum):
    VENUE = "venue"
    VENUE_AWAY = "venue_away"
    CAPACITY = "capacity"
    TRAINER = "trainer"
    TRAINER_AWAY = "trainer_away"
    DAY_OFF = "day_off"
    BUDGET = "budget"


PLACE_KINDS = (Kind.VENUE, Kind.VENUE_AWAY, Kind.CAPACITY)
TRAINER_KINDS = (Kind.TRAINER, Kind.TRAINER_AWAY)


class Clash(NamedTuple):
    kind: Kind
    sentence: str
    is_hard: bool = False


@dataclass(frozen=True)
class Meeting:
    """A session as it is planned, written or not. Trainers who said no are left out."""

    starts_at: datetime
    ends_at: datetime
    seats: int
    label: str
    is_online: bool = False
    venue: Venue | None = None
    trainers: tuple[Trainer, ...] = ()
    link: str = ""
    pk: int | None = None

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(JAKARTA).date()

    @property
    def when(self) -> str:
        """`Selasa 1 Desember 2026, 09.00 sampai 12.00 WIB`."""
        first, last = self.starts_at.astimezone(JAKARTA), self.ends_at.astimezone(JAKARTA)
        return f"{format_date(first)}, {first:%H.%M} sampai {last:%H.%M} WIB"


def held_sessions() -> Prefetch:
    """For cohorts: the sessions that take place, in their order, with what `meeting_of` reads."""
    rows = Session.objects.filter(cancelled_at__isnull=True).select_related("venue")
    rows = rows.prefetch_related(assignments()).order_by("starts_at", "pk")
    return Prefetch("sessions", rows)


def assignments() -> Prefetch:
    return Prefetch("assignments", Assignment.objects.select_related("trainer").order_by("pk"))


def meeting_of(session: Session, cohort: Cohort) -> Meeting:
    """A saved session; `assignments` are to be prefetched where there are many."""
    return Meeting(
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        seats=cohort.seats,
        label=name_of(cohort),
        is_online=cohort.mode == Cohort.Mode.ONLINE,
        venue=session.venue,
        trainers=tuple(
            row.trainer
            for row in session.assignments.all()
            if row.state != Assignment.State.DECLINED
        ),
        link=session.link,
        pk=session.pk,
    )


def name_of(cohort: Cohort) -> str:
    return f"{cohort.training.title} gelombang {cohort.number}"


def clashes_of(session: Session | Meeting) -> list[Clash]:
    """Everything that stands against one session; nothing for a good one."""
    if isinstance(session, Session):
        prefetch_related_objects([session], assignments())
        session = meeting_of(session, session.cohort)
    return find_clashes([session])[0]


def find_clashes(meetings: Sequence[Meeting], *, without: Iterable[int] = ()) -> list[list[Clash]]:
    """The clashes of each session, with the written ones and with each other: four queries.

    Written sessions `without` are about to go and count for nothing.
    """
    if not meetings:
        return []
    known = _Known(meetings, without=without)
    return [[*known.against(meeting)] for meeting in meetings]


class _Known:
    """What is written about the days, places and trainers of some sessions."""

    def __init__(self, meetings: Sequence[Meeting], *, without: Iterable[int]) -> None:
        first = min(meeting.starts_at for meeting in meetings)
        last = max(meeting.ends_at for meeting in meetings)
        self.days_off = days_off(*(at.astimezone(JAKARTA).date() for at in (first, last)))
        self.by_day: dict[date, list[Meeting]] = defaultdict(list)
        gone = {*without, *(meeting.pk for meeting in meetings if meeting.pk)}
        for meeting in (*meetings, *_written(meetings, first, last, gone=gone)):
            for day in _days_of(meeting):
                self.by_day[day].append(meeting)
        self.away = _away(meetings, first.astimezone(JAKARTA).date(), last)

    def against(self, meeting: Meeting) -> Iterator[Clash]:
        if name := self.days_off.get(meeting.day):
            yield Clash(Kind.DAY_OFF, f"{format_date(meeting.day)} hari libur: {name}.")
        venue = meeting.venue
        if venue and meeting.seats > venue.capacity:
            yield Clash(
                Kind.CAPACITY,
                f"{venue} muat {venue.capacity} orang, kursinya {meeting.seats}. "
                "Kurangi kursi atau pilih tempat lain.",
                is_hard=True,
            )
        yield from self._away(meeting)
        for other in self._at_the_same_time(meeting):
            yield from _meet(meeting, other)

    def _away(self, meeting: Meeting) -> Iterator[Clash]:
        days = {*_days_of(meeting)}
        for row in self.away:
            if not any(row.first_day <= day <= row.last_day for day in days):
                continue
            dates = f"{format_date(row.first_day)} sampai {format_date(row.last_day)}"
            told = f"tidak bisa {dates}{f': {row.reason}' if row.reason else ''}."
            if meeting.venue and row.venue_id == meeting.venue.pk:
                yield Clash(Kind.VENUE_AWAY, f"{meeting.venue} {told}")
            for trainer in meeting.trainers:
                if row.trainer_id == trainer.pk:
                    yield Clash(Kind.TRAINER_AWAY, f"{trainer.name} {told}")

    def _at_the_same_time(self, meeting: Meeting) -> list[Meeting]:
        found: dict[int, Meeting] = {}
        for day in _days_of(meeting):
            for other in self.by_day[day]:
                if other is not meeting and _overlap(meeting, other):
                    found[id(other)] = other
        return list(found.values())


def _meet(meeting: Meeting, other: Meeting) -> Iterator[Clash]:
    """What two sessions of the same time take from each other."""
    share_room = meeting.venue is not None and meeting.venue == other.venue
    share_link = bool(meeting.link) and meeting.link == other.link
    if share_room and not meeting.is_online and not other.is_online:
        yield Clash(Kind.VENUE, f"{meeting.venue} sudah dipakai {other.label}, {other.when}.")
    if share_link or (share_room and not meeting.is_online):
        return  # two waves in one class: the trainer is at one place
    for trainer in meeting.trainers:
        if trainer not in other.trainers:
            continue
        yield Clash(
            Kind.TRAINER,
            f"{trainer.name} sudah mengajar {other.label}, {other.when}. "
            "Pilih pelatih atau jam lain.",
            is_hard=True,
        )


def _overlap(one: Meeting, other: Meeting) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _days_of(meeting: Meeting) -> list[date]:
    last = meeting.ends_at.astimezone(JAKARTA).date()
    return [meeting.day + timedelta(days=n) for n in range((last - meeting.day).days + 1)]


def _written(
    meetings: Sequence[Meeting], first: datetime, last: datetime, *, gone: Iterable[int]
) -> list[Meeting]:
    """Other sessions of that time at the same places or with the same trainers."""
    venues = {meeting.venue.pk for meeting in meetings if meeting.venue}
    trainers = {trainer.pk for meeting in meetings for trainer in meeting.trainers}
    taught = Assignment.objects.filter(trainer__in=trainers).values("session")
    rows = (
        Session.objects.filter(starts_at__lt=last, ends_at__gt=first, cancelled_at__isnull=True)
        .filter(Q(venue__in=venues) | Q(pk__in=taught))
        .exclude(cohort__state=Cohort.State.CANCELLED)
        .exclude(pk__in=gone)
        .select_related("cohort__training", "venue")
        .prefetch_related(assignments())
        .order_by("starts_at", "pk")
    )
    return [meeting_of(session, session.cohort) for session in rows]


def _away(meetings: Sequence[Meeting], first: date, last: datetime) -> list[Unavailability]:
    venues = {meeting.venue.pk for meeting in meetings if meeting.venue}
    trainers = {trainer.pk for meeting in meetings for trainer in meeting.trainers}
    rows = Unavailability.objects.filter(Q(venue__in=venues) | Q(trainer__in=trainers))
    rows = rows.filter(last_day__gte=first, first_day__lte=last.astimezone(JAKARTA).date())
    return list(rows.order_by("first_day", "pk"))
