"""The ways into her account: codes always, passkeys and linked accounts if she likes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.internal.flows import delete_and_cleanup, post_authentication
from allauth.mfa.recovery_codes.internal.flows import auto_generate_recovery_codes
from allauth.mfa.webauthn.internal.auth import WebAuthn, begin_registration
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from umkm_portal.accounts.doors import links_of, needs_second_factor, passkeys_of
from umkm_portal.pages.login.forms import PasskeyForm
from umkm_portal.pages.login.passkeys import passkey_host
from umkm_portal.pages.login.session import is_fresh
from umkm_portal.pages.login.social import TIKTOK, let_forms_lead_to
from umkm_portal.pages.mine.people import account_of, chosen_person
from umkm_portal.pages.partner import second_factor

MOST = 10
"""Passkeys of one account; a login looks at all of them."""
STALE = "Untuk mengubah cara masuk, masuk lagi dahulu."
View = Callable[..., HttpResponse]


def behind_fresh_login(view: View) -> View:
    """A change of the ways in: soon after a login only."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_fresh(request, now=timezone.now()):
            messages.error(request, STALE)
            return redirect("mine:doors")
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@never_cache
@login_required
def doors(request: HttpRequest) -> HttpResponse:
    return _page(request, PasskeyForm(user=account_of(request)))


@require_POST
@second_factor.first
@behind_fresh_login
def add_passkey(request: HttpRequest) -> HttpResponse:
    account = account_of(request)
    form = PasskeyForm(request.POST, user=account)
    if passkeys_of(account).count() >= MOST:
        messages.error(request, f"Paling banyak {MOST} kunci. Lepas satu yang tidak dipakai lagi.")
        return redirect("mine:doors")
    if not form.is_valid():
        messages.error(request, "Kunci tidak tersimpan. Tekan Buat kunci sekali lagi.")
        return redirect("mine:doors")
    key = WebAuthn.add(account, form.cleaned_data["name"], form.cleaned_data["credential"])
    post_authentication(request, key.instance, reauthenticated=True)
    messages.success(request, "Kunci perangkat tersimpan. Anda bisa masuk tanpa kode.")
    if needs_second_factor(account) and auto_generate_recovery_codes(request):
        return redirect("mfa_view_recovery_codes")
    return redirect("mine:doors")


@require_POST
@behind_fresh_login
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    delete_and_cleanup(request, get_object_or_404(passkeys_of(account_of(request)), pk=pk))
    messages.success(request, "Kunci perangkat dilepas. Kunci itu tidak bisa dipakai lagi.")
    return redirect("mine:doors")


@require_POST
@behind_fresh_login
def unlink_tiktok(request: HttpRequest) -> HttpResponse:
    links_of(account_of(request)).filter(provider=TIKTOK).delete()
    messages.success(request, "TikTok dilepas. Akun TikTok itu tidak bisa dipakai masuk lagi.")
    return redirect("mine:doors")


def _page(request: HttpRequest, form: PasskeyForm) -> HttpResponse:
    account = account_of(request)
    can_change = is_fresh(request, now=timezone.now())
    has_tiktok = TIKTOK in settings.SOCIALACCOUNT_PROVIDERS
    context = {
        "account": account,
        "mine": chosen_person(request),
        "form": form,
        "keys": [(key, key.wrap().name) for key in passkeys_of(account)],
        "can_change": can_change,
        "minutes": settings.PASSKEY_FRESHNESS.seconds // 60,
        "options": begin_registration(account, True) if can_change else None,
        "passkey_host": passkey_host(),
        "has_tiktok": has_tiktok,
        "tiktok": links_of(account).filter(provider=TIKTOK).first() if has_tiktok else None,
        "home": get_adapter().get_login_redirect_url(request),
    }
    response = render(request, "pages/mine/doors.html", context)
    return let_forms_lead_to(response, [TIKTOK] if has_tiktok else [])
