"""The next channel of a person whom a message did not reach on the one before.

Only a message that surely did not arrive (failed for good, or no usable address) has a successor:
never one that is uncertain, and never while another of the campaign is on its way to her. The
kind is asked who still waits to be told: nobody who answered is followed. The campaign's row is
held meanwhile, so two workers take turns, and the key of `Fallover` allows one successor a message
whatever happens. A person who asked us to stop on one channel is not followed to another.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from umkm_portal.messaging import kinds
from umkm_portal.messaging.accounts import account_for
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.ledger import STATES
from umkm_portal.messaging.models import Campaign, Delivery, DeliveryBatch, Fallover, Suppression

_log = logging.getLogger(__name__)
State = Delivery.State
REACHED = (State.ACCEPTED, State.DELIVERED, State.READ, State.UNCERTAIN)
LATE_REPORTS = timedelta(days=7)
"""So long after the end of a campaign a report may still say that a message failed."""
FIRST_NUMBER = 1_000_000
"""Batches of the audience have lower numbers: nobody in them is anybody's successor."""
UNREACHED = (State.FAILED_PERMANENT.value, State.SUPPRESSED.value)
STOPPED = tuple(r.value for r in Suppression.Reason if r != Suppression.Reason.HARD_BOUNCE)

PREFERRED = """
    coalesce((SELECT wish.ordinality FROM messaging_channelorder o,
            jsonb_array_elements_text(o.channels) WITH ORDINALITY wish
        WHERE o.recipient_key = e.recipient_key AND wish.value = e.channel),
        100 + array_position(%(preferred)s::text[], e.channel::text))
"""
"""The rank of a channel for a person: her own order, then the campaign's."""

_ALONE = """
    AND NOT EXISTS (SELECT FROM messaging_delivery other
        WHERE other.campaign_id = %(campaign)s AND other.recipient_key = candidate.recipient_key
            AND other.step = '' AND other.id <> candidate.id AND other.state <> ALL(%(unreached)s)
            AND other.state <> 'cancelled')
"""
"""No other message of the campaign reached her, or still may."""

_TAKE_OVER = f"""
WITH candidate AS MATERIALIZED (
    SELECT d.id, d.recipient_key, m.position, m.subject_id, d.error = ANY(%(stopped)s)
        OR coalesce(m.subject_id <> ALL(%(followed)s), FALSE) AS is_stopped
    FROM messaging_delivery d
    JOIN messaging_audiencemember m
        ON m.campaign_id = d.campaign_id AND m.recipient_key = d.recipient_key
    WHERE d.campaign_id = %(campaign)s AND d.batch_number = %(number)s AND d.step = ''
        AND d.state = ANY(%(unreached)s)
        AND NOT EXISTS (SELECT FROM messaging_fallover f WHERE f.delivery_id = d.id)
    ORDER BY d.id FOR UPDATE OF d
), next AS MATERIALIZED (
    SELECT DISTINCT ON (candidate.recipient_key) candidate.id AS was_id, e.recipient_key,
        e.subject_id, e.channel, e.address, e.context
    FROM candidate CROSS JOIN LATERAL (__people__) e
    WHERE NOT candidate.is_stopped AND e.channel = ANY(%(preferred)s)
        AND coalesce(e.address, '') <> ''
        AND NOT EXISTS (SELECT FROM messaging_delivery tried
            WHERE tried.campaign_id = %(campaign)s AND tried.recipient_key = candidate.recipient_key
                AND tried.step = '' AND tried.channel = e.channel)
        AND NOT EXISTS (SELECT FROM messaging_suppression s
            WHERE s.channel = e.channel AND s.address = lower(e.address)
                AND s.purpose = ANY(%(purposes)s))
        __alone__
    ORDER BY candidate.recipient_key, {PREFERRED}, candidate.id
), numbered AS MATERIALIZED (
    SELECT channel, nextval('messaging_batch_number') AS number FROM next GROUP BY channel
), fresh AS (
    INSERT INTO messaging_delivery (public_id, campaign_id, batch_number, recipient_key,
        subject_id, step, channel, address, context, state, attempt, provider_ref, error,
        created_at, changed_at)
    SELECT gen_random_uuid(), %(campaign)s, numbered.number, next.recipient_key, next.subject_id,
        '', next.channel, next.address, next.context, 'pending', 0, '', '', %(now)s, %(now)s
    FROM next JOIN numbered USING (channel)
    ON CONFLICT (campaign_id, recipient_key, step, channel) DO NOTHING
    RETURNING id, recipient_key, channel, batch_number
), fell AS (
    INSERT INTO messaging_fallover (delivery_id, successor_id, created_at)
    SELECT candidate.id, fresh.id, %(now)s FROM candidate
    LEFT JOIN next ON next.was_id = candidate.id
    LEFT JOIN fresh ON fresh.recipient_key = next.recipient_key AND fresh.channel = next.channel
    ON CONFLICT DO NOTHING
), batch AS (
    INSERT INTO messaging_deliverybatch (campaign_id, number, channel, account_id, priority,
        due_at, attempt, worker, size, {", ".join(STATES)})
    SELECT %(campaign)s, fresh.batch_number, fresh.channel, (%(accounts)s::jsonb ->> fresh.channel
        )::bigint, %(priority)s, %(now)s, 0, '', count(*),
        {", ".join("count(*)" if s == "pending" else "0" for s in STATES)}
    FROM fresh GROUP BY fresh.batch_number, fresh.channel
)
SELECT count(*) FROM fresh
"""  # noqa: S608 (states are our own words)
"""What a kind's SELECT calls its own relations does not matter: none is called `candidate`."""


def fall_over(campaign: Campaign, *, now: datetime) -> int:
    """Queue the next channel for all whom a campaign did not reach; return how many.

    Repeating is harmless. A campaign that was done runs again until they are settled. What breaks
    for one campaign is logged and tried again by the next sweep: the others go on.
    """
    if campaign.is_standing or len(campaign.channels) < 2:
        return 0
    try:
        return _fall_over(campaign, now=now)
    except Exception:
        _log.exception("campaign %s: nobody is led on to the next channel", campaign.pk)
        return 0


@transaction.atomic
def _fall_over(campaign: Campaign, *, now: datetime) -> int:
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if locked.state in (Campaign.State.DRAFT, Campaign.State.CANCELLED):
        return 0
    if locked.state == Campaign.State.PAUSED and "ends_as" in locked.options:
        return 0
    fresh = sum(_take_over(locked, batch, now=now) for batch in _unseen(locked))
    if fresh and locked.state == Campaign.State.DONE:
        locked.state, locked.finished_at = Campaign.State.RUNNING, None
        locked.options.pop("ends_as", None)
        locked.save(update_fields=["state", "finished_at", "options"])
    return fresh


def fall_over_all(*, now: datetime) -> int:
    """The same for every campaign whose messages may still fail; return how many."""
    live = (Campaign.State.EXPANDING, Campaign.State.RUNNING, Campaign.State.PAUSED)
    several = Campaign.objects.filter(is_standing=False, channels__1__isnull=False)
    late = several.filter(state=Campaign.State.DONE, finished_at__gt=now - LATE_REPORTS)
    found = (several.filter(state__in=live) | late).order_by("pk")
    unseen = _differing(DeliveryBatch.objects.filter(campaign__in=found))
    return sum(
        fall_over(campaign, now=now)
        for campaign in Campaign.objects.filter(pk__in=unseen.values("campaign_id")).order_by("pk")
    )


def reached_elsewhere(batch: DeliveryBatch, ids: Sequence[int]) -> set[int]:
    """Those successors whose predecessor arrived after all: a late report said so."""
    if batch.number < FIRST_NUMBER or len(batch.campaign.channels) < 2:
        return set()
    rows = Fallover.objects.filter(successor_id__in=ids, delivery__state__in=REACHED)
    return set(rows.values_list("successor_id", flat=True))


def unseen_batches(kinds_of: Collection[str]) -> QuerySet[DeliveryBatch]:
    """Batches of standing campaigns of these kinds with failures that nobody has looked at."""
    standing = DeliveryBatch.objects.filter(campaign__kind__in=kinds_of, campaign__is_standing=True)
    return _differing(standing)


def mark_seen(*batches: DeliveryBatch) -> None:
    """The failures of these batches so far have been looked at."""
    DeliveryBatch.objects.filter(pk__in=[batch.pk for batch in batches]).update(
        unreached_seen=F("failed_permanent") + F("suppressed")
    )


def _unseen(campaign: Campaign) -> list[DeliveryBatch]:
    batches = _differing(campaign.batches.all()).order_by("pk")
    return list(batches.select_for_update(of=("self",)))


def _differing(batches: QuerySet[DeliveryBatch]) -> QuerySet[DeliveryBatch]:
    return batches.exclude(unreached_seen=F("failed_permanent") + F("suppressed"))


def _take_over(campaign: Campaign, batch: DeliveryBatch, *, now: datetime) -> int:
    kind = kinds.get(campaign.kind)
    people = kind.expansion_sql
    for bound in ("%(first)s", "%(last)s"):
        people = people.replace(bound, "candidate.position")
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "number": batch.number,
        "unreached": list(UNREACHED),
        "stopped": list(STOPPED),
        "followed": _followed(campaign, batch, kind),
        "preferred": campaign.channels,
        "purposes": [Suppression.EVERYTHING, kind.purpose, kind.name],
        "priority": int(kind.priority),
        "accounts": _accounts(campaign),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE_OVER.replace("__people__", people).replace("__alone__", _ALONE), values
        )
        (fresh,) = cursor.fetchone()
    mark_seen(batch)
    return fresh


def _followed(campaign: Campaign, batch: DeliveryBatch, kind: CampaignKind) -> list[int]:
    """Whose unreached messages of a batch may have a successor: she still waits to be told."""
    unreached = campaign.deliveries.filter(batch_number=batch.number, state__in=UNREACHED)
    subjects = unreached.filter(fallover=None, subject_id__isnull=False)
    ids = [pk for pk in subjects.values_list("subject_id", flat=True) if pk is not None]
    asked = kind.may_follow or kind.still_wanted
    return sorted(asked(campaign, ids)) if ids else []


def _accounts(campaign: Campaign) -> str:
    pairs = ", ".join(f'"{c}": {account_for(campaign, c).pk}' for c in campaign.channels)
    return f"{{{pairs}}}"
