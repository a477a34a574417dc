"""The one place that changes the state of deliveries, and with it the counters of their batches.

`moved` below is always a relation of (campaign_id, batch_number, was, state). Order of locks:
campaign, then batches by id, then deliveries. A slice of an expansion (services/expansion.py)
writes only rows that nobody else can see or wants, and takes the campaign last: so whoever holds a
campaign must not wait for one of its slices.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging.models import Campaign, Delivery, DeliveryBatch

STATES: tuple[str, ...] = tuple(Delivery.State.values)
WAITING = (Delivery.State.PENDING.value, Delivery.State.FAILED_TEMPORARY.value)
"""Still to be sent by somebody."""
REPORTED = ("accepted", "failed_permanent", "delivered", "read")
"""What providers report, each before the next: whoever got a message did not miss it."""
NON_FINAL = tuple(state.value for state in Delivery.NON_FINAL)

CHANGES = ", ".join(
    f"(count(*) FILTER (WHERE state = '{s}') - count(*) FILTER (WHERE was = '{s}'))::int AS {s}"
    for s in STATES
)
"""Columns of the change of each counter, over a relation of moved rows."""
APPLY_CHANGES = ", ".join(f"{s} = b.{s} + delta.{s}" for s in STATES)

_COUNT_MOVED = f"""
UPDATE messaging_deliverybatch b SET {APPLY_CHANGES}
FROM (SELECT campaign_id, batch_number, {CHANGES} FROM moved GROUP BY 1, 2) delta
WHERE b.campaign_id = delta.campaign_id AND b.number = delta.batch_number
"""  # noqa: S608 (states are our own words)

_LOCK_BATCHES = """
SELECT b.id FROM messaging_deliverybatch b
WHERE (b.campaign_id, b.number) IN (
    SELECT d.campaign_id, d.batch_number FROM messaging_delivery d WHERE d.id = ANY(%(ids)s))
ORDER BY b.id FOR UPDATE
"""

_MOVE = f"""
WITH old AS MATERIALIZED (
    SELECT id, state FROM messaging_delivery
    WHERE id = ANY(%(ids)s) AND state = ANY(%(from_states)s) ORDER BY id FOR UPDATE
), moved AS (
    UPDATE messaging_delivery d
    SET state = %(to)s, error = %(error)s, changed_at = %(now)s,
        actor_id = coalesce(%(actor)s, d.actor_id)
    FROM old WHERE d.id = old.id
    RETURNING d.id, d.campaign_id, d.batch_number, old.state AS was, d.state
), counted AS ({_COUNT_MOVED} RETURNING b.id)
SELECT id FROM moved
"""  # noqa: S608

_REPORTED = f"""
WITH said AS (
    SELECT * FROM unnest(
        %(ids)s::bigint[], %(states)s::text[], %(refs)s::text[], %(errors)s::text[]
    ) AS r (id, state, ref, error)
), old AS MATERIALIZED (
    SELECT d.id, d.state, said.state AS reported, said.ref, said.error
    FROM messaging_delivery d JOIN said ON said.id = d.id
    WHERE coalesce(array_position(%(ranks)s::text[], d.state::text), 0)
            < array_position(%(ranks)s::text[], said.state)
        AND (said.state <> 'failed_permanent' OR said.ref = '' OR d.provider_ref IN ('', said.ref))
    ORDER BY d.id FOR UPDATE OF d
), moved AS (
    UPDATE messaging_delivery d
    SET state = old.reported, error = old.error, changed_at = %(now)s,
        provider_ref = CASE WHEN d.provider_ref = '' THEN old.ref ELSE d.provider_ref END
    FROM old WHERE d.id = old.id
    RETURNING d.id, d.campaign_id, d.batch_number, old.state AS was, d.state
), counted AS ({_COUNT_MOVED} RETURNING b.id)
SELECT id FROM moved
"""  # noqa: S608

_LOCK_CAMPAIGN_BATCHES = """
SELECT id FROM messaging_deliverybatch WHERE campaign_id = %s ORDER BY id FOR UPDATE
"""

_MOVE_CAMPAIGN = f"""
WITH old AS MATERIALIZED (
    SELECT id, state FROM messaging_delivery
    WHERE campaign_id = %(campaign)s AND state = ANY(%(from_states)s) FOR UPDATE
), moved AS (
    UPDATE messaging_delivery d SET state = %(to)s, error = %(error)s, changed_at = %(now)s
    FROM old WHERE d.id = old.id
    RETURNING d.campaign_id, d.batch_number, old.state AS was, d.state
), counted AS ({_COUNT_MOVED} RETURNING b.id)
SELECT count(*) FROM moved
"""  # noqa: S608

_REBATCH = f"""
WITH old AS MATERIALIZED (
    SELECT id, state, batch_number FROM messaging_delivery d
    WHERE campaign_id = %(campaign)s AND batch_number = %(number)s AND state = ANY(%(from_states)s)
        AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
        AND recipient_key <> ALL(ARRAY(
            SELECT told.recipient_key FROM messaging_delivery told
            WHERE told.campaign_id = %(campaign)s AND told.batch_number IS NULL
                AND told.channel = 'manual'))
        AND NOT EXISTS (SELECT FROM messaging_fallover f
            WHERE f.delivery_id = d.id AND f.successor_id IS NOT NULL)
    ORDER BY id FOR UPDATE
), fresh AS (
    INSERT INTO messaging_deliverybatch (campaign_id, number, channel, account_id, priority,
        due_at, attempt, worker, size, {", ".join(STATES)})
    SELECT b.campaign_id, nextval('messaging_batch_number'), b.channel, b.account_id, b.priority,
        %(due_at)s, 0, '', 0, {", ".join("0" for _ in STATES)}
    FROM messaging_deliverybatch b
    WHERE b.campaign_id = %(campaign)s AND b.number = %(number)s AND EXISTS (SELECT FROM old)
    RETURNING id, number
)
UPDATE messaging_delivery d
SET batch_number = fresh.number, state = coalesce(%(to)s, d.state),
    attempt = CASE WHEN %(starts_over)s THEN 0 ELSE d.attempt END
FROM old, fresh WHERE d.id = old.id
RETURNING fresh.number
"""  # noqa: S608

_RECOUNT = f"""
UPDATE messaging_deliverybatch b
SET size = counts.size, unreached_seen = 0, {", ".join(f"{s} = counts.{s}" for s in STATES)}
FROM (
    SELECT {", ".join(f"count(*) FILTER (WHERE state = '{s}') AS {s}" for s in STATES)},
        count(*) AS size
    FROM messaging_delivery WHERE campaign_id = %(campaign)s AND batch_number = %(number)s
) counts
WHERE b.campaign_id = %(campaign)s AND b.number = %(number)s
"""  # noqa: S608


@transaction.atomic
def move(
    ids: Sequence[int],
    *,
    to: str,
    from_states: Collection[str],
    now: datetime,
    error: str = "",
    actor: User | None = None,
) -> list[int]:
    """Move deliveries that are in one of `from_states`; return the ids of those that moved."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_BATCHES, {"ids": list(ids)})
        cursor.execute(
            _MOVE,
            {
                "ids": list(ids),
                "to": str(to),
                "from_states": list(map(str, from_states)),
                "now": now,
                "error": error[:300],
                "actor": actor.pk if actor else None,
            },
        )
        return [pk for (pk,) in cursor.fetchall()]


def lock_batches(ids: Sequence[int]) -> None:
    """Take the batches of some deliveries, before anything else is written about them."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_BATCHES, {"ids": list(ids)})


@transaction.atomic
def move_reported(found: Mapping[int, tuple[str, str, str]], *, now: datetime) -> list[int]:
    """Move deliveries to what their provider reports: id to (state, reference, error).

    Only forward along `REPORTED`, so the order of reports does not matter. A failure counts for
    the attempt that it names only. Returns the ids of those that moved.
    """
    if not found:
        return []
    lock_batches(list(found))
    states, refs, errors = zip(*found.values(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _REPORTED,
            {
                "ids": list(found),
                "states": list(map(str, states)),
                "refs": list(refs),
                "errors": [error[:300] for error in errors],
                "ranks": list(REPORTED),
                "now": now,
            },
        )
        return [pk for (pk,) in cursor.fetchall()]


@transaction.atomic
def move_all(
    campaign: Campaign, *, to: str, from_states: Collection[str], now: datetime, error: str = ""
) -> int:
    """Move every delivery of a campaign that is in one of `from_states`; return how many.

    The caller holds the campaign row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CAMPAIGN_BATCHES, [campaign.pk])
        cursor.execute(
            _MOVE_CAMPAIGN,
            {
                "campaign": campaign.pk,
                "to": str(to),
                "from_states": list(map(str, from_states)),
                "now": now,
                "error": error[:300],
            },
        )
        return cursor.fetchone()[0]


@transaction.atomic
def rebatch(
    batch: DeliveryBatch,
    *,
    from_states: Collection[str],
    due_at: datetime,
    to: str | None = None,
    starts_over: bool = False,
    only_ids: Sequence[int] | None = None,
) -> int:
    """Move deliveries of a batch into a new one that is due at `due_at`; return how many.

    `only_ids` leaves the others where they are. Whoever was told by hand meanwhile stays where
    she is, and whose next channel took over. The caller holds the batch row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _REBATCH,
            {
                "campaign": batch.campaign_id,
                "number": batch.number,
                "from_states": list(map(str, from_states)),
                "due_at": due_at,
                "to": to and str(to),
                "starts_over": starts_over,
                "ids": None if only_ids is None else list(only_ids),
            },
        )
        moved = cursor.fetchall()
        if moved:
            for number in (batch.number, moved[0][0]):
                cursor.execute(_RECOUNT, {"campaign": batch.campaign_id, "number": number})
        return len(moved)
