"""Keys of partners' systems: made by a manager, shown once, known by their digest only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from partners.models import ApiToken, Partner
from umkm_portal.accounts.models import User

PREFIX = "jkp_"
"""Marks a key of ours, so that scanners of source code find one that was left lying about."""
SECRET_BYTES = 32
LIFETIMES = (30, 90, 180, 365)
"""Days that a key may live; there is none without an end."""
MOST_LIVE = 10
USED_EVERY = timedelta(minutes=1)


class TokenRefused(Exception):
    """Not possible; the message is an Indonesian sentence that says what to do."""


@transaction.atomic
@sensitive_variables("secret")
def make_token(
    partner: Partner,
    *,
    name: str,
    scopes: Collection[str],
    days: int,
    by: User | None,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Make a key and return (row, key): the key itself is kept nowhere.

    Raises TokenRefused: without name, scope or end, the name of another live key, too many keys.
    """
    name = " ".join(name.split())[:80]
    unknown = {*scopes} - {*ApiToken.Scope.values}
    if not name or not scopes or unknown or days not in LIFETIMES:
        raise TokenRefused("Isi nama kunci, pilih paling sedikit satu hak, dan masa berlakunya.")
    Partner.objects.select_for_update().get(pk=partner.pk)
    live = ApiToken.objects.valid(now=now).filter(partner=partner)
    if live.filter(name__iexact=name).exists():
        raise TokenRefused(f"Kunci bernama {name} masih berlaku. Pilih nama lain.")
    if live.count() >= MOST_LIVE:
        raise TokenRefused(f"Paling banyak {MOST_LIVE} kunci. Cabut yang tidak dipakai lagi.")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(
        partner=partner,
        name=name,
        digest=digest_of(secret),
        scopes=[scope for scope in ApiToken.Scope.values if scope in scopes],
        made_by=by,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token, secret


def revoke_token(token: ApiToken, *, now: datetime) -> bool:
    """Close a key at once; tell whether it was open until now."""
    return bool(ApiToken.objects.valid(now=now).filter(pk=token.pk).update(revoked_at=now))


@sensitive_variables("secret")
def find_token(secret: str, *, now: datetime) -> ApiToken | None:
    """The live key with this secret, of a partner that still works with the dinas."""
    digest = digest_of(secret)
    live = ApiToken.objects.valid(now=now).filter(partner__organisation__is_active=True)
    token = live.select_related("partner__organisation", "made_by").filter(digest=digest).first()
    is_hers = hmac.compare_digest(token.digest if token else "", digest)
    return token if is_hers else None


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember when a key was used last, at most once a minute."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


@sensitive_variables("secret")
def digest_of(secret: str) -> str:
    """A plain hash is enough: 256 random bits cannot be guessed from it."""
    return hashlib.sha256(secret.encode()).hexdigest()
