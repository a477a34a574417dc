"""The plain yes, nearly every one when invitations have gone out: a seat is free, and she gets it.

One statement does the whole of it: the cohort's counters, her state, its event, and the message in
the outbox. So a thousand people who answer at once wait for one row for as long as one UPDATE
takes, and a crash leaves all of it or nothing. Whatever is not plain changes nothing here and goes
the way of `answers`: an offer, a quota, a full or closed cohort, a seat in another wave, a message
that must be called back first, a person who is told by another channel than email.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from django.db import DataError, IntegrityError, connection, transaction

from trainings import messages, ways
from trainings.activity import is_activity, note_activity
from trainings.models import Enrolment, EnrolmentEvent
from trainings.services import notices
from trainings.services.transitions import ALLOWED, MOVED, State, event_facts
from umkm_portal.accounts.models import User
from umkm_portal.common.prepared import Prepared
from umkm_portal.messaging import queueing

SOURCES = frozenset(
    source
    for source, targets in ALLOWED.items()
    if State.CONFIRMED in targets and source not in (*Enrolment.SEATED, State.OFFERED)
)
"""States from which a yes needs nothing but a free seat."""

_MOVED = MOVED.format(
    facts=""", arrival_no = won.arrival_no, answered_at = %(now)s, answer_via = %(via)s,
        answered_by_id = %(actor)s""",
    number="won.event_id",
)
_IS_PLAIN = """
    c.id = %(cohort)s AND c.state || '' = 'open' AND c.held = 0 AND c.taken < c.seats
        AND (c.closes_at IS NULL OR c.closes_at > %(now)s)
        AND (c.starts_at IS NULL OR c.starts_at > %(now)s)
"""
"""Found by its key, even by a plan made while all cohorts together fill one page."""
SQL = f"""
WITH post AS MATERIALIZED ({queueing.POST}), mine AS MATERIALIZED (
    SELECT e.id, e.participant_id, e.arrival_no, person.email,
        nextval('trainings_enrolmentevent_id_seq') AS event_id
    FROM post, trainings_cohort c, trainings_enrolment e
    JOIN participants_participant person ON person.id = e.participant_id
    WHERE {_IS_PLAIN} AND e.id = %(enrolment)s AND e.cohort_id = c.id AND e.state = %(source)s
        AND {ways.EMAIL_FIRST}
        AND NOT EXISTS (SELECT FROM trainings_cohortquota q WHERE q.cohort_id = c.id)
        AND NOT EXISTS (
            SELECT FROM trainings_enrolment other
            WHERE other.participant_id = e.participant_id AND other.training_id = e.training_id
                AND other.state IN ('confirmed', 'attended', 'no_show', 'completed'))
        AND NOT EXISTS ({queueing.OPEN}
            AND open.recipient_key = e.participant_id AND open.subject_id = e.id)
), message AS (
    SELECT participant_id AS recipient_key, id AS subject_id, id || '-' || event_id AS step,
        email AS address, %(context)s::jsonb AS context FROM mine
), {queueing.QUEUED}, ready AS (
    SELECT (SELECT count(*) FROM delivery) AS deliveries, (SELECT count(*) FROM batch) AS batches
), won AS (
    UPDATE trainings_cohort c
    SET taken = c.taken + 1,
        next_arrival_no = c.next_arrival_no + CASE WHEN mine.arrival_no IS NULL THEN 1 ELSE 0 END
    FROM mine, ready
    WHERE {_IS_PLAIN} AND c.taken + c.held < c.seats AND ready.deliveries + ready.batches > 0
    RETURNING mine.id, mine.event_id,
        coalesce(mine.arrival_no, c.next_arrival_no - 1) AS arrival_no
), {_MOVED}
SELECT coalesce((SELECT arrival_no FROM won), 0) / (SELECT count(*) FROM event) FROM mine
"""  # noqa: S608
"""Whatever can be done before is done before the cohort's row is locked: that others wait for.

Locks in the order of all answers: the cohort, then the enrolment; each is looked at again once its
lock is there. Who finds a seat gone by then, or herself moved by another press, divides by zero,
which takes everything back.
"""
_TAKE = Prepared("plain_yes", SQL)


def take_seat(enrolment: Enrolment, *, now: datetime, via: str, actor: User | None) -> bool:
    """Give her a free seat and queue its message; False when it is not as plain as that."""
    if enrolment.state not in SOURCES:
        return False
    event = EnrolmentEvent(
        from_state=enrolment.state,
        to_state=State.CONFIRMED,
        via=via,
        actor=actor,
        happened_at=now,
    )
    number = _take(enrolment, event)
    if number is None:
        return False
    enrolment.state, enrolment.changed_at, enrolment.arrival_no = State.CONFIRMED, now, number
    enrolment.answered_at, enrolment.answer_via, enrolment.answered_by = now, via, actor
    queueing.nudge(messages.CONFIRMATION)
    if is_activity(event):
        note_activity([enrolment.participant_id], at=now)
    return True


def _take(enrolment: Enrolment, event: EnrolmentEvent) -> int | None:
    """Her number of arrival; None when nothing has changed."""
    facts = {
        "cohort": enrolment.cohort_id,
        "enrolment": enrolment.pk,
        "context": json.dumps(messages.place_of(enrolment.pk)),
        **event_facts(event),
        **queueing.facts(messages.CONFIRMATION, now=event.happened_at),
        **queueing.overtaken(notices.OVERTAKEN),
    }
    try:
        with _savepoint(), connection.cursor() as cursor:
            _TAKE.run(cursor, facts)
            row = cursor.fetchone()
    except (IntegrityError, DataError):
        # Somebody was faster: the last seat, another wave of the training, her other press. All
        # of it is taken back, and the longer way says what is so now.
        return None
    return row[0] if row else None


def _savepoint() -> AbstractContextManager[None]:
    """Alone, the statement is a transaction; inside of one, its failure must not end that."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
