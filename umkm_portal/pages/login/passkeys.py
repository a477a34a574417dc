"""Logging in with a passkey: the finger, face or PIN of a phone instead of a code."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from allauth.account.models import Login
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from umkm_portal.pages.login.forms import PasskeyLoginForm
from umkm_portal.pages.login.session import next_page_of

UNKNOWN = "Kunci perangkat ini tidak dikenal. Masuk dengan kode, lalu buat kunci baru."


def passkey_host() -> str:
    """The host that passkeys belong to; they open nothing anywhere else.

    A network address cannot have passkeys, except this machine's own by its name.
    """
    host = urlsplit(settings.PORTAL_URL).hostname or ""
    try:
        return "localhost" if ip_address(host).is_loopback else host
    except ValueError:
        return host


class PasskeyLogin(LoginWebAuthnView):
    """Gives a challenge to the script (GET) and logs in by its answer (POST)."""

    def form_valid(self, form: PasskeyLoginForm) -> HttpResponse:
        passkey = form.cleaned_data["credential"]
        login = Login(user=passkey.user, redirect_url=next_page_of(self.request) or None)
        answer: HttpResponse = perform_passwordless_login(self.request, passkey, login)
        return answer

    def form_invalid(self, form: PasskeyLoginForm) -> HttpResponse:
        messages.error(self.request, UNKNOWN)
        return redirect("account_login")


login = never_cache(PasskeyLogin.as_view())
