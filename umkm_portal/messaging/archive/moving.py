"""The rows of one campaign into buckets, chunk by chunk along the keys of its people.

Each chunk is one transaction: its rows stand in buckets and are gone from the ledger, or neither.
So the books balance wherever a process dies, and the next run goes on with the first person left.
Order of locks as in the ledger: campaign, batches by id, deliveries by id.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count

from umkm_portal.messaging.archive import leaving
from umkm_portal.messaging.ledger import NON_FINAL, STATES
from umkm_portal.messaging.models import ArchiveBucket, Campaign, CampaignArchive

CHUNK = 10_000
"""Rows of each table that a chunk takes at most, but for one person who has more of them."""
BUCKET = 1_000
FIRST, LAST = -(2**63), 2**63 - 1


class BooksDiffer(Exception):
    """What went into buckets is not what left the ledger; nothing was changed."""


class Moved(NamedTuple):
    """One chunk: how many messages, and the last person of it; `LAST` when nobody is left."""

    messages: int
    reached: int


_MINE = """
d.campaign_id = %(campaign)s AND d.recipient_key > %(after)s AND d.recipient_key <= %(to)s
    AND (%(before)s::timestamptz IS NULL
        OR d.changed_at < %(before)s AND d.state <> ALL(%(non_final)s))
"""
_SPAN = "campaign_id = %(campaign)s AND recipient_key > %(after)s AND recipient_key <= %(to)s"

_BOUND = f"""
SELECT min(key) FROM (
    (SELECT d.recipient_key AS key FROM messaging_delivery d WHERE {_MINE}
        ORDER BY d.recipient_key OFFSET %(chunk)s - 1 LIMIT 1)
    UNION ALL (SELECT recipient_key FROM messaging_audiencemember WHERE {_SPAN}
        ORDER BY recipient_key OFFSET %(chunk)s - 1 LIMIT 1)
    UNION ALL (SELECT recipient_key FROM messaging_exclusion WHERE {_SPAN}
        ORDER BY recipient_key OFFSET %(chunk)s - 1 LIMIT 1)
) bounds
"""  # noqa: S608 (all parts are ours)

_LOCK_BATCHES = f"""
SELECT b.id FROM messaging_deliverybatch b
WHERE b.campaign_id = %(campaign)s AND b.number IN (
    SELECT d.batch_number FROM messaging_delivery d WHERE {_MINE})
ORDER BY b.id FOR UPDATE
"""  # noqa: S608

_LOCK = f"SELECT d.id FROM messaging_delivery d WHERE {_MINE} ORDER BY d.id FOR UPDATE"  # noqa: S608

_FILL = f"""
WITH entry AS (
    SELECT d.recipient_key, d.subject_id, d.channel, d.state, '' AS note,
        date_trunc('second', d.changed_at) AS changed_at, d.id
    FROM messaging_delivery d WHERE d.id = ANY(%(ids)s)
    UNION ALL
    SELECT m.recipient_key, m.subject_id, m.channel, '{ArchiveBucket.UNSENT}', '', %(ended)s, NULL
    FROM messaging_audiencemember m
    WHERE m.{_SPAN} AND NOT EXISTS (SELECT FROM messaging_delivery d
        WHERE d.campaign_id = m.campaign_id AND d.recipient_key = m.recipient_key)
    UNION ALL
    SELECT x.recipient_key, NULL, '', '{ArchiveBucket.EXCLUDED}', x.reason, %(ended)s, NULL
    FROM messaging_exclusion x WHERE x.{_SPAN}
), placed AS (
    SELECT entry.*, (row_number() OVER (ORDER BY recipient_key, id) - 1) / %(bucket)s AS part
    FROM entry
), counted AS (
    SELECT part, jsonb_object_agg(state, rows) AS counts
    FROM (SELECT part, state, count(*) AS rows FROM placed GROUP BY part, state) states
    GROUP BY part
)
INSERT INTO messaging_archivebucket (campaign_id, keys, size, counts, recipients, subjects,
    channels, states, notes, changed_at, archived_at)
SELECT %(campaign)s, int8range(min(recipient_key), max(recipient_key), '[]'), count(*),
    (array_agg(counted.counts))[1], array_agg(recipient_key ORDER BY recipient_key, id),
    array_agg(subject_id ORDER BY recipient_key, id),
    array_agg(channel ORDER BY recipient_key, id), array_agg(state ORDER BY recipient_key, id),
    array_agg(note ORDER BY recipient_key, id), array_agg(changed_at ORDER BY recipient_key, id),
    %(now)s
FROM placed JOIN counted USING (part) GROUP BY part
RETURNING counts::text
"""  # noqa: S608

_LESS = ", ".join(f"{state} = b.{state} - less.{state}" for state in STATES)
_REMOVE = f"""
WITH gone AS (
    DELETE FROM messaging_delivery WHERE id = ANY(%(ids)s) RETURNING batch_number, state
), less AS (
    SELECT batch_number, count(*) AS size,
        {", ".join(f"count(*) FILTER (WHERE state = '{s}') AS {s}" for s in STATES)}
    FROM gone WHERE batch_number IS NOT NULL GROUP BY batch_number
), counted AS (
    UPDATE messaging_deliverybatch b SET size = b.size - less.size, {_LESS}
    FROM less WHERE b.campaign_id = %(campaign)s AND b.number = less.batch_number
)
SELECT state, count(*) FROM gone GROUP BY state
"""  # noqa: S608

_DROP_BATCHES = "DELETE FROM messaging_deliverybatch WHERE id = ANY(%s) AND size = 0"
_DROP_AUDIENCE = f"DELETE FROM messaging_audiencemember WHERE {_SPAN}"  # noqa: S608
_DROP_EXCLUSIONS = f"DELETE FROM messaging_exclusion WHERE {_SPAN}"  # noqa: S608


@transaction.atomic
def move_chunk(archive: CampaignArchive, *, after: int, now: datetime) -> Moved:
    """Move the next people of a campaign after one, with all that it keeps about them.

    Of a standing campaign only what was settled before `archive.settled_before`. Raises
    BooksDiffer.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=archive.campaign_id)
    archive = CampaignArchive.objects.select_for_update().get(pk=archive.pk)
    if not campaign.is_standing and campaign.state not in Campaign.FINAL:
        return Moved(0, LAST)  # staff had it go on meanwhile
    facts = _facts(campaign, archive, after=after, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_BOUND, facts)
        facts["to"] = cursor.fetchone()[0] or LAST
        cursor.execute(_LOCK_BATCHES, facts)
        batches = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_LOCK, facts)
        facts["ids"] = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_FILL, facts)
        filled = _sum_up(json.loads(counts) for (counts,) in cursor.fetchall())
        leaving.let_go(facts["ids"])
        cursor.execute(_REMOVE, facts)
        removed = dict(cursor.fetchall())
        cursor.execute(_DROP_BATCHES, [batches])
        cursor.execute(_DROP_AUDIENCE, facts)
        archive.audience += cursor.rowcount
        cursor.execute(_DROP_EXCLUSIONS, facts)
        archive.excluded += cursor.rowcount
    _write_down(archive, filled, removed)
    return Moved(sum(removed.values()), facts["to"])


@transaction.atomic
def begin(campaign: Campaign, *, now: datetime) -> CampaignArchive | None:
    """The archive of a campaign, with the reasons of its exclusions counted before they go.

    None for one that staff had go on since it was found to be over.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if not campaign.is_standing and campaign.state not in Campaign.FINAL:
        return None
    archive, is_new = CampaignArchive.objects.get_or_create(
        campaign=campaign, defaults={"begun_at": now}
    )
    if is_new and not campaign.is_standing:
        counted = campaign.exclusions.order_by().values_list("reason").annotate(n=Count("pk"))
        earlier = campaign.options.get("exclusions", {})
        campaign.options = {**campaign.options, "exclusions": {**earlier, **dict(counted)}}
        campaign.save(update_fields=["options"])
    return archive


@transaction.atomic
def close(archive: CampaignArchive, *, now: datetime) -> bool:
    """Say that all of a finished campaign is archived; False while something of it is left."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=archive.campaign_id)
    left = (campaign.deliveries, campaign.audience, campaign.exclusions)
    if campaign.state not in Campaign.FINAL or any(rows.exists() for rows in left):
        return False
    campaign.batches.all().delete()
    campaign.slices.all().delete()
    archive.done_at = now
    archive.save(update_fields=["done_at"])
    return True


def _facts(
    campaign: Campaign, archive: CampaignArchive, *, after: int, now: datetime
) -> dict[str, Any]:
    """The parameters of a chunk; `to` is everybody until the bound is known."""
    return {
        "campaign": campaign.pk,
        "after": after,
        "to": LAST,
        "before": archive.settled_before if campaign.is_standing else None,
        "non_final": list(NON_FINAL),
        "chunk": CHUNK,
        "bucket": BUCKET,
        "ended": campaign.finished_at or now,
        "now": now,
    }


def _sum_up(parts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


def _write_down(archive: CampaignArchive, filled: Counter[str], removed: Mapping[str, int]) -> None:
    messages = {state: count for state, count in filled.items() if state in STATES}
    if messages != removed:
        raise BooksDiffer(f"campaign {archive.campaign_id}: {messages} filled, {removed} removed")
    archive.counts = dict(Counter(archive.counts) + filled)
    archive.save(update_fields=["counts", "audience", "excluded"])
