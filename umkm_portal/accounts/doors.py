"""The ways into an account besides codes: passkeys, and accounts elsewhere that are linked."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import QuerySet

from umkm_portal.accounts.models import User


def needs_second_factor(user: User) -> bool:
    """Whether this account opens more than its owner's own data: staff, partners, trainers."""
    return user.is_staff or user.memberships.current().exists()


def passkeys_of(user: User) -> QuerySet[Authenticator]:
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    found: QuerySet[Authenticator] = keys.order_by("pk")
    return found


def links_of(user: User) -> QuerySet[SocialAccount]:
    links = SocialAccount.objects.filter(user=user)
    found: QuerySet[SocialAccount] = links.order_by("pk")
    return found


def close_doors(user: User) -> int:
    """Leave codes as the only way in; return how many other ways were taken away.

    For an account that somebody else may have entered: she may have left a key of her own.
    """
    return passkeys_of(user).delete()[0] + links_of(user).delete()[0]
