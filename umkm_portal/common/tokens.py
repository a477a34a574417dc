"""Short signed tokens for links: a UUID that proves its own purpose, 40 characters.

A token of one purpose is worth nothing for another. Old secrets (SECRET_KEY_FALLBACKS) still open
old links.
"""

import base64
import binascii
import hmac
import uuid
from functools import lru_cache
from hashlib import sha256

from django.conf import settings

_SALT = "umkm_portal.common.tokens"
_SIGNATURE_BYTES = 14
"""16 + 14 bytes fill 40 characters exactly, so a token has one spelling only."""
_LENGTH = 40


class BadToken(ValueError):
    """The token was not made here for this purpose."""


def sign(purpose: str, value: uuid.UUID) -> str:
    """Return the token of `value` for `purpose`: 40 url-safe characters."""
    signed = value.bytes + _signature(settings.SECRET_KEY, purpose, value.bytes)
    return base64.urlsafe_b64encode(signed).decode()


def unsign(purpose: str, token: str) -> uuid.UUID:
    """Return the UUID in the token; raise BadToken unless it was signed for `purpose`."""
    if len(token) != _LENGTH or not token.isascii():
        raise BadToken("wrong length")
    try:
        signed = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        raise BadToken("not base64") from None
    value, signature = signed[:16], signed[16:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(signature, _signature(secret, purpose, value)):
            return uuid.UUID(bytes=value)
    raise BadToken("wrong signature")


def _signature(secret: str, purpose: str, value: bytes) -> bytes:
    return hmac.digest(_key(secret, purpose), value, "sha256")[:_SIGNATURE_BYTES]


@lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    """Return the key of one purpose, derived from the secret."""
    return hmac.digest(secret.encode(), f"{_SALT}:{purpose}".encode(), sha256)
