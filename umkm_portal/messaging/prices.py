"""What a message costs, in whole and part rupiah: the table that staff keep, else an assumption."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from umkm_portal.messaging.models import Channel, MessagePrice, PriceCategory


class Price(NamedTuple):
    """Rupiah for one message, whence the figure comes, and whether a bill confirmed it."""

    rupiah: Decimal
    source: str
    is_verified: bool


_WHATSAPP = "daftar WhatsApp Indonesia 2024 (US$), kurs Rp16.000; belum dicocokkan dengan tagihan"
_SMS = "kisaran Rp300-700 per pesan; belum dicocokkan dengan tagihan"
ASSUMED: dict[tuple[str, str], Price] = {
    (Channel.WHATSAPP, PriceCategory.MARKETING): Price(Decimal("657.60"), _WHATSAPP, False),
    (Channel.WHATSAPP, PriceCategory.UTILITY): Price(Decimal("320.00"), _WHATSAPP, False),
    (Channel.WHATSAPP, PriceCategory.AUTHENTICATION): Price(Decimal("480.00"), _WHATSAPP, False),
    **{(Channel.SMS, str(c)): Price(Decimal("500.00"), _SMS, False) for c in PriceCategory},
}
"""Until somebody writes down a price. WhatsApp: US$ 0.0411, 0.020 and 0.030 (2024)."""
_FREE = Price(Decimal(0), "tidak ada biaya per pesan", True)


def price_of(channel: str, category: str, *, on: date | None = None) -> Decimal:
    """Rupiah for one message of a category (marketing, utility, authentication) on a day."""
    return current_price(channel, category, on=on).rupiah


def current_price(channel: str, category: str, *, on: date | None = None) -> Price:
    """The newest price in force on a day (today), else the assumed one; nothing is free of 0."""
    rows = MessagePrice.objects.filter(
        channel=channel, category=category, valid_from__lte=on or timezone.localdate()
    )
    row = rows.order_by("-valid_from", "-pk").first()
    if row is not None:
        return Price(row.rupiah, row.source, row.is_verified)
    return ASSUMED.get((channel, category), _FREE)


def category_of(*, is_bulk: bool, carries_code: bool = False) -> PriceCategory:
    """What WhatsApp bills a kind as: announcements are marketing, news of a service utility."""
    if carries_code:
        return PriceCategory.AUTHENTICATION
    return PriceCategory.MARKETING if is_bulk else PriceCategory.UTILITY
