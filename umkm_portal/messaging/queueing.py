"""Messages into the queue, as parts of an SQL statement that may do other things as well.

    WITH post AS MATERIALIZED ({POST}), message AS (...), {QUEUED} SELECT FROM delivery

`message` is a relation of (recipient_key, subject_id, step, address, context) with at most one
row, `facts` gives the parameters. Without the standing campaign or the account of its channel
`post` is empty and nothing is queued: whoever may be the first asks `services.queue_one`.

`QUEUED_MANY` takes any number of rows with `channel` and their ids drawn by `NEXT_ID`, and puts
them into batches of `batch_size`; its `post` is `POST_OF_KIND`, and the caller makes sure that the
campaign and the accounts of all those channels stand (`services.keep_standing`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from umkm_portal.messaging import nudges
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.ledger import STATES, WAITING
from umkm_portal.messaging.models import Channel, DeliveryBatch

POST = """
SELECT campaign.id AS campaign_id, account.id AS account_id
FROM messaging_campaign campaign, messaging_sendingaccount account
WHERE campaign.kind = %(kind)s AND campaign.is_standing
    AND account.channel = %(channel)s AND account.is_default
"""
_COUNTERS = [state for state in STATES if state != "pending"]
QUEUED = f"""
delivery AS (
    INSERT INTO messaging_delivery (public_id, campaign_id, batch_number, recipient_key,
        subject_id, step, channel, address, context, state, attempt, provider_ref, error,
        created_at, changed_at)
    SELECT gen_random_uuid(), post.campaign_id,
        CASE WHEN message.address <> '' THEN nextval('messaging_batch_number') END,
        message.recipient_key, message.subject_id, message.step, %(channel)s, message.address,
        message.context, CASE WHEN message.address = '' THEN 'suppressed' ELSE 'pending' END, 0,
        '', CASE WHEN message.address = '' THEN 'Tidak ada alamat.' ELSE '' END, %(now)s, %(now)s
    FROM message, post
    ON CONFLICT (campaign_id, recipient_key, step, channel) DO NOTHING
    RETURNING campaign_id, batch_number
), batch AS (
    INSERT INTO messaging_deliverybatch (campaign_id, number, channel, account_id, priority,
        due_at, attempt, worker, size, pending, {", ".join(_COUNTERS)})
    SELECT delivery.campaign_id, delivery.batch_number, %(channel)s, post.account_id,
        %(message_priority)s::smallint, %(now)s, 0, '', 1, 1, {", ".join("0" for _ in _COUNTERS)}
    FROM delivery, post WHERE delivery.batch_number IS NOT NULL
    RETURNING number
)
"""  # noqa: S608 (states are our own words)
"""Each has a batch of its own, whose number comes from a sequence: nobody waits for another."""

NEXT_ID = "nextval(pg_get_serial_sequence('messaging_delivery', 'id'))"
POST_OF_KIND = """
SELECT id AS campaign_id FROM messaging_campaign WHERE kind = %(kind)s AND is_standing
"""
QUEUED_MANY = f"""
addressed AS MATERIALIZED (
    SELECT id, channel,
        (row_number() OVER (PARTITION BY channel ORDER BY id) - 1) / %(batch_size)s AS part
    FROM message WHERE address <> ''
), part AS MATERIALIZED (
    SELECT channel, part, nextval('messaging_batch_number') AS number
    FROM (SELECT DISTINCT channel, part FROM addressed) parts
), delivery AS (
    INSERT INTO messaging_delivery (id, public_id, campaign_id, batch_number, recipient_key,
        subject_id, step, channel, address, context, state, attempt, provider_ref, error,
        created_at, changed_at)
    SELECT message.id, gen_random_uuid(), post.campaign_id, part.number,
        message.recipient_key, message.subject_id, message.step, message.channel, message.address,
        message.context, CASE WHEN message.address = '' THEN 'suppressed' ELSE 'pending' END, 0,
        '', CASE WHEN message.address = '' THEN 'Tidak ada alamat.' ELSE '' END, %(now)s, %(now)s
    FROM post CROSS JOIN message LEFT JOIN addressed USING (id)
        LEFT JOIN part ON part.channel = addressed.channel AND part.part = addressed.part
    ORDER BY message.id
    RETURNING campaign_id, batch_number, channel
), batch AS (
    INSERT INTO messaging_deliverybatch (campaign_id, number, channel, account_id, priority,
        due_at, attempt, worker, size, pending, {", ".join(_COUNTERS)})
    SELECT delivery.campaign_id, delivery.batch_number, delivery.channel, account.id,
        %(message_priority)s::smallint, %(now)s, 0, '', count(*), count(*),
        {", ".join("0" for _ in _COUNTERS)}
    FROM delivery JOIN messaging_sendingaccount account
        ON account.channel = delivery.channel AND account.is_default
    WHERE delivery.batch_number IS NOT NULL
    GROUP BY delivery.campaign_id, delivery.batch_number, delivery.channel, account.id
)
"""  # noqa: S608
"""A row that is there already is an error here: who may be told is decided by the caller's keys."""

OPEN = """
SELECT FROM messaging_delivery open
JOIN messaging_campaign about ON about.id = open.campaign_id
WHERE about.kind = ANY(%(overtaken)s) AND open.state = ANY(%(waiting)s)
"""
"""Messages of some kinds that still wait to be sent, to be narrowed to one person and subject."""


def facts(kind: CampaignKind, *, channel: str = Channel.EMAIL, now: datetime) -> dict[str, Any]:
    """The parameters of `POST`, `QUEUED` and `QUEUED_MANY`."""
    return {
        "kind": kind.name,
        "channel": str(channel),
        "message_priority": int(kind.priority),
        "batch_size": settings.BATCH_SIZE,
        "now": now,
    }


def overtaken(kinds: list[str]) -> dict[str, Any]:
    """The parameters of `OPEN`."""
    return {"overtaken": kinds, "waiting": list(WAITING)}


def nudge(kind: CampaignKind) -> None:
    """Tell the workers after commit that a message of this kind waits."""
    is_urgent = kind.priority <= DeliveryBatch.Priority.CHANGE
    nudges.after_commit(nudges.URGENT if is_urgent else nudges.WORK)
