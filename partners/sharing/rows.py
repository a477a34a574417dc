"""The rows of a list for a partner: what the owner showed in her application, and no more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.crypto import salted_hmac

from partners.models import Application, CurationCall, SharedList
from partners.sharing.fields import SharedField
from partners.sharing.people import applicants
from umkm_portal.common import codes
from umkm_portal.regions.models import Region

HASH_SALT = "partners.sharing.row"
CITY, DISTRICT = 5, 8
"""How many characters of a region's code name its city and its district."""


@dataclass(frozen=True)
class SharedRow:
    participant_id: int
    code: str
    cells: list[str]
    """In the order of the list's fields."""

    def hash_in(self, shared: SharedList) -> str:
        """What tells this row of this list from any other; only the portal can work it out."""
        told = json.dumps([shared.pk, self.code, *self.cells], ensure_ascii=False)
        return salted_hmac(HASH_SALT, told, algorithm="sha256").hexdigest()


def rows_of(call: CurationCall, columns: list[SharedField], *, now: datetime) -> list[SharedRow]:
    """The applicants whom the call's curator may see, in the order they applied; few queries."""
    found = (
        applicants(call, now=now)
        .select_related("participant__region", "business__sector", "product_kind")
        .prefetch_related("participant__businesses__sector", "business__channels")
        .defer("participant__nik", "participant__search", "participant__birth_date")
        .order_by("created_at", "pk")
    )
    places = _place_names()
    rows = []
    for application in found:
        facts = _facts(application, places)
        cells = [facts[column.key] for column in columns]
        person = application.participant
        rows.append(SharedRow(person.pk, codes.display(person.code), cells))
    return rows


def _facts(application: Application, places: dict[str, str]) -> dict[str, str]:
    person = application.participant
    business = application.business or next(iter(person.businesses.all()), None)
    channels = application.business.channels.all() if application.business else ()
    links = (channel.store_link for channel in channels if channel.store_link)
    category = application.product_kind or (business.sector if business else None)
    region = person.region.code if person.region else ""
    licences = {key: str(application.licences.get(key, "")) for key in ("pirt", "halal", "bpom")}
    return {
        "business_name": business.name if business else "",
        "owner_name": person.full_name,
        "category": category.name if category else "",
        "products": application.products or (business.products if business else ""),
        "store_link": application.store_link or next(links, ""),
        "nib": business.nib if business else "",
        "city": places.get(region[:CITY], ""),
        "district": places.get(region[:DISTRICT], ""),
        **licences,
    }


def _place_names() -> dict[str, str]:
    """The names of cities and districts by code, the valid one last."""
    levels = (Region.Level.CITY, Region.Level.DISTRICT)
    known = Region.objects.filter(level__in=levels).order_by("valid_to")
    return dict(known.values_list("code", "short_name"))
