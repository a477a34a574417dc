"""Addresses that get nothing more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from umkm_portal.messaging import kinds, ledger
from umkm_portal.messaging.kinds import Purpose
from umkm_portal.messaging.models import Delivery, DeliveryEvent, PortfolioContact, Suppression

BULK: Purpose = "bulk"


@transaction.atomic
def opt_out(delivery: Delivery, *, now: datetime) -> Suppression | None:
    """The owner of this delivery's address wants no more bulk messages; repeating is harmless.

    Messages already waiting for the address are stopped when their turn comes. None when the
    address was cleared by retention.
    """
    if not delivery.address:
        return None
    return suppress(
        channel=delivery.channel,
        address=delivery.address,
        purpose=BULK,
        reason=Suppression.Reason.OPT_OUT,
        note=f"Lewat tautan pesan {delivery.public_id}",
        now=now,
    )


def suppress(
    *, channel: str, address: str, purpose: str, reason: str, now: datetime, note: str = ""
) -> Suppression:
    """Put an address on the list for one purpose, or for `Suppression.EVERYTHING`."""
    row, _ = Suppression.objects.get_or_create(
        channel=channel,
        address=address.strip().lower(),
        purpose=purpose,
        defaults={"reason": reason, "note": note[:300], "created_at": now},
    )
    return row


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

    That there was a message, when and how it ended stays: the counters of campaigns hold.
    """
    cancel_waiting(recipient_key=recipient_key, now=now, reason="Data dihapus.", only_bulk=False)
    rows = Delivery.objects.filter(recipient_key=recipient_key)
    DeliveryEvent.objects.filter(delivery__in=rows).exclude(detail="").update(detail="")
    PortfolioContact.objects.filter(recipient_key=recipient_key).delete()
    return rows.update(address="", context={}, error="", provider_ref="")


def forget_address(*, channel: str, address: str) -> int:
    """Take an address that nobody of the register has any more off the list.

    Codes sent to it are nobody's messages (their keys are negative): they are emptied, too.
    """
    if not address:
        return 0
    codes = Delivery.objects.filter(recipient_key__lt=0, address=address)
    codes.update(address="", context={}, error="")
    rows = Suppression.objects.filter(channel=channel, address=address.strip().lower())
    return rows.delete()[0]
