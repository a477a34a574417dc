"""Google and TikTok as doors: the one proves an email address, the other opens a link made before.

Google is believed like a code that was typed: nothing about the Google account is kept. TikTok
tells no address, so an account of it opens only what its owner has linked to it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.tiktok import views as tiktok
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from participants.contacts import Contact, ContactError, parse_contact
from participants.contacts.accounts import account_for, claim_records
from umkm_portal.accounts.doors import links_of, needs_second_factor
from umkm_portal.accounts.models import User
from umkm_portal.accounts.sessions import log_in
from umkm_portal.pages.login.session import is_fresh

View = Callable[..., HttpResponse]
GOOGLE, TIKTOK = "google", "tiktok"
NAMES = {GOOGLE: "Google", TIKTOK: "TikTok"}
_ADAPTERS = {GOOGLE: google.GoogleOAuth2Adapter, TIKTOK: tiktok.TikTokOAuth2Adapter}
_STARTS = {GOOGLE: google.oauth2_login, TIKTOK: tiktok.oauth2_login}
_RETURNS = {GOOGLE: google.oauth2_callback, TIKTOK: tiktok.oauth2_callback}
NOT_LINKED = "Akun TikTok ini belum terhubung: masuk dulu dengan nomor HP, lalu hubungkan TikTok."
NOT_VERIFIED = "Google belum memeriksa email akun itu. Masuk dengan kode ke HP atau email."
STAFF_FIRST = "Petugas dan mitra masuk dengan kode dulu, lalu memasang pengaman kedua."


def social_doors() -> list[tuple[str, str]]:
    """The providers that have keys: address name and what people call them."""
    return [(name, NAMES[name]) for name in NAMES if name in settings.SOCIALACCOUNT_PROVIDERS]


def let_forms_lead_to(response: HttpResponse, names: list[str]) -> HttpResponse:
    """Allow the buttons of this page to end at these providers; nothing is loaded from them."""
    if names:
        pages = [urlsplit(_ADAPTERS[name].authorize_url) for name in names]
        sites = [f"{page.scheme}://{page.netloc}" for page in pages]
        response._csp_update = {"form-action": sites}  # type: ignore[attr-defined]
    return response


def start(provider: str) -> View:
    """The button's view: away to the provider. No page where its keys are missing."""
    return _where_keys_are(provider, require_POST(_STARTS[provider]))


def come_back(provider: str) -> View:
    """Where the provider sends people back to; allauth then asks `enter`."""
    return _where_keys_are(provider, require_safe(_RETURNS[provider]))


def enter(request: HttpRequest, found: SocialLogin, *, now: datetime) -> HttpResponse:
    """What an answer of the provider opens."""
    provider = found.account.provider
    if found.is_existing and isinstance(found.user, User):
        _keep_link(found.user, found)  # allauth has just written all that TikTok told
    if found.state.get("process") == AuthProcess.CONNECT:
        return _link(request, found, now=now)
    if request.user.is_authenticated:
        return redirect(get_adapter().get_login_redirect_url(request))
    if provider == GOOGLE:
        return _enter_by_email(request, found, now=now)
    if provider == TIKTOK and found.is_existing and isinstance(found.user, User):
        return _come_in(request, found.user, found)
    messages.info(request, NOT_LINKED)
    return redirect("account_login")


def give_up(request: HttpRequest, provider: str) -> HttpResponse:
    """Cancelled there, or their answer makes no sense."""
    name = NAMES.get(provider, "")
    messages.error(request, f"{name} tidak jadi dipakai. Coba lagi, atau pakai kode.")
    return redirect("mine:doors" if request.user.is_authenticated else "account_login")


def _enter_by_email(request: HttpRequest, found: SocialLogin, *, now: datetime) -> HttpResponse:
    contact = _proved(found)
    if contact is None:
        messages.error(request, NOT_VERIFIED)
        return redirect("account_login")
    user = account_for(contact, now=now)
    return _come_in(request, user, found, contact)


def _proved(found: SocialLogin) -> Contact | None:
    """The address that the provider has verified."""
    for address in found.email_addresses:
        if address.verified:
            try:
                return parse_contact(address.email)
            except ContactError:
                return None
    return None


def _come_in(
    request: HttpRequest, user: User, found: SocialLogin, contact: Contact | None = None
) -> HttpResponse:
    if needs_second_factor(user) and not is_mfa_enabled(user):
        messages.error(request, STAFF_FIRST)
        return redirect("account_login")
    if contact:
        claim_records(user, contact)
    return log_in(request, user, next_page=found.state.get("next") or "")


def _link(request: HttpRequest, found: SocialLogin, *, now: datetime) -> HttpResponse:
    """Link an account of TikTok to whoever is logged in; one, and to one account only."""
    user, account = request.user, found.account
    if not isinstance(user, User) or account.provider != TIKTOK:
        return give_up(request, account.provider)
    if not is_fresh(request, now=now):
        messages.error(request, "Masuk lagi, lalu hubungkan TikTok.")
    elif found.is_existing and found.user != user:
        messages.error(request, "Akun TikTok ini sudah terhubung ke akun lain di portal ini.")
    elif links_of(user).filter(provider=TIKTOK).exclude(uid=account.uid).exists():
        messages.error(request, "Lepas dulu akun TikTok yang sekarang terhubung.")
    else:
        _keep_link(user, found)
        messages.success(request, "TikTok terhubung. Anda bisa masuk dengan TikTok.")
    return redirect("mine:doors")


def _keep_link(user: User, found: SocialLogin) -> None:
    name = str(found.account.extra_data.get("display_name") or "")[:100]
    type(found.account).objects.update_or_create(
        provider=TIKTOK,
        uid=found.account.uid,
        user=user,
        defaults={"extra_data": {"display_name": name}},
    )


def _where_keys_are(provider: str, view: View) -> View:
    @never_cache
    def guarded(request: HttpRequest) -> HttpResponse:
        if provider not in settings.SOCIALACCOUNT_PROVIDERS:
            raise Http404
        return view(request)

    return guarded
