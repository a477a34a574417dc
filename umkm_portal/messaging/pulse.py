"""When the sweep last ran. Kept in the cache: it tells staff something and decides nothing."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

_KEY = "messaging.last_sweep"
_DAY = 24 * 3600


def beat(*, now: datetime) -> None:
    """Note that the sweep ran; a cache that does not answer is no reason to stop sending."""
    try:
        cache.set(_KEY, now, timeout=_DAY)
    except RedisError:
        return


def last_beat() -> datetime | None:
    """When the sweep last ran within a day, as far as the cache knows."""
    try:
        return cache.get(_KEY)
    except RedisError:
        return None
