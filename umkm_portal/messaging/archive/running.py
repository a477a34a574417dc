"""The night's turn of the archive: what is due, one campaign after another, until time is up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from umkm_portal.common.retention import Stock, stock_of
from umkm_portal.messaging.archive import moving
from umkm_portal.messaging.models import Campaign, CampaignArchive, Delivery

TURN = timedelta(minutes=30)
"""What is left then is moved the next night."""


def due(*, now: datetime) -> QuerySet[Campaign]:
    """Campaigns that ended long enough ago and are not wholly archived, the oldest first."""
    ended = Campaign.objects.filter(
        is_standing=False,
        state__in=Campaign.FINAL,
        finished_at__lt=now - timedelta(days=settings.ARCHIVE_AFTER_DAYS),
    )
    return ended.exclude(archive__done_at__isnull=False).order_by("finished_at", "pk")


def due_standing(*, now: datetime) -> QuerySet[Campaign]:
    """Standing campaigns with a month that is old enough and was not gone through."""
    archived = CampaignArchive.objects.filter(
        campaign=OuterRef("pk"), done_at__isnull=False, settled_before__gte=_month(now)
    )
    return Campaign.objects.filter(~Exists(archived), is_standing=True).order_by("pk")


def find(now: datetime) -> Stock:
    """The messages that a run would move now, were time no object."""
    settled = ~Q(state__in=Delivery.NON_FINAL) & Q(changed_at__lt=_month(now))
    rows = Delivery.objects.filter(
        Q(campaign__in=due(now=now).values("pk"))
        | Q(campaign__in=due_standing(now=now).values("pk")) & settled
    )
    return stock_of(rows, "changed_at")


def run(now: datetime) -> int:
    """Move what is due into the archive; return how many messages."""
    stop_at = time.monotonic() + TURN.total_seconds()
    moved = 0
    for archive in _archives(now):
        reached = moving.FIRST
        while reached != moving.LAST:
            count, reached = moving.move_chunk(archive, after=reached, now=now)
            moved += count
            if reached == moving.LAST:
                _finish(archive, now=now)
            if time.monotonic() >= stop_at:
                return moved
    return moved


def _archives(now: datetime) -> Iterator[CampaignArchive]:
    for campaign in due(now=now):
        if archive := moving.begin(campaign, now=now):
            yield archive
    for campaign in due_standing(now=now):
        if archive := moving.begin(campaign, now=now):
            archive.settled_before, archive.done_at = _month(now), None
            archive.save(update_fields=["settled_before", "done_at"])
            yield archive


def _finish(archive: CampaignArchive, *, now: datetime) -> None:
    if archive.campaign.is_standing:
        archive.done_at = now
        archive.save(update_fields=["done_at"])
    else:
        moving.close(archive, now=now)


def _month(now: datetime) -> datetime:
    """The first moment of the youngest month of which every day is old enough."""
    day = timezone.localtime(now - timedelta(days=settings.ARCHIVE_AFTER_DAYS))
    return day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
