"""How long the portal remembers where a message went: 90 days after its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock
from umkm_portal.messaging.models import Delivery, DeliveryEvent, PortfolioContact

KEEP_ADDRESSES = timedelta(days=90)
KEEP_CONTACTS = timedelta(days=2)
"""Contacts of a portfolio count for 24 hours."""
CHUNK = 2_000
_UNSETTLED = (*Delivery.NON_FINAL, Delivery.State.UNCERTAIN)


def register_jobs() -> None:
    retention.register(
        RetentionJob("delivery_addresses", "Alamat pesan yang selesai", _find, _clear)
    )
    retention.register(
        RetentionJob("message_contacts", "Hitungan orang per 24 jam", _find_contacts, _forget)
    )


def _telling(now: datetime) -> QuerySet[Delivery]:
    """Final messages that still say where they went, or with what words."""
    old = Delivery.objects.filter(changed_at__lt=now - KEEP_ADDRESSES)
    old = old.exclude(state__in=_UNSETTLED)
    return old.filter(~Q(address="") | ~Q(context={}) | ~Q(error=""))


def _find(now: datetime) -> Stock:
    return retention.stock_of(_telling(now), "changed_at")


def _clear(now: datetime) -> int:
    """Empty addresses, contexts and server answers along the primary key: one walk, no sort."""
    cleared = last = 0
    while ids := list(
        _telling(now).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    ):
        with transaction.atomic():
            DeliveryEvent.objects.filter(delivery__in=ids).exclude(detail="").update(detail="")
            cleared += _telling(now).filter(pk__in=ids).update(address="", context={}, error="")
        last = ids[-1]
    return cleared


def _contacts(now: datetime) -> QuerySet[PortfolioContact]:
    return PortfolioContact.objects.filter(last_at__lt=now - KEEP_CONTACTS)


def _find_contacts(now: datetime) -> Stock:
    return retention.stock_of(_contacts(now), "last_at")


def _forget(now: datetime) -> int:
    def some(size: int) -> int:
        ids = list(_contacts(now).order_by("pk").values_list("pk", flat=True)[:size])
        return _contacts(now).filter(pk__in=ids).delete()[0] if ids else 0

    return retention.in_chunks(some, size=CHUNK)
