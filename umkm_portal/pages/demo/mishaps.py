"""What goes wrong in real life, in a campaign of the practice data: told by reports, as ever.

Most messages arrive and many are read; some addresses do not exist, one mailbox is full, one
person complains. Of a few nobody knows: the line broke before the server had answered, and the
mailbox of the practice data knows better.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Campaign, Channel, Delivery, Suppression
from umkm_portal.messaging.operations import tallies
from umkm_portal.messaging.services.reported import Block, Report, apply_reports

State, Reason = Delivery.State, Suppression.Reason
SOURCE = "email:latihan"
GONE = "550 5.1.1 Alamat tidak ditemukan."
FULL = "552 5.2.2 Kotak surat penuh."
CUT = "Sambungan putus sebelum server menjawab."
_GONE, _FULL, _COMPLAINED, _CUT = 3, 1, 1, 2


def let_happen(campaign: Campaign, *, now: datetime) -> None:
    """Report what became of a campaign that has just gone out by email."""
    sent = list(campaign.deliveries.filter(state=State.ACCEPTED, channel=Channel.EMAIL))
    if len(sent) < 2 * (_GONE + _FULL + _COMPLAINED + _CUT):
        return
    sent.sort(key=lambda row: row.recipient_key)
    cut, rest = sent[:_CUT], sent[_CUT:]
    gone, full = rest[:_GONE], rest[_GONE : _GONE + _FULL]
    arrived = rest[_GONE + _FULL :]
    block = Block(Suppression.EVERYTHING, Reason.HARD_BOUNCE)
    bounces = [_report(row, State.FAILED_PERMANENT, now, GONE, block) for row in gone]
    bounces += [_report(row, State.FAILED_PERMANENT, now, FULL) for row in full]
    reads = [_report(row, State.READ, now) for row in arrived[::2]]
    complaints = [_complaint(row, now) for row in arrived[:_COMPLAINED]]
    told = [_report(row, State.DELIVERED, now) for row in arrived]
    apply_reports([*bounces, *told, *reads, *complaints], now=now)
    ids = [row.pk for row in cut]
    ledger.move(ids, to=State.UNCERTAIN, from_states=[State.ACCEPTED], now=now, error=CUT)
    _count(campaign, now=now)


def _report(
    row: Delivery, state: str, at: datetime, detail: str = "", block: Block | None = None
) -> Report:
    return Report(
        channel=Channel.EMAIL,
        source=SOURCE,
        key=f"{SOURCE}:{row.public_id}:{state}",
        state=state,
        happened_at=at,
        public_id=row.public_id,
        address=row.address,
        detail=detail,
        block=block,
    )


def _complaint(row: Delivery, at: datetime) -> Report:
    block = Block("bulk", Reason.COMPLAINT)
    said = _report(row, State.DELIVERED, at, "Ditandai sebagai spam.", block)
    return replace(said, key=f"{said.key}:spam")


def _count(campaign: Campaign, *, now: datetime) -> None:
    """The same among the causes of failures, where workers count theirs."""
    batch = campaign.batches.order_by("pk").first()
    if batch is None:
        return
    counts = {
        (str(State.FAILED_PERMANENT), tallies.cause_of(GONE)): _GONE,
        (str(State.FAILED_PERMANENT), tallies.cause_of(FULL)): _FULL,
        (str(State.UNCERTAIN), tallies.cause_of(CUT)): _CUT,
    }
    tallies.add(batch.account_id, counts, now=now)
