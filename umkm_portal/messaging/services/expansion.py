"""From a frozen audience to deliveries in batches, in slices that can be repeated harmlessly."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from umkm_portal.messaging import kinds, nudges
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.ledger import STATES
from umkm_portal.messaging.models import Campaign, Channel
from umkm_portal.messaging.services.campaigns import finish_campaign

BATCHES_PER_SLICE = 20
FIRST_SLICE = 4
"""Batches of the first slice: fewer, so that the workers begin at once."""
NUMBERS_PER_CHANNEL = 200_000
"""Batch numbers of the audience: 1.. for the first channel; a sequence from 1,000,000 follows."""
_CHANNEL_ORDER = [Channel.EMAIL.value, Channel.WHATSAPP.value, Channel.SMS.value]

_INSERT = """
INSERT INTO messaging_delivery (public_id, campaign_id, batch_number, recipient_key, subject_id,
    step, channel, address, context, state, attempt, provider_ref, error, created_at, changed_at)
SELECT gen_random_uuid(), %(campaign)s,
    1 + (a.position - 1) / %(batch_size)s
      + %(per_channel)s * (array_position(%(channels)s::text[], e.channel::text) - 1),
    e.recipient_key, e.subject_id, '', e.channel, coalesce(e.address, ''), e.context,
    CASE WHEN coalesce(e.address, '') = '' THEN 'suppressed' ELSE 'pending' END, 0, '',
    CASE WHEN coalesce(e.address, '') = '' THEN 'Tidak ada alamat.' ELSE '' END,
    %(now)s, %(now)s
FROM ({people}) e
JOIN messaging_audiencemember a
    ON a.campaign_id = %(campaign)s AND a.recipient_key = e.recipient_key
WHERE e.channel = ANY(%(channels)s) AND e.recipient_key <> ALL(ARRAY(
    SELECT told.recipient_key FROM messaging_delivery told
    WHERE told.campaign_id = %(campaign)s AND told.batch_number IS NULL))
ON CONFLICT (campaign_id, recipient_key, step, channel) DO NOTHING
"""

"""Who was told by hand meanwhile has a row outside any batch. That list is an array, not a join:
on a table without statistics the planner walks it once per person."""

_INSERT_LOST = """
INSERT INTO messaging_delivery (public_id, campaign_id, recipient_key, subject_id, step, channel,
    address, context, state, attempt, provider_ref, error, created_at, changed_at)
SELECT gen_random_uuid(), m.campaign_id, m.recipient_key, m.subject_id, '', %(first_channel)s, '',
    '{}', 'suppressed', 0, '', 'Data orang ini sudah tidak ada.', %(now)s, %(now)s
FROM messaging_audiencemember m
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
    AND NOT EXISTS (
        SELECT FROM messaging_delivery d
        WHERE d.campaign_id = m.campaign_id AND d.recipient_key = m.recipient_key)
ON CONFLICT (campaign_id, recipient_key, step, channel) DO NOTHING
"""
"""Nobody of the audience may be without a row, even if the kind's SELECT no longer finds her."""

_INSERT_BATCHES = f"""
INSERT INTO messaging_deliverybatch (campaign_id, number, channel, account_id, priority, due_at,
    attempt, worker, size, {", ".join(STATES)})
SELECT d.campaign_id, d.batch_number, d.channel, %(account)s, %(priority)s,
    CASE WHEN bool_or(d.state = 'pending') THEN %(due_at)s::timestamptz END,
    0, '', count(*), {", ".join(f"count(*) FILTER (WHERE d.state = '{s}')" for s in STATES)}
FROM messaging_delivery d
WHERE d.campaign_id = %(campaign)s AND d.channel = %(channel)s
    AND d.batch_number BETWEEN %(first_number)s AND %(last_number)s
GROUP BY d.campaign_id, d.batch_number, d.channel
ON CONFLICT (campaign_id, number) DO NOTHING
"""  # noqa: S608 (states are our own words)


def expand_campaign(campaign: Campaign, *, now: datetime) -> int:
    """Write all deliveries of a campaign that still lack; return how many people were covered.

    Interrupted anywhere it goes on where it stood; two at once do not meet. The workers are told
    after the first slice: they send what is written while the rest is being written. At the end
    the campaign runs and they are told again.
    """
    covered = 0
    while (people := _expand_slice(campaign, now=now)) is not None:
        if covered == 0:
            _nudge_workers()
        covered += people
    return covered


@transaction.atomic
def _expand_slice(campaign: Campaign, *, now: datetime) -> int | None:
    """Cover the next people; None when there is nothing to do or somebody else is at it."""
    found = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.EXPANDING)
    locked = found.select_for_update(no_key=True, skip_locked=True).first()
    if locked is None:
        return None
    if locked.expanded_to >= locked.audience_count:
        _start_running(locked, now=now)
        return None
    size = batch_size(locked)
    first = locked.expanded_to + 1
    batches = BATCHES_PER_SLICE if locked.expanded_to else FIRST_SLICE
    last = min(locked.expanded_to + size * batches, locked.audience_count)
    _insert(locked, first=first, last=last, size=size, now=now)
    locked.expanded_to = last
    locked.save(update_fields=["expanded_to", "options"])
    return last - first + 1


def batch_size(campaign: Campaign) -> int:
    """People in a batch: up to BATCH_SIZE, fewer when few are told, so that all workers help.

    Decided once: slices must agree on it.
    """
    if "batch_size" not in campaign.options:
        shares = 4 * settings.PORTAL_PROCESSES
        fair = max(2 * settings.SENDING_CHUNK, math.ceil(campaign.audience_count / shares))
        campaign.options["batch_size"] = min(settings.BATCH_SIZE, fair)
    return campaign.options["batch_size"]


def _insert(campaign: Campaign, *, first: int, last: int, size: int, now: datetime) -> None:
    kind = kinds.get(campaign.kind)
    channels = [c for c in _CHANNEL_ORDER if c in campaign.channels] or [Channel.EMAIL.value]
    values: dict[str, Any] = {
        "campaign": campaign.pk,
        "first": first,
        "last": last,
        "batch_size": size,
        "per_channel": NUMBERS_PER_CHANNEL,
        "channels": channels,
        "first_channel": channels[0],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.replace("{people}", kind.expansion_sql), values)
        cursor.execute(_INSERT_LOST, values)
        for rank, channel in enumerate(channels):
            offset = 1 + rank * NUMBERS_PER_CHANNEL
            values |= {
                "account": default_account(channel).pk,
                "priority": int(kind.priority),
                "due_at": max(now, campaign.not_before or now),
                "channel": channel,
                "first_number": offset + (first - 1) // size,
                "last_number": offset + (last - 1) // size,
            }
            cursor.execute(_INSERT_BATCHES, values)


def _start_running(campaign: Campaign, *, now: datetime) -> None:
    campaign.state = Campaign.State.RUNNING
    campaign.save(update_fields=["state"])
    if not finish_campaign(campaign, now=now):
        _nudge_workers()


def _nudge_workers() -> None:
    for _ in range(settings.PORTAL_PROCESSES):
        nudges.after_commit(nudges.WORK)
