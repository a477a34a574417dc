"""The sessions of some days, by day, by place or by trainer, with what clashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from trainings.models import Cohort, CohortQuerySet, Session, Trainer, Unavailability, Venue
from trainings.planning import clashes
from trainings.planning.clashes import Kind, Meeting
from umkm_portal.common.dates import JAKARTA, format_date
from umkm_portal.regions.calendar import days_off

WITHOUT = "Belum ada"
ONLINE = "Daring"
WORDS = {
    Kind.VENUE: "Tempat bentrok",
    Kind.VENUE_AWAY: "Tempat tidak tersedia",
    Kind.CAPACITY: "Tempat terlalu kecil",
    Kind.TRAINER: "Pelatih bentrok",
    Kind.TRAINER_AWAY: "Pelatih tidak tersedia",
}


@dataclass(frozen=True)
class Entry:
    """One session in a calendar; `clashes` are (in a word, in a sentence)."""

    session: Session
    meeting: Meeting
    clashes: tuple[tuple[str, str], ...]

    @property
    def cohort(self) -> Cohort:
        return self.session.cohort

    @property
    def is_draft(self) -> bool:
        return self.cohort.state == Cohort.State.DRAFT

    @property
    def trainers(self) -> str:
        return ", ".join(trainer.name for trainer in self.meeting.trainers)


@dataclass(frozen=True)
class Cell:
    """One day of a calendar, or of one place or trainer."""

    day: date
    off: str = ""
    """The name of a day off."""
    away: str = ""
    """Why the place or trainer cannot be had."""
    entries: tuple[Entry, ...] = ()

    @property
    def title(self) -> str:
        return format_date(self.day)


@dataclass(frozen=True)
class Row:
    heading: str
    cells: tuple[Cell, ...]


def month_rows(first: date, cohorts: CohortQuerySet) -> list[Row]:
    """The weeks, Monday first, that hold the month of `first`."""
    begin = monday(first.replace(day=1))
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    end = monday(last) + timedelta(days=6)
    by_day, off = _read(begin, end, cohorts)
    weeks = range(0, (end - begin).days + 1, 7)
    return [Row("", _cells(begin + timedelta(days=n), by_day, off)) for n in weeks]


def week_rows(first: date, cohorts: CohortQuerySet) -> list[Row]:
    """The one week of `first`."""
    begin = monday(first)
    by_day, off = _read(begin, begin + timedelta(days=6), cohorts)
    return [Row("", _cells(begin, by_day, off))]


def venue_rows(first: date, cohorts: CohortQuerySet) -> list[Row]:
    """The week of `first`, a row per place that is used or away; online and homeless ones below."""

    def places(entry: Entry) -> list[Venue | None]:
        return [entry.session.venue]

    def name(venue: Venue | None, entries: list[Entry]) -> str:
        if venue is not None:
            return f"{venue} ({venue.capacity} orang)"
        is_online = all(entry.meeting.is_online for entry in entries)
        return ONLINE if entries and is_online else f"{WITHOUT} tempat"

    return _grouped(first, cohorts, places, name, "venue")


def trainer_rows(first: date, cohorts: CohortQuerySet) -> list[Row]:
    """The week of `first`, a row per trainer who teaches or is away; sessions without one below."""

    def people(entry: Entry) -> list[Trainer | None]:
        return [*entry.meeting.trainers] or [None]

    def name(trainer: Trainer | None, entries: list[Entry]) -> str:
        return str(trainer) if trainer else f"{WITHOUT} pelatih"

    return _grouped(first, cohorts, people, name, "trainer")


VIEWS: dict[str, tuple[str, Callable[[date, CohortQuerySet], list[Row]]]] = {
    "bulan": ("Bulan", month_rows),
    "minggu": ("Minggu", week_rows),
    "tempat": ("Tempat", venue_rows),
    "pelatih": ("Pelatih", trainer_rows),
}


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


ByDay = dict[date, list[Entry]]


def _grouped(
    first: date,
    cohorts: CohortQuerySet,
    owners: Callable[[Entry], Iterable[Venue | Trainer | None]],
    name: Callable[..., str],
    kind: str,
) -> list[Row]:
    begin = monday(first)
    end = begin + timedelta(days=6)
    by_day, off = _read(begin, end, cohorts)
    away = _away(kind, begin, end)
    known: dict[int | None, Venue | Trainer | None] = {owner.pk: owner for owner, _ in away}
    lines: dict[int | None, ByDay] = defaultdict(lambda: defaultdict(list))
    for day, entries in by_day.items():
        for entry in entries:
            for owner in owners(entry):
                key = owner.pk if owner else None
                known[key] = owner
                lines[key][day].append(entry)
    rows = []
    for key, owner in known.items():
        own = [(row.first_day, row.last_day, row.reason) for of, row in away if of.pk == key]
        entries = [entry for day in lines[key].values() for entry in day]
        rows.append((owner is None, Row(name(owner, entries), _cells(begin, lines[key], off, own))))
    return [row for _, row in sorted(rows, key=lambda pair: (pair[0], pair[1].heading))]


def _cells(
    begin: date,
    by_day: ByDay,
    off: dict[date, str],
    away: Iterable[tuple[date, date, str]] = (),
) -> tuple[Cell, ...]:
    days = [begin + timedelta(days=n) for n in range(7)]
    absent = {
        day: f"Tidak tersedia{f': {reason}' if reason else ''}"
        for day in days
        for first, last, reason in away
        if first <= day <= last
    }
    return tuple(
        Cell(day, off.get(day, ""), absent.get(day, ""), tuple(by_day.get(day, ()))) for day in days
    )


def _read(begin: date, end: date, cohorts: CohortQuerySet) -> tuple[ByDay, dict[date, str]]:
    """The sessions of some days and the days off among them: seven queries, however many."""
    sessions = list(
        Session.objects.filter(cohort__in=cohorts, cancelled_at__isnull=True)
        .filter(starts_at__gte=_start(begin), starts_at__lt=_start(end + timedelta(days=1)))
        .exclude(cohort__state=Cohort.State.CANCELLED)
        .select_related("cohort__training", "venue")
        .prefetch_related(clashes.assignments())
        .order_by("starts_at", "pk")
    )
    meetings = [clashes.meeting_of(session, session.cohort) for session in sessions]
    by_day: ByDay = defaultdict(list)
    for session, meeting, told in zip(
        sessions, meetings, clashes.find_clashes(meetings), strict=True
    ):
        told = [clash for clash in told if clash.kind != Kind.DAY_OFF]
        words = tuple((WORDS[clash.kind], clash.sentence) for clash in told)
        entry = Entry(session, meeting, words)
        by_day[meeting.day].append(entry)
    return by_day, days_off(begin, end)


def _away(kind: str, begin: date, end: date) -> list[tuple[Venue | Trainer, Unavailability]]:
    rows = Unavailability.objects.filter(
        Q(first_day__lte=end, last_day__gte=begin), **{f"{kind}__isnull": False}
    )
    return [(getattr(row, kind), row) for row in rows.select_related(kind).order_by("pk")]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=JAKARTA)
