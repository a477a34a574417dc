"""Addresses that get nothing more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.admin.models import DELETION, LogEntry
from django.db import transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging import directory, kinds, ledger
from umkm_portal.messaging.archive import history
from umkm_portal.messaging.kinds import Purpose
from umkm_portal.messaging.models import (
    ChannelOrder,
    Delivery,
    DeliveryEvent,
    PortfolioContact,
    Reply,
    Suppression,
)
from umkm_portal.messaging.stop_links import Reader

BULK: Purpose = "bulk"
BY_BUTTON = "Dimatikan lewat tombol WhatsApp."
"""How a line of the list is told that WhatsApp's own button may lift again."""


@transaction.atomic
def opt_out(told: Delivery | Reader, *, now: datetime) -> Suppression | None:
    """The owner of this message's address wants no more bulk messages; repeating is harmless.

    What waits for the address is stopped at once. None when retention cleared the address.
    """
    if not told.address:
        return None
    stop_waiting(
        [told.recipient_key],
        channel=told.channel,
        address=told.address,
        purpose=BULK,
        reason=Suppression.Reason.OPT_OUT,
        now=now,
    )
    return suppress(
        channel=told.channel,
        address=told.address,
        purpose=BULK,
        reason=Suppression.Reason.OPT_OUT,
        note=f"Lewat tautan pesan {told.public_id}",
        now=now,
    )


@transaction.atomic
def suppress(
    *, channel: str, address: str, purpose: str, reason: str, now: datetime, note: str = ""
) -> Suppression:
    """Put an address on the list for one purpose, or for `Suppression.EVERYTHING`.

    What already waits for its people there is stopped in the same transaction; of people that
    nobody can name, when their turn comes.
    """
    plain = address.strip().lower()
    row, _ = Suppression.objects.get_or_create(
        channel=channel,
        address=plain,
        purpose=purpose,
        defaults={"reason": reason, "note": note[:300], "created_at": now},
    )
    keys = [owner.key for owner in directory.owners(channel, plain)]
    stop_waiting(keys, channel=channel, address=plain, purpose=purpose, reason=row.reason, now=now)
    return row


@transaction.atomic
def stop_waiting(
    recipient_keys: Collection[int],
    *,
    channel: str,
    address: str,
    purpose: str,
    reason: str,
    now: datetime,
) -> int:
    """Move what waits for an address of these people to `suppressed`; return how many.

    A worker that is about to send them finds them moved: its own look at the list may be older
    than this transaction, its look at the rows is not.
    """
    waiting = Delivery.objects.filter(
        recipient_key__in=recipient_keys,
        channel=channel,
        address__iexact=address.strip(),
        state__in=ledger.WAITING,
    )
    if purpose != Suppression.EVERYTHING:
        waiting = waiting.filter(campaign__kind__in=kinds.names_for(purpose))
    return len(
        ledger.move(
            list(waiting.values_list("pk", flat=True)),
            to=Delivery.State.SUPPRESSED,
            from_states=ledger.WAITING,
            now=now,
            error=reason,
        )
    )


def allow(*, channel: str, address: str) -> bool:
    """Let bulk messages reach an address again; whether its owner had opted out.

    What else is on the list (bounces, complaints, decisions of staff) stays.
    """
    removed, _ = Suppression.objects.filter(
        channel=channel,
        address=address.strip().lower(),
        purpose=BULK,
        reason=Suppression.Reason.OPT_OUT,
    ).delete()
    return removed > 0


@transaction.atomic
def lift(row: Suppression, *, reason: str, actor: User) -> None:
    """Let messages reach an address again; who did it and why stays in the log, without it."""
    LogEntry.objects.log_actions(
        actor.pk, [row], DELETION, f"Penghentian dicabut: {reason}"[:300], single_object=True
    )
    row.delete()


def stopped_by(*, channel: str, address: str) -> Suppression | None:
    """Why bulk messages do not reach an address; None when they do."""
    rows = Suppression.objects.filter(
        channel=channel,
        address=address.strip().lower(),
        purpose__in=[BULK, Suppression.EVERYTHING],
    )
    return rows.order_by("purpose", "pk").first()


@transaction.atomic
def cancel_waiting(
    *, recipient_key: int, now: datetime, reason: str, channel: str = "", only_bulk: bool = True
) -> int:
    """Cancel what still waits for one person, on one channel or on all; return how many.

    A message that is being sent at this moment still goes.
    """
    waiting = Delivery.objects.filter(recipient_key=recipient_key, state__in=ledger.WAITING)
    if channel:
        waiting = waiting.filter(channel=channel)
    if only_bulk:
        waiting = waiting.filter(campaign__kind__in=kinds.names(purpose=BULK))
    return len(
        ledger.move(
            list(waiting.values_list("pk", flat=True)),
            to=Delivery.State.CANCELLED,
            from_states=ledger.WAITING,
            now=now,
            error=reason,
        )
    )


@transaction.atomic
def forget_recipient(recipient_key: int, *, now: datetime) -> int:
    """Cancel what waits for a person and empty all her messages; return how many she had.

    That there was a message, when and how it ended stays: the counters of campaigns hold. In the
    archive nothing tells any more whose it was.
    """
    cancel_waiting(recipient_key=recipient_key, now=now, reason="Data dihapus.", only_bulk=False)
    rows = Delivery.objects.filter(recipient_key=recipient_key)
    DeliveryEvent.objects.filter(delivery__in=rows).exclude(detail="").update(detail="")
    PortfolioContact.objects.filter(recipient_key=recipient_key).delete()
    ChannelOrder.objects.filter(recipient_key=recipient_key).delete()
    Reply.objects.filter(recipient_key=recipient_key).update(address="", text=None, answer=None)
    history.forget(recipient_key)
    return rows.update(address="", context={}, error="", provider_ref="")


def forget_address(*, channel: str, address: str) -> int:
    """Take an address that nobody of the register has any more off the list.

    Codes sent to it are nobody's messages (their keys are negative): they are emptied, too.
    """
    if not address:
        return 0
    codes = Delivery.objects.filter(recipient_key__lt=0, address=address)
    codes.update(address="", context={}, error="")
    told = Reply.objects.filter(channel=channel, address=address)
    told.update(address="", text=None, answer=None)
    rows = Suppression.objects.filter(channel=channel, address=address.strip().lower())
    return rows.delete()[0]
