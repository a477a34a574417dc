"""Counting failed attempts per network address, so that codes cannot be guessed by trying.

Only failures count: many people of one office or one mobile network share an address.
"""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

LIMIT = 20
SECONDS = 600


def are_exhausted(name: str, request: HttpRequest) -> bool:
    """Tell whether this address failed too often lately; no when the cache is down."""
    try:
        return cache.get(_key(name, request), 0) >= LIMIT
    except RedisError:
        return False


def count_failure(name: str, request: HttpRequest) -> None:
    """Remember one failure for ten minutes from the first of a row."""
    key = _key(name, request)
    try:
        if not cache.add(key, 1, SECONDS):
            cache.incr(key)
    except (RedisError, ValueError):
        # ValueError: the key expired between the two calls; nothing to remember then.
        return


def address_of(request: HttpRequest) -> str:
    """The network address of the visitor, seen through the trusted proxies only."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies].strip()
    return request.META.get("REMOTE_ADDR", "")


def _key(name: str, request: HttpRequest) -> str:
    return f"attempts:{name}:{address_of(request)}".replace(" ", "")
