"""Parts of SELECTs over people `p` that tell by which channel each of them is reached.

They read the joined row `{channel}_stop` of an address that gets no such message; its `address` is
null where she may be written to.
"""

from __future__ import annotations

from collections.abc import Iterable

from umkm_portal.messaging.models import Channel

ADDRESSES = {
    Channel.EMAIL: "lower(p.email)",
    Channel.WHATSAPP: "p.phone",
    Channel.SMS: "p.phone",
}
"""The address of a person by each channel that reaches her, as suppressions spell it."""


def first_way(channels: Iterable[Channel], *, agrees: str) -> str:
    """The `WHEN`s of a CASE that is the first channel of these that reaches her, or null.

    `agrees` is the condition of her consent to WhatsApp. An address that bounced is none; who
    asked us to stop on one channel is not followed to the next.
    """
    has = {
        Channel.EMAIL: "p.email <> ''",
        Channel.WHATSAPP: f"p.phone <> '' AND {agrees}",
        Channel.SMS: "p.phone <> ''",
    }
    return " ".join(
        f"WHEN {has[c]} AND {c}_stop.address IS NULL THEN '{c}' WHEN {c}_stop.opted_out THEN NULL"
        for c in channels
    )
