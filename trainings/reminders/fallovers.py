"""The next channel of who was not reached by a reminder, as long as it is still in time.

Only a message that surely did not arrive is followed, under the lock of the cohort: its key in
`Fallover` allows one successor. The reminder is its successor's from then on, so that whatever
calls a reminder back calls this one back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from trainings import ways
from trainings.models import ReminderTurn
from trainings.reminders import messages
from trainings.services import seats
from umkm_portal.messaging import queueing
from umkm_portal.messaging.models import Campaign, DeliveryBatch
from umkm_portal.messaging.services import fallover

_TURN_OF = """
SELECT r.turn_id FROM messaging_delivery d JOIN trainings_reminder r ON r.delivery_id = d.id
WHERE d.campaign_id = %s AND d.batch_number = %s LIMIT 1
"""

_FOLLOW = f"""
WITH post AS MATERIALIZED ({queueing.POST_OF_KIND}), failed AS MATERIALIZED (
    SELECT r.id AS reminder_id, d.id AS was_id, e.id, e.participant_id, d.context, p.email, p.phone,
        d.error = ANY(%(stopped)s) AS is_stopped, ARRAY(
            SELECT other.channel FROM messaging_delivery other
            WHERE other.campaign_id = d.campaign_id AND other.recipient_key = d.recipient_key
                AND starts_with(other.step, %(turn)s || '-') AND other.state <> 'cancelled'
        ) AS tried
    FROM messaging_delivery d
    JOIN trainings_reminder r ON r.delivery_id = d.id AND r.state = 'queued'
    JOIN trainings_enrolment e ON e.id = r.enrolment_id
    JOIN participants_participant p ON p.id = e.participant_id AND p.status = 'active'
    WHERE d.campaign_id = %(campaign)s AND d.batch_number = %(number)s
        AND r.turn_id = %(turn)s AND d.state = ANY(%(unreached)s)
        AND e.state = ANY(%(states)s) AND NOT EXISTS (
            SELECT FROM messaging_fallover known WHERE known.delivery_id = d.id)
        AND NOT EXISTS (SELECT FROM messaging_delivery other
            WHERE other.campaign_id = d.campaign_id AND other.recipient_key = d.recipient_key
                AND starts_with(other.step, %(turn)s || '-') AND other.id <> d.id
                AND other.state <> ALL(%(unreached)s) AND other.state <> 'cancelled')
    ORDER BY d.id FOR UPDATE OF d, r
), next AS MATERIALIZED (
    SELECT failed.*, way.channel, way.address, {queueing.NEXT_ID} AS next_id
    FROM failed JOIN LATERAL ({ways.NEXT}) way ON NOT failed.is_stopped
), message AS (
    SELECT next_id AS id, participant_id AS recipient_key, next.id AS subject_id,
        %(turn)s || '-' || next_id AS step, channel, address, context FROM next
), taken AS (
    UPDATE trainings_reminder r SET delivery_id = next.next_id, decided_at = %(now)s
    FROM next WHERE r.id = next.reminder_id
), fell AS (
    INSERT INTO messaging_fallover (delivery_id, successor_id, created_at)
    SELECT failed.was_id, next.next_id, %(now)s FROM failed LEFT JOIN next USING (was_id)
    ON CONFLICT DO NOTHING
), {queueing.QUEUED_MANY}
SELECT count(*) FROM next
"""  # noqa: S608


def follow_failures(*, now: datetime) -> int:
    """Queue the next channel for all whom a reminder did not reach; return how many."""
    kinds = [kind.name for kind in messages.KINDS.values()]
    unseen = fallover.unseen_batches(kinds).order_by("pk")
    return sum(_follow(pk, now=now) for pk in list(unseen.values_list("pk", flat=True)))


@transaction.atomic
def _follow(batch_id: int, *, now: datetime) -> int:
    """Who of a batch is told by her next channel; what is too late stays as it is."""
    batch = DeliveryBatch.objects.select_related("campaign").get(pk=batch_id)
    if batch.campaign.state != Campaign.State.RUNNING:
        return 0
    fresh, turn = 0, _turn_of(batch)
    if turn is not None and turn.expires_at > now:
        about = turn.session or turn.round
        if about is not None:
            seats.lock(about.cohort_id)
        fresh = _tell(turn, batch, now=now)
    fallover.mark_seen(batch)
    return fresh


def _turn_of(batch: DeliveryBatch) -> ReminderTurn | None:
    with connection.cursor() as cursor:
        cursor.execute(_TURN_OF, [batch.campaign_id, batch.number])
        found = cursor.fetchone()
    rows = ReminderTurn.objects.select_related("session", "round")
    return rows.get(pk=found[0]) if found else None


def _tell(turn: ReminderTurn, batch: DeliveryBatch, *, now: datetime) -> int:
    kind = messages.KINDS[turn.rule]
    values: dict[str, Any] = {
        **queueing.facts(kind, now=now),
        **ways.values(kind, now=now),
        "campaign": batch.campaign_id,
        "number": batch.number,
        "turn": turn.pk,
        "unreached": list(fallover.UNREACHED),
        "stopped": list(fallover.STOPPED),
        "states": ["invited"] if turn.round_id else ["confirmed", "attended"],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, values)
        (fresh,) = cursor.fetchone()
    return fresh
