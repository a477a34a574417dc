"""New waves from one that stands: a copy on another date, or several after a pattern of days.

What is proposed is shown before it is written. New waves are drafts with the next numbers; place,
trainers, quotas and the plan of money come from the wave they are made of, answers of trainers and
money that is promised or paid do not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import Max, Model
from django.utils import timezone

from trainings.models import Assignment, BudgetLine, Cohort, CohortQuota, Session, Training
from trainings.planning import clashes
from trainings.planning.clashes import Clash, Meeting
from trainings.sessions import refresh_cohort_dates
from umkm_portal.common.dates import DAYS, JAKARTA
from umkm_portal.regions.calendar import days_off

MOST_WAVES = 30
MOST_SESSIONS = 30
LONGEST = timedelta(days=730)
"""Waves further away than this are a slip of the finger."""
COPIED = (
    "training_id",
    "mode",
    "eligibility",
    "seats",
    "minimum",
    "people_per_seat",
    "answer_hours",
    "offer_hours",
    "auto_rounds",
    "data_cost_mb",
    "place_note",
    "walk_ins",
    "forfeit_minutes",
)
SUNDAY = DAYS[6]
"""A plain Sunday is no reason to pass over it when Sundays were asked for."""
_HOURS = re.compile(r"(\d{1,2})[.:](\d{2})\s*(?:-|–|s\.?d\.?|sampai)\s*(\d{1,2})[.:](\d{2})")


class PlanRefused(ValueError):
    """The pattern gives no waves; the text says what to change."""


class PlanChanged(PlanRefused):
    """Between preview and writing something else was written."""


@dataclass(frozen=True)
class Pattern:
    """When waves meet: on which weekdays (0 is Monday), at which hours, how often each."""

    waves: int
    first_day: date
    weekdays: frozenset[int]
    hours: tuple[tuple[time, time], ...]
    sessions: int
    weeks_between: int = 0
    """Weeks from the beginning of one wave to the next; 0: right after the one before."""


@dataclass(frozen=True)
class Wave:
    """One wave as it would be written, with what stands against it."""

    number: int
    code: str
    meetings: tuple[Meeting, ...]
    clashes: tuple[Clash, ...]

    @property
    def place(self) -> str:
        """The places of its sessions in words."""
        return ", ".join(dict.fromkeys(str(m.venue) for m in self.meetings if m.venue))

    @property
    def trainers(self) -> list[str]:
        names = [trainer.name for meeting in self.meetings for trainer in meeting.trainers]
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Proposal:
    waves: tuple[Wave, ...]
    skipped: tuple[tuple[date, str], ...]
    """Days off on which a session would have been."""

    @property
    def fingerprint(self) -> str:
        """The same as long as the same waves would be written."""
        told = [(w.code, *(m.starts_at.isoformat() for m in w.meetings)) for w in self.waves]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def parse_hours(text: str) -> tuple[tuple[time, time], ...]:
    """Hours typed as `09.00-12.00, 13.00-16.00`. Raises PlanRefused with the repair."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;\n]", text))):
        match = _HOURS.fullmatch(part)
        try:
            first, first_minute, last, last_minute = map(int, match.groups() if match else ())
            starts, ends = time(first, first_minute), time(last, last_minute)
        except ValueError:
            raise PlanRefused(f"Jam “{part}” tidak terbaca. Tulis misalnya 09.00-12.00.") from None
        if ends <= starts:
            raise PlanRefused(f"Jam “{part}”: jam selesai harus setelah jam mulai.")
        found.append((starts, ends))
    if not found:
        raise PlanRefused("Tulis jam sesinya, misalnya 09.00-12.00.")
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        raise PlanRefused("Jam sesinya bertumpuk. Pisahkan, misalnya 09.00-12.00, 13.00-16.00.")
    return tuple(found)


def propose(source: Cohort, pattern: Pattern) -> Proposal:
    """The waves that the pattern gives after `source`; writes nothing. Raises PlanRefused."""
    _check(pattern)
    slots, skipped = _slots(pattern)
    models = list(source.sessions.prefetch_related(clashes.assignments()).order_by("starts_at"))
    number = _last_number(source.training) + 1
    planned = []
    for place, times in enumerate(slots):
        label = f"{source.training.title} gelombang {number + place}"
        planned.append([_meeting(source, models, n, at, label) for n, at in enumerate(times)])
    told = iter(clashes.find_clashes([meeting for wave in planned for meeting in wave]))
    codes = _free_codes(source.training, number, len(planned))
    waves = tuple(
        Wave(
            number + place,
            codes[place],
            tuple(meetings),
            tuple(clash for _ in meetings for clash in next(told)),
        )
        for place, meetings in enumerate(planned)
    )
    return Proposal(waves, tuple(sorted(skipped.items())))


@transaction.atomic
def write_waves(source: Cohort, pattern: Pattern, *, expected: str) -> list[Cohort]:
    """Write what was shown as drafts. Raises PlanChanged when it would be something else now.

    The training is locked, so that numbers go on without gap however many officers press.
    """
    Training.objects.select_for_update(no_key=True).get(pk=source.training_id)
    proposal = propose(source, pattern)
    if proposal.fingerprint != expected:
        raise PlanChanged("Rencana berubah sejak ditampilkan. Periksa lagi, lalu tulis.")
    return [_write(source, wave) for wave in proposal.waves]


@transaction.atomic
def clone_cohort(source: Cohort, *, first_day: date) -> Cohort:
    """A draft like `source` with the next number; its first session is on `first_day`."""
    training = Training.objects.select_for_update(no_key=True).get(pk=source.training_id)
    number = _last_number(training) + 1
    models = list(source.sessions.prefetch_related(clashes.assignments()).order_by("starts_at"))
    shift = _shift(models, first_day)
    label = f"{training.title} gelombang {number}"
    meetings = tuple(
        _meeting(source, models, n, (model.starts_at + shift, model.ends_at + shift), label)
        for n, model in enumerate(models)
    )
    [code] = _free_codes(training, number, 1)
    return _write(source, Wave(number, code, meetings, ()))


def _shift(models: list[Session], first_day: date) -> timedelta:
    if not models:
        return timedelta()
    return first_day - models[0].starts_at.astimezone(JAKARTA).date()


def _check(pattern: Pattern) -> None:
    if not pattern.weekdays:
        raise PlanRefused("Pilih paling sedikit satu hari.")
    if not 1 <= pattern.waves <= MOST_WAVES:
        raise PlanRefused(f"Jumlah gelombang antara 1 dan {MOST_WAVES}.")
    if not 1 <= pattern.sessions <= MOST_SESSIONS:
        raise PlanRefused(f"Jumlah sesi antara 1 dan {MOST_SESSIONS}.")


Times = list[tuple[datetime, datetime]]


def _slots(pattern: Pattern) -> tuple[list[Times], dict[date, str]]:
    """The times of each wave, and the days off that were passed over."""
    last = pattern.first_day + LONGEST
    off = {day: name for day, name in days_off(pattern.first_day, last).items() if name != SUNDAY}
    skipped: dict[date, str] = {}
    waves: list[Times] = []
    day = pattern.first_day
    for number in range(pattern.waves):
        if pattern.weeks_between:
            begins = pattern.first_day + timedelta(weeks=number * pattern.weeks_between)
            day = max(day, begins)
        times: Times = []
        while len(times) < pattern.sessions:
            if day > last:
                raise PlanRefused("Gelombang terakhir lebih dari dua tahun lagi. Kurangi.")
            if day.weekday() in pattern.weekdays:
                if day in off:
                    skipped[day] = off[day]
                else:
                    times += _of_day(day, pattern.hours)
            day += timedelta(days=1)
        waves.append(times[: pattern.sessions])
    return waves, skipped


def _of_day(day: date, hours: tuple[tuple[time, time], ...]) -> Iterator[tuple[datetime, datetime]]:
    for starts, ends in hours:
        yield _at(day, starts), _at(day, ends)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=JAKARTA)


def _meeting(
    source: Cohort,
    models: list[Session],
    number: int,
    times: tuple[datetime, datetime],
    label: str,
) -> Meeting:
    """The session in the place of the source's session of that number, or of its last one."""
    model = models[min(number, len(models) - 1)] if models else None
    known = clashes.meeting_of(model, source) if model else None
    return Meeting(
        starts_at=times[0],
        ends_at=times[1],
        seats=source.seats,
        label=label,
        is_online=source.mode == Cohort.Mode.ONLINE,
        venue=known.venue if known else None,
        trainers=known.trainers if known else (),
        link=known.link if known else "",
    )


def _last_number(training: Training) -> int:
    return training.cohorts.aggregate(last=Max("number"))["last"] or 0


def _free_codes(training: Training, first: int, count: int) -> list[str]:
    """Codes `slug-number` that nobody has; a taken one gets a letter more."""
    wanted = [f"{training.slug[:50]}-{first + n}" for n in range(count)]
    taken = set(Cohort.objects.filter(code__in=wanted).values_list("code", flat=True))
    return [f"{code}-baru" if code in taken else code for code in wanted]


def _write(source: Cohort, wave: Wave) -> Cohort:
    facts = {name: getattr(source, name) for name in COPIED}
    opens_at, closes_at = _registration(source, wave)
    cohort = Cohort.objects.create(
        code=wave.code, number=wave.number, opens_at=opens_at, closes_at=closes_at, **facts
    )
    models = list(source.sessions.order_by("starts_at", "pk"))
    for place, meeting in enumerate(wave.meetings):
        title = models[place].title if place < len(models) else ""
        session = Session.objects.create(
            cohort=cohort,
            title=title,
            venue=meeting.venue,
            link=meeting.link,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
        )
        Assignment.objects.bulk_create(
            Assignment(session=session, trainer=trainer) for trainer in meeting.trainers
        )
    for row in source.budget_lines.order_by("pk"):
        _copy(row, BudgetLine, cohort, "purpose", "note", "planned")
    for quota in source.quotas.order_by("pk"):
        _copy(quota, CohortQuota, cohort, "kind", "key", "seats")
    refresh_cohort_dates(cohort)
    return cohort


def _copy(row: Model, model: type[Model], cohort: Cohort, *names: str) -> None:
    values = {name: getattr(row, name) for name in names}
    model._default_manager.create(cohort=cohort, **values)


def _registration(source: Cohort, wave: Wave) -> tuple[datetime | None, datetime | None]:
    """Opening and closing as long before the first session as they were for the source."""
    if not wave.meetings or source.starts_at is None:
        return None, None
    shift = wave.meetings[0].day - timezone.localdate(source.starts_at, JAKARTA)
    opens_at, closes_at = source.opens_at, source.closes_at
    return opens_at and opens_at + shift, closes_at and closes_at + shift
