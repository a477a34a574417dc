"""The rows of a list for a partner: what the owner showed, or said of her business, and no more."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.crypto import salted_hmac

from participants.models import Business, Consent, LicenceRequest, Participant
from participants.models.participants import ParticipantQuerySet
from participants.segments.audiences import people_by
from partners.models import Application, Partner, SharedList
from partners.models.calls import ApplicationQuerySet
from partners.sharing.fields import SharedField, has_contact
from partners.sharing.people import applicants, asks_nobody, consents_of, shareable
from umkm_portal.common import codes, phones
from umkm_portal.regions.models import Region

HASH_SALT = "partners.sharing.row"
CITY, DISTRICT = 5, 8
"""How many characters of a region's code name its city and its district."""
CHUNK = 500
"""People read at once: with all that belongs to them each takes 9 KB."""
ISSUED = (LicenceRequest.State.DONE, LicenceRequest.State.DELIVERED)
Facts = dict[str, str]


@dataclass(frozen=True)
class SharedRow:
    participant_id: int
    code: str
    cells: list[str]
    """In the order of the list's fields."""
    consent_id: int | None = None
    contact_consent_id: int | None = None
    """The consent for phone and email, where one of them stands in the row."""

    def hash_in(self, shared: SharedList) -> str:
        """What tells this row of this list from any other; only the portal can work it out."""
        told = json.dumps([shared.pk, self.code, *self.cells], ensure_ascii=False)
        return salted_hmac(HASH_SALT, told, algorithm="sha256").hexdigest()


def count_of(shared: SharedList, *, now: datetime) -> int:
    """How many people the list would have now. Raises RulesBroken."""
    return _members(shared, now=now).count()


def rows_of(
    shared: SharedList, columns: Sequence[SharedField], *, now: datetime
) -> Iterator[SharedRow]:
    """Everybody in the list whom the partner may see, in chunks of few queries each.

    Applicants come in the order they applied.
    """
    members, places = _members(shared, now=now), _place_names()
    order = ("pk",) if shared.call_id is None else ("created_at", "pk")
    keys = list(members.order_by(*order).values_list("pk", flat=True))
    for start in range(0, len(keys), CHUNK):
        told = _facts_of(shared, keys[start : start + CHUNK], places)
        yield from _consented(shared.partner, told, columns, now=now)


def _members(shared: SharedList, *, now: datetime) -> ApplicationQuerySet | ParticipantQuerySet:
    """Applications where the list is of a call, else people."""
    if shared.call is not None:
        return applicants(shared.call, now=now)
    agreed = shareable(shared.partner, now=now)
    return people_by(shared.rules, user=shared.made_by).filter(pk__in=agreed.values("pk"))


def _facts_of(
    shared: SharedList, keys: Collection[int], places: dict[str, str]
) -> list[tuple[Participant, Facts]]:
    """What may be told about each, by key of field, in the order of the list."""
    if shared.call_id is not None:
        applications = (
            Application.objects.filter(pk__in=keys)
            .select_related("participant__region", "business__sector", "product_kind")
            .prefetch_related("participant__businesses__sector", "business__channels")
            .defer("participant__nik", "participant__search", "participant__birth_date")
            .order_by("created_at", "pk")
        )
        return [(row.participant, _facts_of_application(row, places)) for row in applications]
    people = (
        Participant.objects.filter(pk__in=keys)
        .select_related("region")
        .prefetch_related("businesses__sector", "businesses__channels", "licence_requests")
        .defer("nik", "search", "birth_date")
        .order_by("pk")
    )
    return [(person, _facts_of_person(person, places)) for person in people]


def _consented(
    partner: Partner,
    told: list[tuple[Participant, Facts]],
    columns: Sequence[SharedField],
    *,
    now: datetime,
) -> Iterator[SharedRow]:
    """The cells of each row; phone and email stay blank without their own consent."""
    people, purpose = [person.pk for person, _ in told], Consent.Purpose
    consents = consents_of(partner, people, purpose=purpose.SHARING, now=now)
    is_own, with_contact = asks_nobody(partner), has_contact(columns)
    contacts: dict[int, int] = {}
    if with_contact and not is_own:
        contacts = consents_of(partner, people, purpose=purpose.CONTACT, now=now)
    for person, facts in told:
        may_reach = is_own or person.pk in contacts
        cells = [facts[one.key] if may_reach or not one.is_contact else "" for one in columns]
        yield SharedRow(
            person.pk,
            codes.display(person.code),
            cells,
            consents.get(person.pk),
            contacts.get(person.pk) if _shows_contact(columns, cells) else None,
        )


def _shows_contact(columns: Sequence[SharedField], cells: list[str]) -> bool:
    return any(cell and one.is_contact for one, cell in zip(columns, cells, strict=True))


def _facts_of_application(application: Application, places: dict[str, str]) -> Facts:
    """What she showed in her application comes first."""
    person, own = application.participant, application.business
    business = own or next(iter(person.businesses.all()), None)
    facts = _facts(person, business, places, links=_links(own))
    if application.product_kind:
        facts["category"] = application.product_kind.name
    facts["products"] = application.products or facts["products"]
    facts["store_link"] = application.store_link or facts["store_link"]
    for kind in ("pirt", "halal", "bpom"):
        facts[kind] = str(application.licences.get(kind, ""))
    return facts


def _facts_of_person(person: Participant, places: dict[str, str]) -> Facts:
    """What she said of her first business, with the licences that were arranged for her."""
    business = next(iter(person.businesses.all()), None)
    facts = _facts(person, business, places, links=_links(business))
    issued = [row for row in person.licence_requests.all() if row.state in ISSUED]
    facts |= {"pirt": "", "halal": "", "bpom": ""}
    for row in sorted(issued, key=lambda row: row.pk):
        if row.kind in facts:
            facts[row.kind] = row.number
    return facts


def _facts(
    person: Participant, business: Business | None, places: dict[str, str], *, links: list[str]
) -> Facts:
    region = person.region.code if person.region else ""
    return {
        "business_name": business.name if business else "",
        "owner_name": person.full_name,
        "category": business.sector.name if business and business.sector else "",
        "products": business.products if business else "",
        "store_link": links[0] if links else "",
        "nib": business.nib if business else "",
        "city": places.get(region[:CITY], ""),
        "district": places.get(region[:DISTRICT], ""),
        "phone": phones.display(person.phone) if person.phone else "",
        "email": person.email,
    }


def _links(business: Business | None) -> list[str]:
    channels = business.channels.all() if business else ()
    return [channel.store_link for channel in channels if channel.store_link]


def _place_names() -> dict[str, str]:
    """The names of cities and districts by code, the valid one last."""
    levels = (Region.Level.CITY, Region.Level.DISTRICT)
    known = Region.objects.filter(level__in=levels).order_by("valid_to")
    return dict(known.values_list("code", "short_name"))
