"""Old codes leave nothing behind: neither their rows nor the addresses they went to."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from participants.contacts.messages import CONTACT_CODE, REGISTRATION_LINK
from participants.models import ContactCode
from umkm_portal.messaging.models import Delivery

KEPT = timedelta(days=2)
"""Longer than the longest limit looks back."""
CHUNK = 1000


def forget_codes(*, now: datetime) -> int:
    """Delete codes older than two days, blank the messages that carried them; return how many."""
    old = ContactCode.objects.filter(sent_at__lt=now - KEPT).order_by("pk")
    forgotten = 0
    while ids := list(old.values_list("pk", flat=True)[:CHUNK]):
        forgotten += _forget(ids)
    return forgotten


@transaction.atomic
def _forget(ids: list[int]) -> int:
    sent = Delivery.objects.filter(recipient_key__in=[-pk for pk in ids])
    kinds = [CONTACT_CODE.name, REGISTRATION_LINK.name]
    sent = sent.filter(campaign__kind__in=kinds).exclude(state__in=Delivery.NON_FINAL)
    sent.update(address="", context={})
    return ContactCode.objects.filter(pk__in=ids).delete()[0]
