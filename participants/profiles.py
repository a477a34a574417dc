"""What a person says about herself and her business after she registered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from participants.models import Business, DataRequest, Participant, Revenue, SalesChannel
from participants.requests import ask_correction
from participants.search import refresh_search
from umkm_portal.accounts.models import User

OWN_COLUMNS = ("full_name", "birth_date", "region", "address", "track")
PROVEN = ("full_name", "birth_date")
"""Read from the KTP: once verified, only staff change them."""
BUSINESS_COLUMNS = (
    *("name", "sector", "products", "nib", "market", "stall", "sells_live", "yearly_sales"),
)
MOST_CHANNELS = 20
OWN_WORD = "pemilik"


class ProfileRefused(Exception):
    """It cannot be written down; `str()` is the sentence for the person."""


@transaction.atomic
def correct_profile(
    person: Participant, *, facts: Mapping[str, Any], account: User | None, now: datetime
) -> DataRequest | None:
    """Write down what she corrects; what staff verified becomes a request that is returned.

    `facts` are values of OWN_COLUMNS; other names are an error.
    """
    person = Participant.objects.select_for_update().get(pk=person.pk)
    changed = {name: value for name, value in facts.items() if getattr(person, name) != value}
    if unknown := set(changed) - set(OWN_COLUMNS):
        raise ValueError(f"not a column of her own: {unknown}")
    held = {}
    if person.identity == Participant.Identity.VERIFIED:
        held = {name: changed.pop(name) for name in PROVEN if name in changed}
    for name, value in changed.items():
        setattr(person, name, value)
    if changed:
        person.save(update_fields=[*changed, "updated_at"])
        refresh_search([person.pk])
    if not held:
        return None
    return ask_correction(person, proposed=held, account=account, now=now)


@transaction.atomic
def state_willingness(person: Participant, *, is_willing: bool, now: datetime) -> None:
    """She wants, or does not want, to be invited to trainings from now on."""
    person.is_willing, person.willing_source = is_willing, OWN_WORD
    person.willing_on = timezone.localdate(now)
    person.save(update_fields=["is_willing", "willing_on", "willing_source", "updated_at"])


@transaction.atomic
def write_business(
    person: Participant, business: Business | None, *, facts: Mapping[str, Any]
) -> Business:
    """Save her business, or a new one, with values of BUSINESS_COLUMNS."""
    business = business or Business(participant=person, region=person.region)
    for name, value in facts.items():
        if name not in BUSINESS_COLUMNS:
            raise ValueError(f"not a column of her own: {name}")
        setattr(business, name, value)
    business.save()
    refresh_search([person.pk])
    return business


def add_channel(business: Business, *, platform: str, store_link: str) -> SalesChannel:
    """One more place where it sells; the same twice is one. Raises ProfileRefused at the limit."""
    if business.channels.count() >= MOST_CHANNELS:
        raise ProfileRefused(f"Paling banyak {MOST_CHANNELS} tempat jual. Hapus satu dahulu.")
    channel, _ = SalesChannel.objects.get_or_create(
        business=business, platform=platform, store_link=store_link
    )
    return channel


def remove_channel(business: Business, pk: int) -> bool:
    return business.channels.filter(pk=pk).delete()[0] > 0


@transaction.atomic
def state_revenue(
    business: Business, *, first: date, last: date, amount: int, actor: User | None, now: datetime
) -> Revenue:
    """Her own statement of what she sold from `first` to `last`, whole rupiah; the last one counts.

    Raises ProfileRefused when staff have verified that period already.
    """
    Business.objects.select_for_update().get(pk=business.pk)
    rows = business.revenues.filter(period_start=first, period_end=last)
    if rows.filter(is_verified=True).exists():
        raise ProfileRefused(
            "Omzet bulan itu sudah diverifikasi petugas. Hubungi petugas bila keliru."
        )
    row = rows.filter(source=Revenue.Source.OWNER).order_by("-pk").first()
    row = row or Revenue(business=business, source=Revenue.Source.OWNER)
    row.period_start, row.period_end, row.amount = first, last, amount
    row.actor, row.created_at = actor, now
    row.save()
    return row
