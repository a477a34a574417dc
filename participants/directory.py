"""People as the pages of the sending layer name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse

from participants.access import record_access
from participants.models import DataAccess, Participant
from umkm_portal.accounts.models import User
from umkm_portal.messaging.directory import Located, Person
from umkm_portal.messaging.models import Campaign, Channel


def people_named(keys: Collection[int]) -> Mapping[int, Person]:
    """Name, place and page of these participants; one query."""
    rows = (
        Participant.objects.filter(pk__in=keys)
        .select_related("region")
        .only("full_name", "region__name")
    )
    return {
        row.pk: Person(
            row.full_name,
            str(row.region or ""),
            reverse("admin:participants_participant_change", args=[row.pk]),
        )
        for row in rows
    }


def keys_seen_by(user: User) -> QuerySet[Any] | None:
    """Ids of the people of an officer's area; None for those who may see everybody."""
    seen = Participant.objects.for_user(user)
    return seen.values("pk") if seen.query.where else None


def addresses_seen_by(user: User) -> Q:
    """Whether channel and address of a row are of somebody in an officer's area."""
    living = Participant.objects.for_user(user).living()
    emails = living.exclude(email="").values(lowered=Lower("email"))
    phones = living.exclude(phone="").values("phone")
    by_phone = Q(channel__in=(Channel.WHATSAPP, Channel.SMS), address__in=phones)
    return by_phone | Q(channel=Channel.EMAIL, address__in=emails)


def owners_of(channel: str, address: str) -> list[Located]:
    """Whose an address is, by both ways of writing an email; one query by index."""
    living = Participant.objects.living()
    if channel == Channel.EMAIL:
        mine = living.filter(email__in={address, address.lower()})
    else:
        mine = living.filter(phone=address)
    return [Located(*row) for row in mine.order_by("pk").values_list("pk", "region_id")]


def address_of(key: int, channel: str) -> str:
    """Where somebody is written to now, also by the number of a record joined to hers; else ""."""
    joined = Participant.objects.filter(pk=key).values("merged_into")
    person = Participant.objects.living().filter(Q(pk=key) | Q(pk__in=joined)).first()
    if person is None:
        return ""
    return person.email if channel == Channel.EMAIL else person.phone


def untold_link(campaign: Campaign) -> str:
    """The list of those whom no message of a campaign reached."""
    return reverse("admin:participants_untold_list", args=[campaign.pk])


def note_taken(keys: Collection[int], *, actor: User, purpose: str, now: datetime) -> None:
    """Who took a list of messages to these people along; each reads it on her own pages."""
    record_access(
        keys,
        kind=DataAccess.Kind.EXPORT,
        actor=actor,
        purpose=purpose,
        fields=["Nama", "Status pesan"],
        now=now,
    )
