"""How often a key may ask: counted by key and minute in the cache."""

from __future__ import annotations

import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

WINDOW = 60


def seconds_to_wait(name: str) -> int:
    """Count one request; 0 while the minute has room, else how long until the next one.

    Nobody waits while the cache is down.
    """
    now = int(time.time())
    key = f"api:{name}:{now // WINDOW}"
    try:
        if cache.add(key, 1, 2 * WINDOW):
            return 0
        count = cache.incr(key)
    except (RedisError, ValueError):
        return 0
    return 0 if count <= settings.API_REQUESTS_PER_MINUTE else WINDOW - now % WINDOW
