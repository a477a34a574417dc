"""Addresses that get nothing more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from umkm_portal.messaging.models import Delivery, Suppression


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
        purpose="bulk",
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
