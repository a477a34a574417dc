"""People as the pages of the sending layer name them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.urls import reverse

from participants.models import Participant
from umkm_portal.messaging.directory import Person


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
