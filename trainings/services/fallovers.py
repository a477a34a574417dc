"""The next channel of who was not reached by news of her place, or a question after her class.

Only a message that surely did not arrive is followed, and only the last word about her place: the
key in `Fallover` allows one successor, the campaign's row is held meanwhile. The successor keeps
the step of its event, so that one event is told once a channel.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from trainings import after_messages, ways
from trainings.services import notices
from umkm_portal.messaging import queueing
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, DeliveryBatch
from umkm_portal.messaging.services import fallover

CHUNK = 200
KINDS = (*notices.KINDS, after_messages.FEEDBACK, after_messages.ABSENCE)
"""Messages to one person each, about one seat."""

_FOLLOW = f"""
WITH post AS MATERIALIZED ({queueing.POST_OF_KIND}), failed AS MATERIALIZED (
    SELECT d.id AS was_id, d.recipient_key AS participant_id, d.subject_id, d.step, d.context,
        p.email, p.phone, d.error = ANY(%(stopped)s) AS is_stopped, ARRAY(
            SELECT other.channel FROM messaging_delivery other
            WHERE other.campaign_id = d.campaign_id AND other.recipient_key = d.recipient_key
                AND other.step = d.step
        ) AS tried
    FROM messaging_delivery d
    JOIN participants_participant p ON p.id = d.recipient_key AND p.status = 'active'
    WHERE d.campaign_id = %(campaign)s AND d.batch_number = ANY(%(numbers)s)
        AND d.subject_id = ANY(%(wanted)s) AND d.state = ANY(%(unreached)s)
        AND d.created_at > %(since)s
        AND NOT EXISTS (SELECT FROM messaging_fallover known WHERE known.delivery_id = d.id)
        AND NOT EXISTS (SELECT FROM messaging_delivery other
            WHERE other.campaign_id = d.campaign_id AND other.recipient_key = d.recipient_key
                AND other.subject_id = d.subject_id AND other.id <> d.id
                AND other.state <> 'cancelled' AND CASE
                    WHEN other.step = d.step THEN other.state <> ALL(%(unreached)s)
                    ELSE other.id > d.id END)
    ORDER BY d.id FOR UPDATE OF d
), next AS MATERIALIZED (
    SELECT failed.*, way.channel, way.address, {queueing.NEXT_ID} AS next_id
    FROM failed JOIN LATERAL ({ways.NEXT}) way ON NOT failed.is_stopped
), message AS (
    SELECT next_id AS id, participant_id AS recipient_key, subject_id, step, channel, address,
        context FROM next
), fell AS (
    INSERT INTO messaging_fallover (delivery_id, successor_id, created_at)
    SELECT failed.was_id, next.next_id, %(now)s FROM failed LEFT JOIN next USING (was_id)
    ON CONFLICT DO NOTHING
), {queueing.QUEUED_MANY}
SELECT count(*) FROM next
"""  # noqa: S608


def follow_failures(*, now: datetime) -> int:
    """Queue the next channel for all whom such a message did not reach; return how many."""
    kinds = {kind.name: kind for kind in KINDS}
    unseen = fallover.unseen_batches(kinds).order_by("campaign__kind")
    found = list(unseen.values_list("campaign__kind", flat=True).distinct())
    return sum(_follow(kinds[name], now=now) for name in found)


@transaction.atomic
def _follow(kind: CampaignKind, *, now: datetime) -> int:
    """The same for the failures of one kind that nobody has looked at, the oldest first."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(kind=kind.name, is_standing=True)
    if campaign.state != Campaign.State.RUNNING:
        return 0
    unseen = fallover.unseen_batches([kind.name]).order_by("pk")
    batches = list(unseen.select_for_update(of=("self",))[:CHUNK])
    fresh = _tell(kind, campaign, batches, now=now)
    fallover.mark_seen(*batches)
    if fresh:
        queueing.nudge(kind)
    return fresh


def _tell(
    kind: CampaignKind, campaign: Campaign, batches: list[DeliveryBatch], *, now: datetime
) -> int:
    numbers = [batch.number for batch in batches]
    rows = campaign.deliveries.filter(batch_number__in=numbers, subject_id__isnull=False)
    about = [pk for pk in rows.values_list("subject_id", flat=True) if pk is not None]
    values: dict[str, Any] = {
        **queueing.facts(kind, now=now),
        **ways.values(kind, now=now),
        "campaign": campaign.pk,
        "numbers": numbers,
        "wanted": sorted(kind.still_wanted(campaign, about)),
        "unreached": list(fallover.UNREACHED),
        "stopped": list(fallover.STOPPED),
        "since": now - fallover.LATE_REPORTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, values)
        (fresh,) = cursor.fetchone()
    return fresh
