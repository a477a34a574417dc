"""Errands of the night."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from umkm_portal.common import retention


@shared_task
def purge(**future: object) -> int:
    """Remove what is kept no longer; return how many things went."""
    return sum(purged.removed for purged in retention.purge(now=timezone.now()))
