"""How fast an account may send: tokens kept in PostgreSQL, shared by all workers.

An account never passes 105 % of its rate in any minute: unused tokens pile up to 2 seconds' worth
at most, and a worker may keep those it took for 1 second. 60 + 2 + 1 seconds' worth is 105 %.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from umkm_portal.messaging.models import Portfolio, SendingAccount

PILE_SECONDS = 2.0
KEEP_SECONDS = 1.0
BLOCK_SECONDS = 0.25
"""Take so many seconds' worth of tokens at once, to ask the database less often."""
RECOVERS_SECONDS = 60.0
"""An account that was slowed down doubles its speed again in this time, up to its own rate."""
SLOWEST = 1 / 32
WARMUP_DAYS = 14
WINDOW = timedelta(hours=24)

_TAKE = """
WITH speed AS (
    SELECT id, burst, tokens, tokens_at, counted_on, counted,
        rate_per_second * CASE WHEN slowed_at IS NULL THEN 1 ELSE least(1, slow_factor * power(2,
            least(10, extract(epoch FROM clock_timestamp() - slowed_at) / %(recovers)s))) END
            AS rate
    FROM messaging_sendingaccount WHERE id = %(account)s FOR NO KEY UPDATE
), account AS (
    SELECT id, rate,
        least(greatest(1, least(burst, rate * %(pile)s)),
            tokens + rate
                * greatest(0, extract(epoch FROM clock_timestamp() - tokens_at))) AS have,
        CASE WHEN %(day_limit)s::int IS NULL THEN NULL
            WHEN counted_on = %(today)s THEN greatest(0, %(day_limit)s - counted)
            ELSE %(day_limit)s END AS left_today
    FROM speed
), grant_ AS (
    SELECT *, greatest(0, floor(least(have, left_today,
        CASE WHEN left_today IS NULL THEN greatest(%(wanted)s, rate * %(block)s)
            ELSE %(wanted)s END)))::int AS granted
    FROM account
)
UPDATE messaging_sendingaccount a
SET tokens = g.have - g.granted, tokens_at = clock_timestamp(),
    counted_on = %(today)s,
    counted = CASE WHEN a.counted_on = %(today)s THEN a.counted ELSE 0 END + g.granted
FROM grant_ g WHERE a.id = g.id
RETURNING g.granted, coalesce(g.left_today, 1) = 0,
    (greatest(0, 1 - (g.have - g.granted)) / g.rate)::float8,
    CASE WHEN a.state <> 'open' THEN greatest(a.broken_until, clock_timestamp()) END
"""


_SLOW_DOWN = """
UPDATE messaging_sendingaccount
SET slow_factor = greatest(%(slowest)s, 0.5 * CASE WHEN slowed_at IS NULL THEN 1
        ELSE least(1, slow_factor * power(2,
            least(10, extract(epoch FROM clock_timestamp() - slowed_at) / %(recovers)s))) END),
    slowed_at = clock_timestamp(), tokens = least(tokens, 0)
WHERE id = %(account)s
    AND (slowed_at IS NULL OR slowed_at < clock_timestamp() - interval '2 seconds')
"""
"""Workers that hear the same complaint within two seconds slow the account down once."""


class DayLimitReached(Exception):
    """A new account has sent what it may on this day of its warm-up."""


class CircuitOpen(Exception):
    """The account was stopped while a worker held a batch of it."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"stopped until {until}")
        self.until = until


class Allowance:
    """Tokens one worker took and may still use."""

    def __init__(self, account: SendingAccount) -> None:
        self._account = account
        self._left = 0
        self._taken_at = 0.0
        self.seconds_to_next = 0.0
        """How long until the account has a token again; set when `take` gave none."""

    def take(self, wanted: int, *, is_probe: bool = False) -> int:
        """Up to `wanted` tokens, 0 when the account has none now.

        Raises DayLimitReached, and CircuitOpen unless this is the message that tries a stopped
        account.
        """
        if not self.is_fresh():
            self._refill(wanted, is_probe=is_probe)
        taken = min(wanted, self._left)
        self._left -= taken
        return taken

    def put_back(self, count: int) -> None:
        """Tokens that were not needed after all."""
        self._left += count

    def is_fresh(self) -> bool:
        """Whether tokens are left that were taken just now."""
        return self._left > 0 and time.monotonic() - self._taken_at < KEEP_SECONDS

    def is_young(self) -> bool:
        """Whether the last tokens were taken just now."""
        return time.monotonic() - self._taken_at < KEEP_SECONDS

    def _refill(self, wanted: int, *, is_probe: bool) -> None:
        self._taken_at = time.monotonic()
        self._left, is_spent, self.seconds_to_next, stopped = _take(self._account, wanted)
        if stopped is not None and not is_probe:
            self._left = 0
            raise CircuitOpen(stopped)
        if is_spent:
            raise DayLimitReached


def _take(account: SendingAccount, wanted: int) -> tuple[int, bool, float, datetime | None]:
    today = timezone.localdate()
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "account": account.pk,
                "pile": PILE_SECONDS,
                "recovers": RECOVERS_SECONDS,
                "block": BLOCK_SECONDS,
                "wanted": wanted,
                "today": today,
                "day_limit": warmup_limit(account, day=today),
            },
        )
        return cursor.fetchone()


def slow_down(account: SendingAccount) -> None:
    """Halve the speed of an account whose provider asked for it; it recovers by itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SLOW_DOWN,
            {"account": account.pk, "slowest": SLOWEST, "recovers": RECOVERS_SECONDS},
        )


def speed_now(account: SendingAccount, *, now: datetime) -> float:
    """Messages a second that the account sends now, less than its rate while it recovers."""
    if account.slowed_at is None:
        return account.rate_per_second
    doublings = min(10.0, (now - account.slowed_at).total_seconds() / RECOVERS_SECONDS)
    return account.rate_per_second * min(1.0, account.slow_factor * 2.0**doublings)


def warmup_limit(account: SendingAccount, *, day: date) -> int | None:
    """Messages that a new account may send on a day: doubled daily for two weeks, then no limit."""
    if account.warmup_started_on is None or account.warmup_first_day is None:
        return None
    days = (day - account.warmup_started_on).days
    return account.warmup_first_day * 2 ** max(0, days) if days < WARMUP_DAYS else None


@transaction.atomic
def admit_people(portfolio: Portfolio, recipient_keys: Sequence[int], *, now: datetime) -> set[int]:
    """Those to whom the portfolio may write now; they count for 24 hours from here on."""
    if portfolio.people_per_day is None:
        return set(recipient_keys)
    Portfolio.objects.select_for_update().get(pk=portfolio.pk)
    recent = portfolio.contacts.filter(last_at__gt=now - WINDOW)
    known = set(
        recent.filter(recipient_key__in=recipient_keys).values_list("recipient_key", flat=True)
    )
    room = max(0, portfolio.people_per_day - recent.count())
    fresh = [key for key in dict.fromkeys(recipient_keys) if key not in known][:room]
    admitted = known | set(fresh)
    _remember(portfolio, sorted(admitted), now=now)
    return admitted


def _remember(portfolio: Portfolio, recipient_keys: Sequence[int], *, now: datetime) -> None:
    model = portfolio.contacts.model
    model.objects.bulk_create(
        [model(portfolio=portfolio, recipient_key=key, last_at=now) for key in recipient_keys],
        update_conflicts=True,
        unique_fields=["portfolio", "recipient_key"],
        update_fields=["last_at"],
    )


def pause_for(seconds: float) -> None:
    """Wait for tokens, never long: a pause of the campaign must be seen soon."""
    time.sleep(min(max(seconds, 0.005), 0.5))


def whole_seconds(seconds: float) -> timedelta:
    return timedelta(seconds=math.ceil(seconds))
