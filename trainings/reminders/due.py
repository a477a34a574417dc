"""When each rule falls due, and until when its message is worth sending.

What tells of a day ahead leaves on working days between 8 and 19 (WIB), rather earlier than
later. What tells of the same day leaves at its hour on any day. A reminder is worth nothing any
more once the next one of its session is due, or the session is about to begin.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from trainings.models import InvitationRound
from trainings.reminders.rules import BEFORE, Name, Settings
from umkm_portal.common.dates import JAKARTA
from umkm_portal.regions.calendar import days_off

FIRST_HOUR, LAST_HOUR = time(8), time(19)
"""An hour before the offices close: there is time to send."""
TOO_LATE = timedelta(minutes=5)
"""So shortly before a session nobody is reminded any more."""
LONGEST_HOLIDAY = 30


@dataclass(frozen=True)
class Moment:
    """One rule of one session: not before `due_at`, not from `expires_at` on."""

    rule: str
    due_at: datetime
    expires_at: datetime


def moments_of(
    starts_at: datetime, settings: Settings, *, holidays: Collection[date]
) -> list[Moment]:
    """The reminders before one session, in their order.

    One that would coincide with the next is left out.
    """
    last = starts_at - TOO_LATE
    times = [
        (rule, _due(starts_at, rule, settings[rule].amount, holidays))
        for rule in BEFORE
        if settings[rule].is_on
    ]
    times.sort(key=lambda one: one[1])
    ends = [*(due_at for _, due_at in times[1:]), last]
    return [
        Moment(rule, due_at, min(end, last))
        for (rule, due_at), end in zip(times, ends, strict=True)
        if due_at < min(end, last)
    ]


def nudge_of(
    opened: InvitationRound, settings: Settings, *, holidays: Collection[date]
) -> Moment | None:
    """The one reminder of a round: some hours before its deadline, after half its time or more."""
    if not settings[Name.NUDGE].is_on:
        return None
    half = opened.created_at + (opened.deadline_at - opened.created_at) / 2
    wished = opened.deadline_at - timedelta(hours=settings[Name.NUDGE].amount)
    due_at = max(half, in_office_hours(wished, holidays))
    return Moment(Name.NUDGE, due_at, opened.deadline_at)


def in_office_hours(moment: datetime, holidays: Collection[date]) -> datetime:
    """The moment, or where nobody is written to the last working day's hour before it.

    Before 8 o'clock it is 8 o'clock of that day, if that is a working day.
    """
    local = moment.astimezone(JAKARTA)
    day = local.date()
    for _ in range(LONGEST_HOLIDAY):
        if day not in holidays:
            break
        day -= timedelta(days=1)
    hour = min(max(local.time(), FIRST_HOUR), LAST_HOUR)
    return datetime.combine(day, hour, tzinfo=JAKARTA)


def holidays_around(moments: Collection[datetime]) -> Collection[date]:
    """Days off that the reminders of these sessions or rounds may meet; one query at most."""
    if not moments:
        return ()
    first = min(moments).astimezone(JAKARTA).date()
    last = max(moments).astimezone(JAKARTA).date()
    return days_off(first - timedelta(days=72 + LONGEST_HOLIDAY), last)


def _due(starts_at: datetime, rule: str, amount: int, holidays: Collection[date]) -> datetime:
    if rule == Name.HOURS:
        return starts_at - timedelta(hours=amount)
    return in_office_hours(starts_at - timedelta(days=amount), holidays)


__all__ = ["Moment", "holidays_around", "in_office_hours", "moments_of", "nudge_of"]
