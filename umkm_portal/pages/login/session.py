"""What the browser that logs in has asked for, kept in its session until it is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from participants.contacts import Contact
from umkm_portal.accounts.models import User

_LOGIN, _PROOF, _SINCE, _WAY = "login_contact", "login_proof", "login_at", "login_way"


@dataclass(frozen=True)
class Asked:
    """A code was asked for this contact; `next` is the page to go to after, or empty."""

    contact: Contact
    next: str


def remember(request: HttpRequest, contact: Contact, *, next_page: str) -> None:
    request.session[_LOGIN] = [contact.kind, contact.value, next_page]


def asked(request: HttpRequest) -> Asked | None:
    found = request.session.get(_LOGIN)
    return Asked(Contact(found[0], found[1]), found[2]) if found else None


def forget(request: HttpRequest) -> None:
    for name in (_LOGIN, _PROOF):
        request.session.pop(name, None)


def hold_for_proof(request: HttpRequest, user: User, *, next_page: str) -> None:
    """Whoever logs in proved an address, but not yet the phone number of her account."""
    request.session[_PROOF] = [user.pk, next_page]


def held_for_proof(request: HttpRequest) -> tuple[User, str] | None:
    """The account that waits for its phone to be proved, and the page to go to after."""
    pk, next_page = request.session.get(_PROOF) or (0, "")
    user = User.objects.filter(pk=pk, is_active=True).exclude(phone=None).first()
    return (user, next_page) if user else None


def note_way(request: HttpRequest, contact: Contact) -> None:
    request.session[_WAY] = contact.kind


def came_by(request: HttpRequest) -> str:
    """`phone` or `email`: what a code proved at this login, or empty."""
    return str(request.session.get(_WAY, ""))


def note_login_time(request: HttpRequest, *, now: datetime) -> None:
    request.session[_SINCE] = now.timestamp()


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether the login is so young that it is still she who holds the phone.

    Who finds a phone or PC logged in may look, but not make a key to come back with.
    """
    since = request.session.get(_SINCE, 0)
    return now.timestamp() - since < settings.PASSKEY_FRESHNESS.total_seconds()


def next_page_of(request: HttpRequest) -> str:
    """The page of this portal that `?next=` names, or empty."""
    page = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if is_ours else ""
