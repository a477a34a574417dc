"""People who took their consent back: the partner that has their data is told, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Coalesce

from partners.models import PARTNER_ROLES, Disclosure, Partner
from partners.models.sharing import DisclosureQuerySet
from partners.sharing.messages import CONTACTS_WITHDRAWN, DATA_WITHDRAWN, page_of
from partners.sharing.people import contacts_gone, gone
from umkm_portal.accounts.models import Membership
from umkm_portal.common import codes
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.services import queue_one

MANAGER = PARTNER_ROLES[0]


class Loss(NamedTuple):
    """Something a partner has to delete: which rows, the message, and where that is noted."""

    kind: CampaignKind
    rows: Callable[[Partner, datetime], DisclosureQuerySet]
    withdrawn: str
    told: str


def _gone_whole(partner: Partner, now: datetime) -> DisclosureQuerySet:
    return _taken(gone(partner, now=now))


def _gone_contacts(partner: Partner, now: datetime) -> DisclosureQuerySet:
    """Without the people who are gone altogether: they are told of whole."""
    whole = gone(partner, now=now).values("participant")
    return _taken(contacts_gone(partner, now=now)).exclude(participant__in=whole)


LOSSES = (
    Loss(DATA_WITHDRAWN, _gone_whole, "withdrawn_at", "told_at"),
    Loss(CONTACTS_WITHDRAWN, _gone_contacts, "contact_withdrawn_at", "contact_told_at"),
)


def tell_withdrawals(*, now: datetime) -> int:
    """Write each partner an email about those who withdrew since the last one.

    One about people it has to delete, one about those whose phone and email it has to. Only lists
    that were downloaded count. Returns how many people were told about.
    """
    given = Disclosure.objects.filter(shared_list__downloaded_at__isnull=False)
    partners = Partner.objects.filter(pk__in=given.values("shared_list__partner"))
    found = partners.select_related("organisation").order_by("pk")
    return sum(_tell(partner, loss, now=now) for partner in found for loss in LOSSES)


def to_delete(partner: Partner, *, now: datetime) -> list[str]:
    """Codes that the partner has to take out of what it downloaded, in no order of time."""
    return _codes_of(_gone_whole(partner, now))


def contacts_to_delete(partner: Partner, *, now: datetime) -> list[str]:
    """Codes of people of whom the partner may keep everything but phone and email."""
    return _codes_of(_gone_contacts(partner, now))


def _codes_of(rows: DisclosureQuerySet) -> list[str]:
    found = rows.values_list("participant__code", flat=True)
    return [codes.display(code) for code in found.order_by("participant__code").distinct()]


@transaction.atomic
def _tell(partner: Partner, loss: Loss, *, now: datetime) -> int:
    untold = loss.rows(partner, now).filter(**{loss.told: None})
    rows = list(untold.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    if not rows:
        return 0
    marked = Disclosure.objects.filter(pk__in=[row.pk for row in rows])
    marked.update(**{loss.withdrawn: Coalesce(loss.withdrawn, now)})
    address = _address_of(partner)
    if not address:
        return 0
    people = len({row.participant_id for row in rows})
    queue_one(
        loss.kind,
        recipient_key=-partner.pk,  # nobody of the register: keys of people are positive
        subject_id=partner.pk,
        dedupe_key=f"withdrawn-{rows[0].pk}",
        address=address,
        context={"mitra": str(partner), "jumlah": str(people), "halaman": page_of()},
        now=now,
    )
    marked.update(**{loss.told: now})
    return people


def _taken(rows: DisclosureQuerySet) -> DisclosureQuerySet:
    return rows.filter(shared_list__downloaded_at__isnull=False)


def _address_of(partner: Partner) -> str:
    """The partner's contact, else a manager; '' when nobody can be written to."""
    if partner.contact_email:
        return partner.contact_email
    managers = Membership.objects.current().filter(
        organisation=partner.organisation_id, role=MANAGER
    )
    addresses = managers.exclude(user__email="").exclude(user__email=None)
    return addresses.order_by("pk").values_list("user__email", flat=True).first() or ""
