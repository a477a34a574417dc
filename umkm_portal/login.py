"""How people log in: the one extension point of allauth."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from participants.contacts.accounts import needs_proof
from umkm_portal.accounts.models import User
from umkm_portal.common.encryption import Cipher
from umkm_portal.pages.login.session import hold_for_proof

OWN_PAGE = "/saya/"


class PortalAccountAdapter(DefaultAccountAdapter):
    """Staff and partners are invited; owners register in the register's own pages."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff come to their desk, owners to their own page."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        try:
            resolve(OWN_PAGE)
        except Resolver404:
            return reverse("pages:home")
        return OWN_PAGE

    def pre_login(self, request: HttpRequest, user: User, **facts: object) -> HttpResponse | None:
        """Hold an owner whose phone must be proved again, whatever she logs in by."""
        response: HttpResponse | None = super().pre_login(request, user, **facts)
        if response is None and needs_proof(user, timezone.now()):
            hold_for_proof(request, user, next_page=str(facts.get("redirect_url") or ""))
            return redirect("login_phone")
        return response


class PortalMfaAdapter(DefaultMFAAdapter):
    """Second-factor secrets are kept encrypted like every other secret."""

    def encrypt(self, text: str) -> str:
        return Cipher("mfa").encrypt(text).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return Cipher("mfa").decrypt(bytes.fromhex(encrypted_text))
