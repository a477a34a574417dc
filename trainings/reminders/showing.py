"""What pages say of reminders: a cohort's lines for staff, her own next ones for an owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from trainings import ways
from trainings.models import Cohort, Enrolment, InvitationRound, Session
from trainings.reminders import due
from trainings.reminders.archiving import NOT_REACHED
from trainings.reminders.messages import KINDS
from trainings.reminders.rules import BEFORE, OCCASIONS, Name, Settings, settings_of
from trainings.reminders.turns import RUNNING

_COUNTS = """
SELECT t.rule,
    count(*) FILTER (WHERE d.state IN ('accepted', 'delivered', 'read')
        OR r.delivery_id IS NULL AND r.state = 'queued' AND r.reason = ''),
    count(*) FILTER (WHERE d.state IN ('pending', 'sending', 'failed_temporary')),
    count(*) FILTER (WHERE r.state = 'missed'),
    count(*) FILTER (WHERE d.state IN ('failed_permanent', 'suppressed', 'uncertain')
        OR r.delivery_id IS NULL AND r.state = 'queued' AND r.reason = %(not_reached)s)
FROM trainings_reminderturn t
JOIN trainings_reminder r ON r.turn_id = t.id
LEFT JOIN messaging_delivery d ON d.id = r.delivery_id
WHERE t.session_id IN (SELECT id FROM trainings_session WHERE cohort_id = %(cohort)s)
    OR t.round_id IN (SELECT id FROM trainings_invitationround WHERE cohort_id = %(cohort)s)
GROUP BY t.rule
UNION ALL
SELECT 'after', count(*) FILTER (WHERE d.state IN ('accepted', 'delivered', 'read')),
    count(*) FILTER (WHERE d.state IN ('pending', 'sending', 'failed_temporary')), 0,
    count(*) FILTER (WHERE d.state IN ('failed_permanent', 'suppressed', 'uncertain'))
FROM messaging_campaign c JOIN trainings_enrolment e ON e.cohort_id = %(cohort)s
JOIN messaging_delivery d ON d.campaign_id = c.id AND d.recipient_key = e.participant_id
    AND d.step = e.id::text
WHERE c.is_standing AND c.kind IN ('feedback', 'absence')
"""
"""What is said after a class is kept by its questions; its messages carry the enrolment as key.
A reminder without a message has it in the archive, with what came of it as its reason."""


@dataclass(frozen=True)
class Line:
    """One rule of one cohort, in messages; `next_at` is when the next planned one is due."""

    label: str
    rule: str
    is_on: bool
    next_at: datetime | None
    planned: int
    sent: int
    waiting: int
    missed: int
    failed: int


def lines_of(cohort: Cohort, *, now: datetime) -> list[Line]:
    """What every rule has sent, missed, and will send; seven queries at most."""
    settings = settings_of({cohort.training.programme_id})[cohort.training.programme_id]
    counts = _counts(cohort)
    ahead = _ahead(cohort, settings, now=now) if cohort.state in RUNNING else {}
    return [
        Line(
            Name(name).label,
            f"{settings[name].amount} {occasion.unit}",
            settings[name].is_on,
            *ahead.get(name, (None, 0)),
            *counts.get(name, (0, 0, 0, 0)),
        )
        for name, occasion in OCCASIONS.items()
    ]


def next_for(enrolment: Enrolment, *, now: datetime) -> list[datetime]:
    """When the owner of a seat will be reminded, soonest first; four queries at most."""
    cohort = enrolment.cohort
    is_ahead = enrolment.state in (Enrolment.State.CONFIRMED, Enrolment.State.ATTENDED)
    if not is_ahead or cohort.state not in RUNNING:
        return []
    if not ways.is_reachable(enrolment.participant, KINDS[Name.DAY]):
        return []
    programme = cohort.training.programme_id
    sessions = cohort.sessions.filter(cancelled_at=None, starts_at__gt=now)
    found = _moments(list(sessions), settings_of({programme})[programme], now=now)
    return sorted(at for times in found.values() for at in times)


def _counts(cohort: Cohort) -> dict[str, tuple[int, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"cohort": cohort.pk, "not_reached": NOT_REACHED})
        return {rule: counts for rule, *counts in cursor.fetchall()}


def _ahead(
    cohort: Cohort, settings: Settings, *, now: datetime
) -> dict[str, tuple[datetime | None, int]]:
    """By rule: when it is next due, and how many messages that and the later times are."""
    sessions = list(cohort.sessions.filter(cancelled_at=None, starts_at__gt=now))
    found = _moments(sessions, settings, now=now)
    ahead: dict[str, tuple[datetime | None, int]] = {
        rule: (min(times), len(times) * cohort.taken) for rule, times in found.items() if times
    }
    if settings[Name.AFTER].is_on and cohort.ends_at:
        ahead[Name.AFTER] = (None, cohort.taken)
    nudges = _nudges(cohort, settings, now=now)
    if nudges:
        ahead[Name.NUDGE] = (min(at for at, _ in nudges), sum(count for _, count in nudges))
    return ahead


def _moments(
    sessions: list[Session], settings: Settings, *, now: datetime
) -> dict[str, list[datetime]]:
    holidays = due.holidays_around([session.starts_at for session in sessions])
    found: dict[str, list[datetime]] = {rule: [] for rule in BEFORE}
    for session in sessions:
        for moment in due.moments_of(session.starts_at, settings, holidays=holidays):
            if moment.due_at > now:
                found[moment.rule].append(moment.due_at)
    return found


def _nudges(cohort: Cohort, settings: Settings, *, now: datetime) -> list[tuple[datetime, int]]:
    """(when, people who have not answered) of each round that will be reminded."""
    rounds = list(cohort.rounds.filter(closed_at=None, deadline_at__gt=now))
    silent = _silent(rounds)
    holidays = due.holidays_around([row.deadline_at for row in rounds])
    found = ((row, due.nudge_of(row, settings, holidays=holidays)) for row in rounds)
    return [
        (moment.due_at, silent[row.pk])
        for row, moment in found
        if moment and moment.due_at > now and row.pk in silent
    ]


def _silent(rounds: list[InvitationRound]) -> dict[int, int]:
    """By round: how many have not answered."""
    rows = Enrolment.objects.filter(round__in=rounds, state=Enrolment.State.INVITED).order_by()
    return dict(rows.values_list("round_id").annotate(count=Count("pk")))
