"""Reminding: who of a turn gets a message, in slices; and what was not sent in time.

Each slice is one transaction under the lock of the cohort: two beats at once take turns, and the
unique key of a reminder lets nobody be told twice. Killed anywhere it goes on where it stood.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from trainings import ways, wording
from trainings.models import Cohort, ReminderTurn
from trainings.reminders import fallovers, messages, turns
from trainings.reminders.due import TOO_LATE
from trainings.services import seats
from umkm_portal.messaging import ledger, nudges, queueing
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Delivery

SLICE = 1000
BEGUN = "Sesi sudah atau segera dimulai."
OVERTAKEN = "Pengingat berikutnya sudah jatuh tempo."
DEADLINE = "Batas jawab sudah lewat."

_SEATED = """
SELECT e.id, e.participant_id, e.short_code, p.full_name, p.email, p.phone
FROM trainings_enrolment e JOIN participants_participant p ON p.id = e.participant_id
WHERE e.cohort_id = %(cohort)s AND e.id > %(reached)s AND p.status = 'active'
    AND (e.state = 'confirmed' AND e.changed_at <= %(due_at)s OR e.state = 'attended')
ORDER BY e.id LIMIT %(size)s
"""
"""Whoever took her seat after the turn was due has just been told all of it."""

_SEATED_THEN = _SEATED.replace(
    "OR e.state = 'attended'", "OR e.state IN ('attended', 'no_show', 'completed')"
)
"""The same people when the class may be over meanwhile."""

_UNANSWERED = """
SELECT e.id, e.participant_id, e.short_code, p.full_name, p.email, p.phone
FROM trainings_enrolment e JOIN participants_participant p ON p.id = e.participant_id
WHERE e.round_id = %(round)s AND e.id > %(reached)s AND p.status = 'active'
    AND p.restricted_at IS NULL AND e.state = 'invited'
    AND EXISTS (SELECT FROM messaging_delivery told
        WHERE told.campaign_id = %(campaign)s AND told.recipient_key = e.participant_id
            AND told.state IN ('accepted', 'delivered', 'read'))
    AND NOT EXISTS (SELECT FROM trainings_enrolment other
        WHERE other.participant_id = e.participant_id AND other.training_id = e.training_id
            AND other.state IN ('confirmed', 'attended', 'no_show', 'completed'))
ORDER BY e.id LIMIT %(size)s
"""

_QUEUE = f"""
WITH post AS MATERIALIZED ({queueing.POST_OF_KIND}), picked AS MATERIALIZED ({{people}}), won AS (
    INSERT INTO trainings_reminder (turn_id, enrolment_id, delivery_id, state, reason, decided_at)
    SELECT %(turn)s, id, {queueing.NEXT_ID}, 'queued', '', %(now)s FROM picked
    {{guard}}
    RETURNING enrolment_id, delivery_id
), message AS (
    SELECT won.delivery_id AS id, picked.participant_id AS recipient_key, picked.id AS subject_id,
        %(turn)s || '-' || won.delivery_id AS step, coalesce(way.channel, 'email') AS channel,
        coalesce(way.address, '') AS address,
        %(words)s::jsonb || jsonb_build_object('nama', picked.full_name,
            'kode', 'JKP-' || left(picked.short_code, 4) || '-' || substr(picked.short_code, 5)
        ) AS context
    FROM won JOIN picked ON picked.id = won.enrolment_id
    LEFT JOIN LATERAL ({ways.FIRST}) way ON TRUE
), {queueing.QUEUED_MANY}
SELECT count(*), max(id), (SELECT count(*) FROM won) FROM picked
"""  # noqa: S608
GUARD = """
ON CONFLICT (turn_id, enrolment_id) DO UPDATE
    SET delivery_id = EXCLUDED.delivery_id, decided_at = EXCLUDED.decided_at
    WHERE trainings_reminder.state = 'queued' AND EXISTS (
        SELECT FROM messaging_delivery gone
        WHERE gone.id = trainings_reminder.delivery_id AND gone.state = 'cancelled')
"""
"""Who is there already is told again only if her message was called back before it left."""

_MISS = """
WITH picked AS MATERIALIZED ({people}), missed AS (
    INSERT INTO trainings_reminder (turn_id, enrolment_id, state, reason, decided_at)
    SELECT %(turn)s, id, 'missed', %(reason)s, %(now)s FROM picked
    ON CONFLICT (turn_id, enrolment_id) DO NOTHING RETURNING id
)
SELECT count(*), max(id), (SELECT count(*) FROM missed) FROM picked
"""

_MISS_UNSENT = """
UPDATE trainings_reminder r SET state = 'missed', reason = %(reason)s, decided_at = %(now)s
FROM messaging_delivery d, trainings_enrolment e
WHERE r.turn_id = %(turn)s AND r.state = 'queued' AND d.id = r.delivery_id
    AND d.state = 'cancelled' AND e.id = r.enrolment_id AND CASE
        WHEN %(round)s::bigint IS NOT NULL THEN e.state = 'invited'
        ELSE e.state IN ('confirmed', 'attended', 'no_show', 'completed') END
"""
"""Who gave her seat back, or answered, has missed nothing."""


def remind_due(*, now: datetime) -> Counter[str]:
    """Queue what is due, write down what is too late; how many people are `queued`, `missed`."""
    done: Counter[str] = Counter()
    turns.open_turns(now=now)
    waiting = ReminderTurn.objects.open().order_by("due_at", "pk")
    ids = list(waiting.values_list("pk", flat=True))
    for pk in ids:
        while (told := _work_slice(pk, now=now)) is not None:
            done += told
    over = ReminderTurn.objects.over(now=now).order_by("expires_at", "pk")
    for pk in list(over.values_list("pk", flat=True)):
        done["missed"] += settle_turn(pk, now=now)
    done["queued"] += fallovers.follow_failures(now=now)
    if done["queued"]:
        nudges.after_commit(nudges.WORK)
        nudges.after_commit(nudges.URGENT)
    return done


@transaction.atomic
def settle_turn(turn_id: int, *, now: datetime) -> int:
    """Call back what has not left in time, and write it down as missed; return how many.

    While a worker holds one of the messages the turn is looked at again.
    """
    if not _lock_cohort(turn_id):
        return 0
    found = ReminderTurn.objects.over(now=now).filter(pk=turn_id).select_related("session")
    turn = found.select_for_update(of=("self",)).first()
    if turn is None:
        return 0
    mine = Delivery.objects.filter(pk__in=turn.reminders.values("delivery"))
    waiting = mine.filter(state__in=ledger.WAITING).order_by("pk")
    while ids := list(waiting.values_list("pk", flat=True)[:SLICE]):
        if not messaging.cancel_deliveries(ids, now=now, reason=_reason(turn, now=now)):
            break
    missed = _miss_unsent(turn, now=now) if _stands(turn) else 0
    if not mine.filter(state__in=ledger.NON_FINAL).exists():
        turn.settled_at = now
        turn.save(update_fields=["settled_at"])
    return missed


@transaction.atomic
def _work_slice(turn_id: int, *, now: datetime) -> Counter[str] | None:
    """The next people of a turn; None when there is nobody left."""
    cohort = _lock_cohort(turn_id)
    turn = _locked(turn_id)
    if cohort is None or turn is None:
        return None
    counted, people = Counter[str](), 0
    running = turns.WATCHED if turn.expires_at <= now else turns.RUNNING
    if _stands(turn) and cohort.state in running:
        people, counted = _tell_slice(turn, cohort, now=now)
    if people < SLICE:
        turn.done_at = now
    turn.save(update_fields=["reached", "done_at"])
    return counted


def _lock_cohort(turn_id: int) -> Cohort | None:
    """Whoever gives seats back or moves sessions holds this lock as well."""
    facts = ReminderTurn.objects.filter(pk=turn_id)
    found = facts.values_list("session__cohort", "round__cohort").first()
    return seats.lock(next(filter(None, found))) if found else None


def _locked(turn_id: int) -> ReminderTurn | None:
    rows = ReminderTurn.objects.open().select_for_update(of=("self",))
    related = ("session__cohort__training__organiser", "session__venue", "round")
    return rows.select_related(*related).filter(pk=turn_id).first()


def _stands(turn: ReminderTurn) -> bool:
    """Whether the session is still when the turn says it is; a round's turn always stands."""
    session = turn.session
    if session is None:
        return True
    return session.cancelled_at is None and session.starts_at == turn.starts_at


def _tell_slice(turn: ReminderTurn, cohort: Cohort, *, now: datetime) -> tuple[int, Counter[str]]:
    """(people looked at, how many of them are `queued` or `missed`); the turn moves on."""
    is_late = turn.expires_at <= now
    values = _values(turn, cohort, now=now)
    if is_late:
        people = _UNANSWERED if turn.session is None else _SEATED_THEN
        statement = _MISS.format(people=people)
        values["reason"] = _reason(turn, now=now)
    else:
        statement = _QUEUE.format(people=_people(turn), guard=GUARD)
        values |= _message_values(turn, cohort, now=now)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        people, reached, told = cursor.fetchone()
    turn.reached = reached or turn.reached
    return people, Counter({"missed" if is_late else "queued": told})


def _people(turn: ReminderTurn) -> str:
    return _SEATED if turn.round is None else _UNANSWERED


def _values(turn: ReminderTurn, cohort: Cohort, *, now: datetime) -> dict[str, Any]:
    return {
        "turn": turn.pk,
        "cohort": cohort.pk,
        "round": turn.round_id,
        "campaign": turn.round and turn.round.campaign_id,
        "due_at": turn.due_at,
        "reached": turn.reached,
        "size": SLICE,
        "now": now,
    }


def _message_values(turn: ReminderTurn, cohort: Cohort, *, now: datetime) -> dict[str, Any]:
    kind = messages.KINDS[turn.rule]
    facts = queueing.facts(kind, now=now) | ways.values(kind, now=now)
    return {"words": json.dumps(_words(turn, cohort)), **facts}


def _words(turn: ReminderTurn, cohort: Cohort) -> dict[str, str]:
    if turn.session is None:
        batas = wording.deadline(turn.expires_at)
        return {**wording.cohort_words(cohort), "batas": batas}
    sessions = cohort.sessions.filter(cancelled_at=None).order_by("starts_at", "pk")
    order = list(sessions.values_list("pk", flat=True))
    return messages.words_of(turn.session, number=order.index(turn.session.pk) + 1, of=len(order))


def _reason(turn: ReminderTurn, *, now: datetime) -> str:
    if turn.starts_at is None:
        return DEADLINE
    return BEGUN if turn.starts_at - TOO_LATE <= now else OVERTAKEN


def _miss_unsent(turn: ReminderTurn, *, now: datetime) -> int:
    values = {
        "turn": turn.pk,
        "round": turn.round_id,
        "reason": _reason(turn, now=now),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MISS_UNSENT, values)
        return cursor.rowcount
