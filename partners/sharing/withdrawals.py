"""People who took their consent back: the partner that has their data is told, once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Coalesce

from partners.models import PARTNER_ROLES, Disclosure, Partner
from partners.models.sharing import DisclosureQuerySet
from partners.sharing.messages import DATA_WITHDRAWN, page_of
from partners.sharing.people import gone
from umkm_portal.accounts.models import Membership
from umkm_portal.common import codes
from umkm_portal.messaging.services import queue_one

MANAGER = PARTNER_ROLES[0]


def tell_withdrawals(*, now: datetime) -> int:
    """Write each partner one email about those who withdrew since the last one.

    Only lists that were downloaded count. Returns how many people were told about.
    """
    waiting = Disclosure.objects.filter(told_at=None, shared_list__downloaded_at__isnull=False)
    partners = Partner.objects.filter(pk__in=waiting.values("shared_list__partner"))
    found = partners.select_related("organisation").order_by("pk")
    return sum(_tell(partner, now=now) for partner in found)


def to_delete(partner: Partner, *, now: datetime) -> list[str]:
    """Codes that the partner has to take out of what it downloaded, in no order of time."""
    rows = _taken(gone(partner, now=now)).values_list("participant__code", flat=True)
    return [codes.display(code) for code in rows.order_by("participant__code").distinct()]


@transaction.atomic
def _tell(partner: Partner, *, now: datetime) -> int:
    untold = _taken(gone(partner, now=now)).filter(told_at=None)
    rows = list(untold.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    if not rows:
        return 0
    marked = Disclosure.objects.filter(pk__in=[row.pk for row in rows])
    marked.update(withdrawn_at=Coalesce("withdrawn_at", now))
    address = _address_of(partner)
    if not address:
        return 0
    people = len({row.participant_id for row in rows})
    queue_one(
        DATA_WITHDRAWN,
        recipient_key=-partner.pk,  # nobody of the register: keys of people are positive
        subject_id=partner.pk,
        dedupe_key=f"withdrawn-{rows[0].pk}",
        address=address,
        context={"mitra": str(partner), "jumlah": str(people), "halaman": page_of()},
        now=now,
    )
    marked.update(told_at=now)
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
