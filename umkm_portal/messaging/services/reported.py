"""What providers report about messages: stored once, and states moved forward only.

Reports come late, twice, in any order and in bundles. Each has a key of its own; a state follows
the furthest that was reported, so every order of the same reports ends in the same state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from umkm_portal.messaging import directory, ledger
from umkm_portal.messaging.models import Channel, Delivery, DeliveryEvent, Suppression
from umkm_portal.messaging.sending.accounts import prove_by_reports
from umkm_portal.messaging.services import failures
from umkm_portal.messaging.services.failures import Failure
from umkm_portal.messaging.services.suppressions import suppress
from umkm_portal.messaging.transports.whatsapp_errors import Meaning

SHORTEST_REFERENCE = 8
"""Shorter numbers are no reference that one could look for in a server's answer."""

_STORE = """
INSERT INTO messaging_deliveryevent (delivery_id, key, state, source, detail, happened_at)
SELECT * FROM unnest(%(ids)s::bigint[], %(keys)s::text[], %(states)s::text[], %(sources)s::text[],
    %(details)s::text[], %(times)s::timestamptz[])
ON CONFLICT (key) DO NOTHING RETURNING key
"""


@dataclass(frozen=True)
class Block:
    """What a report says about its address: nothing of a purpose may go there any more."""

    purpose: str
    reason: str
    note: str = ""
    """What the list says about it; "" for the words of the report."""


@dataclass(frozen=True)
class Report:
    """One thing that a provider said about one message.

    `public_id` is the delivery as we named it to the provider, `provider_ref` the provider's own
    name for the message. A report without a `state` is about the address only.
    """

    channel: str
    source: str
    key: str
    state: str
    happened_at: datetime
    public_id: UUID | None = None
    provider_ref: str = ""
    address: str = ""
    detail: str = ""
    code: int | None = None
    """The provider's own number for why it failed, where it has one."""
    block: Block | None = None


@transaction.atomic
def apply_reports(reports: Sequence[Report], *, now: datetime) -> list[Report]:
    """Store reports and move states; return those of which no message is known (yet).

    Reports that are known already change nothing.
    """
    matched = _match(reports)
    failures.hold_campaigns(_failures(matched))
    ledger.lock_batches(sorted({pk for pk, _ in matched}))
    new = _store(matched)
    fresh = _without_failed([(pk, report) for pk, report in matched if report.key in new])
    moved = ledger.move_reported(_furthest(fresh), now=now)
    failed = _failures(fresh)
    failures.follow(failed, moved=set(moved), now=now)
    ours = {failure.delivery_id for failure in failed if failure.meaning == Meaning.ACCOUNT}
    prove_by_reports({pk for pk, _ in fresh} - ours, now=now)
    block_addresses([report for _, report in fresh], now=now)
    known = {report.key for _, report in matched}
    return [report for report in reports if report.key not in known]


def block_addresses(reports: Iterable[Report], *, now: datetime) -> None:
    """Put addresses that do not exist, or that complained, on the list; stop what waits there."""
    for report in reports:
        if report.block and report.address:
            suppress(
                channel=report.channel,
                address=report.address,
                purpose=report.block.purpose,
                reason=report.block.reason,
                note=report.block.note or report.detail,
                now=now,
            )


def _match(reports: Sequence[Report]) -> list[tuple[int, Report]]:
    """The deliveries that reports are about, by our own name for them, else by the provider's."""
    ids = {report.public_id for report in reports if report.public_id}
    ours = dict(Delivery.objects.filter(public_id__in=ids).values_list("public_id", "pk"))
    found = []
    for report in reports:
        pk = ours.get(report.public_id) if report.public_id else None
        pk = pk or delivery_by_reference(report.channel, report.address, report.provider_ref)
        if pk is not None and report.state:
            found.append((pk, report))
    return found


def delivery_by_reference(channel: str, address: str, reference: str) -> int | None:
    """The message to one of the people of an address that a provider names so.

    Looked for among their messages only: references are not indexed, they change with every
    message that is sent.
    """
    if len(reference) < SHORTEST_REFERENCE:
        return None
    keys = [owner.key for owner in directory.owners(channel, address)]
    mine = Delivery.objects.filter(recipient_key__in=keys, channel=channel)
    if channel == Channel.EMAIL:
        found = mine.filter(provider_ref__contains=reference)
    else:
        found = mine.filter(provider_ref=reference)
    return found.order_by("-pk").values_list("pk", flat=True).first()


def _store(matched: Collection[tuple[int, Report]]) -> set[str]:
    """Write events; return the keys of those that were not known before."""
    rows = sorted(matched, key=lambda row: row[1].key)
    if not rows:
        return set()
    values: dict[str, Any] = {
        "ids": [pk for pk, _ in rows],
        "keys": [report.key[:200] for _, report in rows],
        "states": [str(report.state) for _, report in rows],
        "sources": [report.source[:20] for _, report in rows],
        "details": [report.detail[:300] for _, report in rows],
        "times": [report.happened_at for _, report in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        return {key for (key,) in cursor.fetchall()}


def _failures(matched: Iterable[tuple[int, Report]]) -> list[Failure]:
    return [
        Failure(pk, report.code, report.detail, report.happened_at)
        for pk, report in matched
        if report.code is not None and report.state == Delivery.State.FAILED_PERMANENT
    ]


def _without_failed(fresh: Sequence[tuple[int, Report]]) -> list[tuple[int, Report]]:
    """Reports without "sent" of an attempt that failed: it comes late, and the next one waits."""
    sent = {
        _failed_key(report)
        for _, report in fresh
        if report.state == Delivery.State.ACCEPTED and report.provider_ref
    }
    known = DeliveryEvent.objects.filter(key__in=sent, state=Delivery.State.FAILED_PERMANENT)
    over = set(known.values_list("key", flat=True)) if sent else set()
    return [
        (pk, report)
        for pk, report in fresh
        if report.state != Delivery.State.ACCEPTED or _failed_key(report) not in over
    ]


def _failed_key(report: Report) -> str:
    """The key that the failure of the same message has at WhatsApp."""
    return f"{report.source}:{report.provider_ref}:{Delivery.State.FAILED_PERMANENT}"[:200]


def _furthest(fresh: Iterable[tuple[int, Report]]) -> Mapping[int, tuple[str, str, str]]:
    """Of several reports about one message the furthest: id to (state, reference, error)."""
    best: dict[int, Report] = {}
    for pk, report in fresh:
        if report.state not in ledger.REPORTED:
            continue  # told on the message's page, moves nothing
        known = best.get(pk)
        if known is None or _rank(report) > _rank(known):
            best[pk] = report
    return {
        pk: (
            str(report.state),
            report.provider_ref[:200],
            _error(report) if report.state == Delivery.State.FAILED_PERMANENT else "",
        )
        for pk, report in best.items()
    }


def _error(report: Report) -> str:
    """Who stopped it herself is not followed to another channel: that is told by the reason."""
    opted_out = report.block is not None and report.block.reason == Suppression.Reason.OPT_OUT
    return str(Suppression.Reason.OPT_OUT) if opted_out else report.detail


def _rank(report: Report) -> int:
    return ledger.REPORTED.index(str(report.state))
