"""How long the answers of the API are kept for a request that comes again.

Stands apart from the API itself, which only the web process has to load.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from partners.models import ApiAnswer
from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock

KEEP = timedelta(days=7)


def register_jobs() -> None:
    retention.register(RetentionJob("api_answers", "Jawaban API", _find, _forget))


def _find(now: datetime) -> Stock:
    return retention.stock_of(ApiAnswer.objects.filter(created_at__lt=now - KEEP), "created_at")


def _forget(now: datetime) -> int:
    return ApiAnswer.objects.filter(created_at__lt=now - KEEP).delete()[0]
