"""How many days a number of messages takes, with all that slows an account down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Channel, SendingAccount
from umkm_portal.messaging.sending.throttle import WINDOW, warmup_limit
from umkm_portal.regions.calendar import days_off

LONGEST = 366
"""Days looked ahead: who needs longer is told so many."""
_DAY_SECONDS = 24 * 3600


def days_needed(
    counts: Mapping[str, int],
    *,
    now: datetime,
    accounts: Mapping[str, SendingAccount] | None = None,
) -> dict[str, int]:
    """Per channel the calendar days until so many messages have left: 1 is today, 0 for none.

    Counts the rate, hours and working days of the channel's account (the default one unless
    `accounts` names another), its warm-up and its portfolio's limit of people per 24 hours. Days
    off in between count; at most LONGEST.
    """
    return {
        channel: _days((accounts or {}).get(channel) or default_account(channel), count, now=now)
        for channel, count in counts.items()
        if channel != Channel.MANUAL
    }


def days_of(account: SendingAccount, count: int, *, now: datetime) -> int:
    """The same for messages that wait for one account."""
    return _days(account, count, now=now)


def _days(account: SendingAccount, count: int, *, now: datetime) -> int:
    if count <= 0:
        return 0
    today = timezone.localdate(now)
    closed = days_off(today, today + timedelta(days=LONGEST))
    left, is_first = count, True
    for number in range(LONGEST):
        day = today + timedelta(days=number)
        if day in closed and not account.works_on_holidays and not settings.DEMO:
            continue
        seconds = _open_seconds(
            account, after=timezone.localtime(now).time() if not number else None
        )
        if seconds <= 0:
            continue
        left -= _capacity(account, day, seconds=seconds, now=now if is_first else None)
        is_first = False
        if left <= 0:
            return number + 1
    return LONGEST


def _open_seconds(account: SendingAccount, *, after: time | None) -> float:
    """Seconds of a day in which the account sends, those after a time of it."""
    opens, closes = (0.0, float(_DAY_SECONDS)) if settings.DEMO else _hours(account)
    begins = opens if after is None else max(opens, _seconds(after))
    return max(0.0, closes - begins)


def _hours(account: SendingAccount) -> tuple[float, float]:
    return _seconds(account.opens_at), _seconds(account.closes_at)


def _seconds(of: time) -> float:
    return of.hour * 3600 + of.minute * 60 + of.second


def _capacity(account: SendingAccount, day: date, *, seconds: float, now: datetime | None) -> int:
    """Messages of one day; `now` on the day on which people of the last 24 hours still count."""
    limits = [int(seconds * account.rate_per_second)]
    if (fresh := warmup_limit(account, day=day)) is not None:
        sent_today = account.counted if now and account.counted_on == day else 0
        limits.append(max(0, fresh - sent_today))
    portfolio = account.portfolio
    if portfolio is not None and portfolio.people_per_day is not None:
        recent = portfolio.contacts.filter(last_at__gt=now - WINDOW).count() if now else 0
        limits.append(max(0, portfolio.people_per_day - recent))
    return min(limits)
