"""What of shared lists goes by age: the files; that and what was shared stays written down."""

from __future__ import annotations

from datetime import datetime

from partners.models import SharedList
from partners.sharing.lists import purge_lists
from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock


def register_jobs() -> None:
    retention.register(RetentionJob("shared_lists", "Daftar untuk mitra", _find, purge_lists))


def _find(now: datetime) -> Stock:
    old = SharedList.objects.filter(expires_at__lte=now).exclude(path="")
    return retention.stock_of(old, "expires_at")
