"""Values that nobody may read in the ledger, such as one-time codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from umkm_portal.common.encryption import Cipher
from umkm_portal.messaging.models import Delivery, DeliveryBatch

PURPOSE = "messaging.secret"


def seal(context: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The context with the named values encrypted."""
    return {
        name: Cipher(PURPOSE).encrypt(value).hex() if name in names else value
        for name, value in context.items()
    }


def unseal(context: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """What `seal` was given. Raises DecryptionError."""
    return {
        name: Cipher(PURPOSE).decrypt(bytes.fromhex(value)) if name in names else value
        for name, value in context.items()
    }


def forget(batch: DeliveryBatch, *, with_address: bool = False) -> int:
    """Empty the contexts of a batch's messages that need them no more; return how many.

    `with_address` empties where they went and what the server said, too; a message of which
    nobody knows whether it went keeps its address until that is settled.
    """
    mine = Delivery.objects.filter(campaign_id=batch.campaign_id, batch_number=batch.number)
    over = mine.exclude(state__in=Delivery.NON_FINAL)
    if with_address:
        over.exclude(state=Delivery.State.UNCERTAIN).update(address="", error="")
    return over.update(context={})
