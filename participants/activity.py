"""Who counts as active in the programme: by the last thing a person did, or by decision.

The rule: a person is active for ACTIVE_MONTHS after she answered, confirmed, attended, took a
step of the programme or logged in. An activity only ever moves the date forward. A decision of
staff (`decide_activity`) stands above the rule until its own last day.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from participants.models import Participant
from umkm_portal.accounts.models import User

SLICE = 20_000
"""Keys that one statement of `recompute_activity` goes through: short locks on a large register."""

_RULE = "((%s AT TIME ZONE 'Asia/Jakarta')::date + make_interval(months => %%(months)s))::date"

_RECORD = f"""
WITH locked AS MATERIALIZED (
    SELECT id FROM participants_participant
    WHERE id = ANY(%(ids)s) AND status = 'active'
      AND (last_activity_at IS NULL OR last_activity_at < %(at)s)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE participants_participant AS person
SET last_activity_at = %(at)s,
    active_until = CASE WHEN person.active_override THEN person.active_until
        ELSE greatest(person.active_until, {_RULE % "%(at)s"}) END
FROM locked WHERE person.id = locked.id
"""  # noqa: S608 - constants of this module
"""Rows are locked in the order of their keys: two such statements never wait in a circle."""

_STEPS = """
SELECT event.participant_id, event.occurred_on::timestamp AT TIME ZONE 'Asia/Jakarta'
FROM participants_stageevent AS event
WHERE event.participant_id BETWEEN %(first)s AND %(last)s AND NOT event.is_void
  AND NOT EXISTS (SELECT 1 FROM participants_stageevent AS later WHERE later.corrects_id = event.id)
"""
_LOGINS = """
SELECT person.id, account.last_login
FROM participants_participant AS person
JOIN accounts_user AS account ON account.id = person.account_id
WHERE person.id BETWEEN %(first)s AND %(last)s AND account.last_login IS NOT NULL
"""
_sources: list[str] = [_STEPS, _LOGINS]

_RECOMPUTE = f"""
WITH happened AS (
    SELECT participant_id, max(at) AS at FROM ({{sources}}) AS event (participant_id, at)
    WHERE at <= %(now)s GROUP BY participant_id
), due AS MATERIALIZED (
    SELECT person.id, greatest(person.last_activity_at, happened.at) AS at,
        coalesce(person.active_override AND person.override_until < %(today)s, false) AS is_over
    FROM participants_participant AS person
    LEFT JOIN happened ON happened.participant_id = person.id
    WHERE person.id BETWEEN %(first)s AND %(last)s AND person.status = 'active'
      AND (coalesce(happened.at > person.last_activity_at, happened.at IS NOT NULL)
           OR person.active_override AND person.override_until < %(today)s)
    ORDER BY person.id FOR NO KEY UPDATE OF person
)
UPDATE participants_participant AS person
SET last_activity_at = due.at,
    active_until = CASE WHEN due.is_over THEN {_RULE % "due.at"}
        WHEN person.active_override THEN person.active_until
        ELSE greatest(person.active_until, {_RULE % "due.at"}) END,
    active_override = person.active_override AND NOT due.is_over,
    active_reason = CASE WHEN due.is_over THEN '' ELSE person.active_reason END,
    override_until = CASE WHEN due.is_over THEN NULL ELSE person.override_until END
FROM due WHERE person.id = due.id
"""  # noqa: S608


def active_until_after(day: date) -> date:
    """Return the last day on which an activity on `day` still counts (ACTIVE_MONTHS)."""
    years, month = divmod(day.month - 1 + settings.ACTIVE_MONTHS, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def record_activity(participant_ids: Sequence[int], *, at: datetime) -> int:
    """Let these people count as active from `at` on; return how many moved forward.

    An older activity than the known one changes nothing, nor does anything change what staff
    decided; merged and anonymised records stay as they are. One statement.
    """
    facts = {"ids": list(participant_ids), "at": at, "months": settings.ACTIVE_MONTHS}
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, facts)
        return cursor.rowcount


def note_login(sender: object, request: HttpRequest | None, user: User, **facts: object) -> None:
    """Receiver of Django's login signal: the people of that account did something."""
    people = list(Participant.objects.filter(account=user).values_list("pk", flat=True))
    if people:
        record_activity(people, at=timezone.now())


def register_source(sql: str) -> None:
    """Let an app above tell what else is an activity; called in `AppConfig.ready`.

    `sql` selects (participant id, moment) of the people with keys from %(first)s to %(last)s.
    """
    if sql not in _sources:
        _sources.append(sql)


def recompute_activity(*, now: datetime) -> int:
    """Bring the whole register up to what its rows tell; return how many people changed.

    Decisions whose last day has passed end here, and the rule holds again. Repeating is harmless;
    each slice of keys is a transaction of its own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM participants_participant")
        lowest, highest = cursor.fetchone()
        if lowest is None:
            return 0
        return sum(
            _recompute_slice(first, min(first + SLICE - 1, highest), now=now)
            for first in range(lowest, highest + 1, SLICE)
        )


def _recompute_slice(first: int, last: int, *, now: datetime) -> int:
    facts = {
        "first": first,
        "last": last,
        "now": now,
        "today": timezone.localdate(now),
        "months": settings.ACTIVE_MONTHS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE.format(sources=" UNION ALL ".join(_sources)), facts)
        return cursor.rowcount


def decide_activity(
    person: Participant, *, is_active: bool, until: date, reason: str, now: datetime
) -> Participant:
    """Set by decision, through `until`, whether a person counts as active; above the rule."""
    person.active_until = until if is_active else None
    person.active_override, person.override_until = True, until
    person.active_reason = reason[:120]
    _save_decision(person)
    return person


def end_decision(person: Participant) -> Participant:
    """Let the rule hold again from now on."""
    day = timezone.localdate(person.last_activity_at) if person.last_activity_at else None
    person.active_until = active_until_after(day) if day else None
    person.active_override, person.override_until, person.active_reason = False, None, ""
    _save_decision(person)
    return person


def _save_decision(person: Participant) -> None:
    columns = ("active_until", "active_override", "override_until", "active_reason", "updated_at")
    person.save(update_fields=columns)
