"""How long the portal remembers where a message went: 90 days after its end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock
from umkm_portal.messaging.archive import running
from umkm_portal.messaging.models import (
    Delivery,
    DeliveryEvent,
    PortfolioContact,
    ProviderNews,
    Reply,
    SendingTally,
    WebhookEvent,
)
from umkm_portal.messaging.operations import tallies

KEEP_ADDRESSES = timedelta(days=90)
KEEP_CONTACTS = timedelta(days=2)
"""Contacts of a portfolio count for 24 hours."""
KEEP_NEWS = timedelta(days=365)
CHUNK = 2_000
_UNSETTLED = (*Delivery.NON_FINAL, Delivery.State.UNCERTAIN)


def register_jobs() -> None:
    retention.register(
        RetentionJob("delivery_addresses", "Alamat pesan yang selesai", _find, _clear)
    )
    retention.register(
        RetentionJob("sending_tallies", "Hitungan pengiriman per menit", _find_tallies, _drop)
    )
    retention.register(
        RetentionJob("message_contacts", "Hitungan orang per 24 jam", _find_contacts, _forget)
    )
    retention.register(
        RetentionJob("webhook_events", "Laporan penyedia pesan", _find_told, _drop_told)
    )
    retention.register(
        RetentionJob("provider_news", "Kabar penyedia tentang akun", _find_news, _drop_news)
    )
    retention.register(RetentionJob("replies", "Isi balasan yang selesai", _find_talk, _clear_talk))
    retention.register(
        RetentionJob("archive", "Pesan kampanye lama ke arsip", running.find, running.run)
    )


def _told(now: datetime) -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(
        received_at__lt=now - timedelta(days=settings.WEBHOOK_DAYS), due_at=None
    )


def _find_told(now: datetime) -> Stock:
    return retention.stock_of(_told(now), "received_at")


def _drop_told(now: datetime) -> int:
    def some(size: int) -> int:
        ids = list(_told(now).order_by("pk").values_list("pk", flat=True)[:size])
        return _told(now).filter(pk__in=ids).delete()[0] if ids else 0

    return retention.in_chunks(some, size=CHUNK)


def _news(now: datetime) -> QuerySet[ProviderNews]:
    return ProviderNews.objects.filter(happened_at__lt=now - KEEP_NEWS)


def _find_news(now: datetime) -> Stock:
    return retention.stock_of(_news(now), "happened_at")


def _drop_news(now: datetime) -> int:
    return _news(now).delete()[0]


def _talk(now: datetime) -> QuerySet[Reply]:
    """Replies dealt with long ago that still say what was written, and from where."""
    old = Reply.objects.filter(handled_at__lt=now - KEEP_ADDRESSES)
    return old.exclude(state=Reply.State.OPEN).filter(Q(text__isnull=False) | ~Q(address=""))


def _find_talk(now: datetime) -> Stock:
    return retention.stock_of(_talk(now), "handled_at")


def _clear_talk(now: datetime) -> int:
    def some(size: int) -> int:
        ids = list(_talk(now).order_by("pk").values_list("pk", flat=True)[:size])
        return _talk(now).filter(pk__in=ids).update(text=None, answer=None, address="", note="")

    return retention.in_chunks(some, size=CHUNK)


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


def _tallies(now: datetime) -> QuerySet[SendingTally]:
    return SendingTally.objects.filter(minute__lt=now - tallies.KEEP)


def _find_tallies(now: datetime) -> Stock:
    return retention.stock_of(_tallies(now), "minute")


def _drop(now: datetime) -> int:
    return _tallies(now).delete()[0]


def _contacts(now: datetime) -> QuerySet[PortfolioContact]:
    return PortfolioContact.objects.filter(last_at__lt=now - KEEP_CONTACTS)


def _find_contacts(now: datetime) -> Stock:
    return retention.stock_of(_contacts(now), "last_at")


def _forget(now: datetime) -> int:
    def some(size: int) -> int:
        ids = list(_contacts(now).order_by("pk").values_list("pk", flat=True)[:size])
        return _contacts(now).filter(pk__in=ids).delete()[0] if ids else 0

    return retention.in_chunks(some, size=CHUNK)
