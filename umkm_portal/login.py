"""How people log in: the one extension point of allauth."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import Provider
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from participants.contacts.accounts import needs_proof
from partners.models import Partner
from umkm_portal.accounts.doors import needs_second_factor, passkeys_of
from umkm_portal.accounts.models import User
from umkm_portal.common.encryption import Cipher
from umkm_portal.pages.login import social
from umkm_portal.pages.login.passkeys import passkey_host
from umkm_portal.pages.login.session import hold_for_proof, note_login_time

OWN_PAGE = "/saya/"


class PortalAccountAdapter(DefaultAccountAdapter):
    """Staff and partners are invited; owners register in the register's own pages."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff come to their desk, partners to their space, owners to their own page."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        if isinstance(request.user, User) and Partner.objects.of_member(request.user).exists():
            return reverse("partner:home")
        try:
            resolve(OWN_PAGE)
        except Resolver404:
            return reverse("pages:home")
        return OWN_PAGE

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        note_login_time(request, now=timezone.now())

    def pre_login(self, request: HttpRequest, user: User, **facts: object) -> HttpResponse | None:
        """Hold an owner whose phone must be proved again, whatever she logs in by."""
        response: HttpResponse | None = super().pre_login(request, user, **facts)
        if response is None and needs_proof(user, timezone.now()):
            hold_for_proof(request, user, next_page=str(facts.get("redirect_url") or ""))
            return redirect("login_phone")
        return response


class PortalMfaAdapter(DefaultMFAAdapter):
    """Second-factor secrets are kept encrypted like every other secret."""

    def is_mfa_enabled(
        self, user: User | AnonymousUser, types: Collection[str] | None = None
    ) -> bool:
        """Whether a second factor is asked for; an owner's passkey is a door, not a second lock."""
        wanted = set(types or Authenticator.Type.values)
        if isinstance(user, User) and not needs_second_factor(user):
            wanted.discard(Authenticator.Type.WEBAUTHN)
        enabled: bool = super().is_mfa_enabled(user, types=wanted)
        return enabled

    def generate_authenticator_name(self, user: User, type: str) -> str:
        return f"Perangkat {passkeys_of(user).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": passkey_host(), "name": "Jakpreneur"}

    def encrypt(self, text: str) -> str:
        return Cipher("mfa").encrypt(text).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return Cipher("mfa").decrypt(bytes.fromhex(encrypted_text))


class PortalSocialAdapter(DefaultSocialAccountAdapter):
    """allauth talks to Google and TikTok; what their answer opens is decided by our own pages."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        raise ImmediateHttpResponse(social.enter(request, sociallogin, now=timezone.now()))

    def on_authentication_error(
        self, request: HttpRequest, provider: Provider, **facts: object
    ) -> NoReturn:
        raise ImmediateHttpResponse(social.give_up(request, provider.id))
