"""When an account may send bulk messages: its hours on working days in Jakarta."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from umkm_portal.messaging.models import SendingAccount
from umkm_portal.regions.calendar import is_working_day


def is_open(account: SendingAccount, *, now: datetime) -> bool:
    """Whether bulk messages may leave now. The demo shows sending at any hour."""
    if settings.DEMO:
        return True
    local = timezone.localtime(now)
    if not account.opens_at <= local.time() < account.closes_at:
        return False
    return account.works_on_holidays or _is_working(local.date(), int(now.timestamp()) // 60)


@lru_cache(maxsize=8)
def _is_working(day: date, minute: int) -> bool:
    """Asked of the calendar once a minute: staff may change it."""
    return is_working_day(day)
