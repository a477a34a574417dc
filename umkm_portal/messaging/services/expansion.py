"""From a frozen audience to deliveries in batches, by several workers, slice by slice.

A slice writes rows that nobody sees before its commit, and takes the campaign's row last: so no
worker waits for another, and a pause or an end waits for no slice.
"""

from __future__ import annotations

import math
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from umkm_portal.messaging import kinds, nudges
from umkm_portal.messaging.accounts import account_for
from umkm_portal.messaging.ledger import STATES
from umkm_portal.messaging.models import Campaign, Channel, ExpansionSlice
from umkm_portal.messaging.sending import stopping
from umkm_portal.messaging.services import slices
from umkm_portal.messaging.services.campaigns import finish_campaign
from umkm_portal.messaging.services.fallover import PREFERRED
from umkm_portal.messaging.services.frequency import hold_back

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
FROM ({chosen}) e
JOIN messaging_audiencemember a
    ON a.campaign_id = %(campaign)s AND a.recipient_key = e.recipient_key
WHERE e.channel = ANY(%(channels)s) AND e.recipient_key <> ALL(ARRAY(
    SELECT told.recipient_key FROM messaging_delivery told
    WHERE told.campaign_id = %(campaign)s AND told.batch_number IS NULL))
ON CONFLICT (campaign_id, recipient_key, step, channel) DO NOTHING
"""
"""Who was told by hand meanwhile has a row outside any batch. That list is an array, not a join:
on a table without statistics the planner walks it once per person."""

_FIRST_CHANNEL = f"""
SELECT DISTINCT ON (e.recipient_key) e.*
FROM ({{people}}) e
JOIN messaging_audiencemember m
    ON m.campaign_id = %(campaign)s AND m.recipient_key = e.recipient_key
WHERE e.channel = ANY(%(channels)s)
ORDER BY e.recipient_key, coalesce(e.address, '') = '', m.channel <> e.channel, {PREFERRED}
"""  # noqa: S608
"""One channel a person: what was worked out with the audience, her own order, the campaign's."""

_INSERT_LOST = """
INSERT INTO messaging_delivery (public_id, campaign_id, recipient_key, subject_id, step, channel,
    address, context, state, attempt, provider_ref, error, created_at, changed_at)
SELECT gen_random_uuid(), %(campaign)s, x.recipient_key, max(x.subject_id), '', %(first_channel)s,
    '', '{}', 'suppressed', 0, '', 'Data orang ini sudah tidak ada.', %(now)s, %(now)s
FROM (
    SELECT m.recipient_key, m.subject_id, FALSE AS has_one
    FROM messaging_audiencemember m
    WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT told.recipient_key, NULL, TRUE FROM messaging_delivery told
    WHERE told.campaign_id = %(campaign)s AND told.batch_number IS NULL
    {written}
) x
GROUP BY x.recipient_key HAVING NOT bool_or(x.has_one)
ON CONFLICT (campaign_id, recipient_key, step, channel) DO NOTHING
"""
"""Nobody of the audience may be without a row, even if the kind's SELECT no longer finds her.

Grouped, not joined, and by ranges of numbers: of a campaign that the statistics do not know yet
the planner expects one row, and walks all that were written for each slice, or each person.
"""
_WRITTEN = """
    UNION ALL
    SELECT d.recipient_key, NULL, TRUE FROM messaging_delivery d
    WHERE d.campaign_id = %(campaign)s AND d.batch_number BETWEEN {first} AND {last}
"""
"""The people who have a message in the slice's batches of one channel."""

_LEAVE_TOLD = """
DELETE FROM messaging_delivery d
WHERE d.campaign_id = %(campaign)s AND d.step = ''
    AND d.batch_number BETWEEN %(first_number)s AND %(last_number)s
    AND d.recipient_key = ANY(ARRAY(
        SELECT told.recipient_key FROM messaging_delivery told
        JOIN messaging_audiencemember m
            ON m.campaign_id = told.campaign_id AND m.recipient_key = told.recipient_key
        WHERE told.campaign_id = %(campaign)s AND told.batch_number IS NULL
            AND told.channel = 'manual' AND m.position BETWEEN %(first)s AND %(last)s))
    AND NOT EXISTS (SELECT FROM messaging_deliverybatch b
        WHERE b.campaign_id = d.campaign_id AND b.number = d.batch_number)
"""
"""Who was told by hand while her slice was written: staff saw no message on its way."""

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


class CampaignStopped(Exception):
    """Somebody paused or ended the campaign while a slice of it was written."""


def expand_campaign(campaign: Campaign, *, now: datetime, seconds: float | None = None) -> int:
    """Write deliveries of a campaign that still lack; return how many people were covered.

    Any number of workers may do so at once: each takes the next slice that nobody writes. The
    workers are told after the first one: they send what is written while the rest is being
    written. After `seconds` a worker gives way to other work and asks for another turn. Whoever
    finds nothing left lets the campaign run.
    """
    stop_at = time.monotonic() + (math.inf if seconds is None else seconds)
    slices.cut_audience(campaign)
    covered, is_out_of_time = 0, False
    while not is_out_of_time and (people := _expand_slice(campaign, now=now)) is not None:
        if covered == 0:
            _nudge_workers()
        covered += people
        is_out_of_time = time.monotonic() >= stop_at or stopping.is_stopping()
    if not _start_running(campaign, now=now) and is_out_of_time:
        nudges.now(nudges.EXPAND, campaign_id=campaign.pk)
    return covered


def _expand_slice(campaign: Campaign, *, now: datetime) -> int | None:
    """Cover the next people; None when no slice is free or the campaign does not go on."""
    try:
        return _write_slice(campaign, now=now)
    except CampaignStopped:
        return None


@transaction.atomic
def _write_slice(campaign: Campaign, *, now: datetime) -> int | None:
    going_on = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.EXPANDING).first()
    claimed = slices.claim_slice(going_on) if going_on else None
    if going_on is None or claimed is None:
        return None
    values = _values(going_on, claimed, now=now)
    with connection.cursor() as cursor:
        _insert_people(cursor, going_on, values)
        connection.check_constraints()  # not while the campaign is held
        locked = _hold(campaign)
        _insert_batches(cursor, locked, values)
    slices.mark_done(claimed)
    return claimed.people


def _hold(campaign: Campaign) -> Campaign:
    """The campaign's row, shared with other slices, until the commit that is next.

    Taken last: whoever pauses, ends or changes the campaign has done so before, and we see it, or
    waits for the moment that a commit takes, and sees what we wrote. Raises CampaignStopped.
    """
    found = Campaign.objects.raw(
        "SELECT * FROM messaging_campaign WHERE id = %s FOR SHARE", [campaign.pk]
    )
    locked = next(iter(found), None)
    if locked is None or locked.state != Campaign.State.EXPANDING:
        raise CampaignStopped(f"{campaign} is not being prepared any more")
    return locked


def _values(campaign: Campaign, claimed: ExpansionSlice, *, now: datetime) -> dict[str, Any]:
    channels = [c for c in _CHANNEL_ORDER if c in campaign.channels] or [Channel.EMAIL.value]
    size = slices.batch_size(campaign)
    return {
        "campaign": campaign.pk,
        "first": claimed.first,
        "last": claimed.last,
        "batch_size": size,
        "per_channel": NUMBERS_PER_CHANNEL,
        "channels": channels,
        "preferred": campaign.channels,
        "first_channel": channels[0],
        "ranges": [_numbers(claimed, rank=rank, size=size) for rank in range(len(channels))],
        "now": now,
    }


def _numbers(claimed: ExpansionSlice, *, rank: int, size: int) -> tuple[int, int]:
    """First and last batch of a slice on the channel of this rank."""
    offset = 1 + rank * NUMBERS_PER_CHANNEL
    return offset + (claimed.first - 1) // size, offset + (claimed.last - 1) // size


def _insert_people(cursor: CursorWrapper, campaign: Campaign, values: dict[str, Any]) -> None:
    kind = kinds.get(campaign.kind)
    people = kind.expansion_sql
    if len(values["channels"]) > 1:
        people = _FIRST_CHANNEL.replace("{people}", people)
    cursor.execute(_INSERT.replace("{chosen}", people), values)
    written = (_WRITTEN.format(first=first, last=last) for first, last in values["ranges"])
    cursor.execute(_INSERT_LOST.replace("{written}", "".join(written)), values)
    hold_back(cursor, kind, values)


def _insert_batches(cursor: CursorWrapper, campaign: Campaign, values: dict[str, Any]) -> None:
    now = values["now"]
    for channel, (first, last) in zip(values["channels"], values["ranges"], strict=True):
        of_channel = {
            **values,
            "account": account_for(campaign, channel).pk,
            "priority": int(kinds.get(campaign.kind).priority),
            "due_at": max(now, campaign.not_before or now),
            "channel": channel,
            "first_number": first,
            "last_number": last,
        }
        cursor.execute(_LEAVE_TOLD, of_channel)
        cursor.execute(_INSERT_BATCHES, of_channel)


@transaction.atomic
def _start_running(campaign: Campaign, *, now: datetime) -> bool:
    """Let a campaign run whose people all have messages; False when slices are left.

    Of two workers that finish at once, the second finds it running, or done.
    """
    if not slices.is_whole(campaign):
        return False
    locked = _lock_expanding(campaign)
    if locked is None or not slices.is_whole(locked):
        return True
    slices.close_slices(locked)
    locked.state = Campaign.State.RUNNING
    locked.save(update_fields=["state"])
    if not finish_campaign(locked, now=now):
        _nudge_workers()
    return True


def _lock_expanding(campaign: Campaign) -> Campaign | None:
    found = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.EXPANDING)
    return found.select_for_update(no_key=True).first()


def _nudge_workers() -> None:
    for _ in range(settings.PORTAL_PROCESSES):
        nudges.after_commit(nudges.WORK)
