"""Holding a batch: claim, advance chunk by chunk, give back; every write is fenced.

A claim raises `attempt`; every later write says `attempt = mine`. Who lost the batch writes
nothing more: its rows were settled by whoever found the lease expired.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.db.models.functions import Now

from umkm_portal.messaging import ledger
from umkm_portal.messaging.ledger import APPLY_CHANGES, CHANGES
from umkm_portal.messaging.models import Delivery, DeliveryBatch, Suppression

_CLAIM = """
WITH claimed AS (
    UPDATE messaging_deliverybatch b
    SET attempt = b.attempt + 1, due_at = NULL, worker = %(worker)s, handed_to = 0,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE b.id = (
    SELECT b.id FROM messaging_deliverybatch b
    JOIN messaging_campaign c ON c.id = b.campaign_id
    JOIN messaging_sendingaccount a ON a.id = b.account_id
    WHERE b.due_at <= %(now)s AND b.priority <= %(priority)s
        AND (a.state = 'open' OR a.state = 'broken' AND a.broken_until <= %(now)s)
        AND (%(campaign)s::bigint IS NULL OR b.campaign_id = %(campaign)s)
        AND b.channel = ANY(%(channels)s)
        AND c.state IN ('expanding', 'running') AND c.kind = ANY(%(kinds)s)
        AND (c.not_before IS NULL OR c.not_before <= %(now)s)
        AND (c.not_after IS NULL OR c.not_after > %(now)s)
        AND (b.account_id = ANY(%(open)s)
            OR b.account_id = ANY(%(alive)s)
                AND (c.ignores_hours OR c.kind = ANY(%(service_kinds)s)))
    ORDER BY b.priority, b.due_at, b.id
    LIMIT 1 FOR UPDATE OF b SKIP LOCKED)
RETURNING b.id, b.attempt
), marked AS (
    INSERT INTO messaging_livebatch (batch_id, attempt) SELECT id, attempt FROM claimed
    ON CONFLICT (batch_id) DO UPDATE SET attempt = EXCLUDED.attempt
)
SELECT id, attempt FROM claimed
"""

_PREPARE_ADVANCE = f"""
PREPARE messaging_advance
    (bigint, int, float8, bigint[], text[], text[], text[], bigint[], bigint[], text, bigint) AS
WITH held AS MATERIALIZED (
    SELECT b.id, b.campaign_id, b.number,
        c.state IN ('expanding', 'running')
            AND (c.not_after IS NULL OR c.not_after > clock_timestamp()) AS goes_on
    FROM messaging_deliverybatch b JOIN messaging_campaign c ON c.id = b.campaign_id
    WHERE b.id = $1 AND b.attempt = $2 AND b.lease_until IS NOT NULL
    FOR UPDATE OF b
), recorded AS (
    UPDATE messaging_delivery d
    SET state = r.state, error = r.error, provider_ref = r.provider_ref,
        attempt = d.attempt - (r.state = 'pending')::int, changed_at = clock_timestamp()
    FROM unnest($4, $5, $6, $7)
        AS r (id, state, error, provider_ref), held
    WHERE d.id = r.id AND d.state = 'sending' AND d.batch_number = held.number
    RETURNING d.id, d.campaign_id, d.batch_number, 'sending' AS was, d.state
), waiting AS MATERIALIZED (
    SELECT d.id, d.state, d.id = ANY($9) AS is_unwanted, (
        SELECT s.reason FROM messaging_suppression s
        WHERE s.channel = d.channel AND s.address = lower(d.address)
            AND (s.purpose = '{Suppression.EVERYTHING}'
                OR s.purpose = ANY(string_to_array($10, ',')))
        LIMIT 1) AS stopped
    FROM messaging_delivery d, held
    WHERE d.id = ANY($8) AND held.goes_on
        AND d.state IN ('pending', 'failed_temporary')
), taken AS (
    UPDATE messaging_delivery d
    SET state = CASE WHEN w.is_unwanted THEN 'cancelled'
            WHEN w.stopped IS NOT NULL THEN 'suppressed' ELSE 'sending' END,
        error = CASE WHEN w.is_unwanted THEN 'Tidak diperlukan lagi.'
            ELSE coalesce(w.stopped, '') END,
        attempt = d.attempt + (NOT w.is_unwanted AND w.stopped IS NULL)::int,
        changed_at = clock_timestamp()
    FROM waiting w WHERE d.id = w.id AND d.state = w.state
    RETURNING d.id, d.campaign_id, d.batch_number, w.state AS was, d.state
), moved AS (
    SELECT * FROM recorded UNION ALL SELECT * FROM taken
), counted AS (
    UPDATE messaging_deliverybatch b
    SET {APPLY_CHANGES}, handed_to = greatest(b.handed_to, $11), lease_until = CASE
        WHEN b.lease_until > clock_timestamp() + $3 * interval '0.5 second'
            THEN b.lease_until
        ELSE clock_timestamp() + $3 * interval '1 second' END
    FROM held, (SELECT {CHANGES} FROM moved) delta
    WHERE b.id = held.id
    RETURNING extract(epoch FROM b.lease_until - clock_timestamp())::float8 AS seconds
)
SELECT counted.seconds, held.goes_on,
    ARRAY(SELECT id FROM taken WHERE state = 'sending' ORDER BY id)
FROM counted, held
"""  # noqa: S608 (states are our own words)
"""Prepared and planned once per connection: planning it costs twice what running it does."""
_ADVANCE = """
SET LOCAL enable_seqscan TO off;
SET LOCAL enable_hashjoin TO off;
SET LOCAL enable_mergejoin TO off;
EXECUTE messaging_advance(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
"""A plan made while the tables are small must serve when they are large: by index only."""
_WITHOUT_WAITING_FOR_THE_DISK = "SET LOCAL synchronous_commit TO off;"
"""For what is no harm if a crash of the database forgets it.

A claim: the first chunk reaches the disk before anything is handed over, and everything written
before it does so too. Chunks of a window and putting a batch down: see CHUNKS_PER_WINDOW.
"""

_EXPIRED = """
SELECT id, attempt, worker, lease_until < clock_timestamp() AS is_over
FROM messaging_deliverybatch WHERE lease_until IS NOT NULL ORDER BY id
"""


_ROWS = """
SELECT coalesce(json_agg(r), '[]')::text FROM (
    SELECT id AS pk, public_id, recipient_key, subject_id, address, context, attempt
    FROM messaging_delivery
    WHERE campaign_id = %s AND batch_number = %s AND state = ANY(%s)
    ORDER BY id) r
"""
"""All rows as one text: read in a third of the time that converting value by value takes."""


_prepared: WeakSet[Any] = WeakSet()
"""Database connections that know the statement."""


CHUNKS_PER_WINDOW = 10
"""Chunks that one write to the disk allows to be handed over.

The commit of each chunk protects against the death of a worker at once, but reaches the disk a
moment later. What a crash of the database itself forgets lies within the window, which reached
the disk before: those messages become uncertain. `messaging_livebatch` is unlogged: a crash,
and nothing else, empties it.
"""


class BatchLost(Exception):
    """Somebody else settled this batch; nothing more may be written or sent."""


@dataclass
class Claim:
    """A batch in our hands until `deadline` (of `time.monotonic`)."""

    batch: DeliveryBatch
    deadline: float
    is_running: bool = True
    handed_to: int = 0
    results: list[tuple[int, str, str, str]] = field(default_factory=list)
    """(delivery id, state, error, provider_ref) not written yet."""

    @property
    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()


def claim_batch(
    *,
    now: datetime,
    priority: int,
    channels: Sequence[str],
    kinds: Sequence[str],
    service_kinds: Sequence[str],
    open_accounts: Sequence[int],
    alive_accounts: Sequence[int],
    campaign_id: int | None = None,
) -> Claim | None:
    """Take the most urgent due batch up to a priority number; None when there is none."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_WITHOUT_WAITING_FOR_THE_DISK}{_CLAIM}",
            {
                "lease": _lease(),
                "worker": worker_name(),
                "now": now,
                "priority": priority,
                "campaign": campaign_id,
                "channels": list(channels),
                "kinds": list(kinds),
                "service_kinds": list(service_kinds),
                "open": list(open_accounts),
                "alive": list(alive_accounts),
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    pk, attempt = row
    related = ("campaign", "account__portfolio")
    batch = DeliveryBatch.objects.select_related(*related).get(pk=pk)
    batch.attempt = attempt  # ours, even if we slept so long that somebody took the batch over
    return Claim(batch=batch, deadline=started + _lease())


def advance(
    claim: Claim,
    *,
    next_ids: Sequence[int] = (),
    window_to: int = 0,
    unwanted_ids: Sequence[int] = (),
    purpose: str = "",
) -> list[int]:
    """Write what became of the last chunk, mark the next one `sending`; one commit for both.

    `purpose` names what this is for the list of stopped addresses, several by commas.
    `window_to` is the delivery up to which later chunks may go without waiting for the disk.

    Returns the ids that may be handed over now: without those not wanted any more, suppressed,
    or moved meanwhile; none when the campaign was paused. Renews the lease. Raises BatchLost.
    """
    started = time.monotonic()
    results = zip(*claim.results, strict=True) if claim.results else ((),) * 4
    values: list[Any] = [
        *(claim.batch.pk, claim.batch.attempt, _lease()),
        *map(_array, (*results, next_ids, unwanted_ids)),
        purpose,
    ]
    is_in_window = not next_ids or max(next_ids) <= claim.handed_to
    claim.handed_to = claim.handed_to if is_in_window else max(window_to, *next_ids)
    values.append(claim.handed_to)
    statement = f"{_WITHOUT_WAITING_FOR_THE_DISK}{_ADVANCE}" if is_in_window else _ADVANCE
    with connection.cursor() as cursor:
        _prepare(cursor)
        cursor.execute(statement, values)
        row = cursor.fetchone()
    if row is None:
        raise BatchLost
    claim.results.clear()
    seconds, claim.is_running, sending = row
    claim.deadline = started + seconds
    return sending


def _array(values: Iterable[object]) -> str:
    """An array as PostgreSQL reads it from a text: adapted in one piece, not value by value."""
    words = [str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(words) + '"}' if words else "{}"


def _prepare(cursor: CursorWrapper) -> None:
    if connection.connection not in _prepared:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(_PREPARE_ADVANCE)
        _prepared.add(connection.connection)


@transaction.atomic
def give_back(claim: Claim, *, due_at: datetime, retry_at: datetime) -> None:
    """Let go of a batch; what waits in it is due at `due_at`, what failed for now at `retry_at`.

    Results must be written before. Raises BatchLost.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_WAITING_FOR_THE_DISK)
    batch = _held(claim)
    if batch is None:
        raise BatchLost
    if batch.failed_temporary:
        ledger.rebatch(batch, from_states=[Delivery.State.FAILED_TEMPORARY], due_at=retry_at)
        batch.refresh_from_db()
    DeliveryBatch.objects.filter(pk=batch.pk).update(
        lease_until=None,
        due_at=due_at if batch.pending or batch.failed_temporary else None,
    )


@transaction.atomic
def _held(claim: Claim) -> DeliveryBatch | None:
    found = DeliveryBatch.objects.held().filter(pk=claim.batch.pk, attempt=claim.batch.attempt)
    return found.select_for_update().first()


def expire_claims(*, now: datetime) -> int:
    """Settle batches whose worker is late or dead: what was being sent is `uncertain` now.

    The rest is due at once. Returns the number of batches. A worker on this machine whose process
    is gone is not waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED)
        rows = cursor.fetchall()
    return sum(
        _settle(batch_id, attempt=attempt, is_gone=_is_gone(worker), now=now)
        for batch_id, attempt, worker, is_over in rows
        if is_over or _is_gone(worker)
    )


@transaction.atomic
def _settle(batch_id: int, *, attempt: int, is_gone: bool, now: datetime) -> bool:
    found = DeliveryBatch.objects.held().filter(pk=batch_id, attempt=attempt)
    if not is_gone:
        found = found.filter(lease_until__lt=Now())  # unless it was renewed meanwhile
    batch = found.select_for_update(skip_locked=True).first()
    if batch is None:
        return False
    mine = Delivery.objects.filter(campaign_id=batch.campaign_id, batch_number=batch.number)
    doubtful = Q(state=Delivery.State.SENDING)
    if _was_forgotten(batch):
        doubtful |= Q(state__in=ledger.WAITING, pk__lte=batch.handed_to)
    ledger.move(
        list(mine.filter(doubtful).values_list("pk", flat=True)),
        to=Delivery.State.UNCERTAIN,
        from_states=ledger.NON_FINAL,
        now=now,
        error="Proses pengirim berhenti saat pesan ini dikirim.",
    )
    batch.refresh_from_db()
    waits = batch.pending or batch.failed_temporary
    DeliveryBatch.objects.filter(pk=batch.pk).update(
        attempt=attempt + 1, lease_until=None, due_at=now if waits else None
    )
    return True


def _was_forgotten(batch: DeliveryBatch) -> bool:
    """Whether the database crashed while the batch was held: its last chunks may be forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM messaging_livebatch WHERE batch_id = %s AND attempt = %s RETURNING 1",
            [batch.pk, batch.attempt],
        )
        return cursor.fetchone() is None


def waiting_rows(batch: DeliveryBatch) -> list[dict[str, Any]]:
    """What a batch still has to send, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [batch.campaign_id, batch.number, list(ledger.WAITING)])
        (text,) = cursor.fetchone()
    rows: list[dict[str, Any]] = json.loads(text)
    for row in rows:
        row["public_id"] = UUID(row["public_id"])
    return rows


def _lease() -> float:
    return settings.BATCH_LEASE.total_seconds()


@cache
def _host() -> str:
    return socket.gethostname()[:60]


def worker_name() -> str:
    """`host:pid` of this process, as the batches show it."""
    return f"{_host()}:{os.getpid()}"


def _is_gone(worker: str) -> bool:
    """Whether the process surely no longer runs. A wrong guess is harmless: writes are fenced."""
    host, _, pid = worker.rpartition(":")
    if host != _host() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


__all__ = [
    "BatchLost",
    "Claim",
    "advance",
    "claim_batch",
    "expire_claims",
    "give_back",
    "waiting_rows",
    "worker_name",
]
