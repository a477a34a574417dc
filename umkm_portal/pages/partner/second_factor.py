"""The second lock of the partner space: a code by email, or what she has set up herself.

Practice data asks for none. Who has an authenticator or a passkey was asked for it at the login;
everybody else types a code from another message than the one she logged in by, where she has one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from participants.contacts import Contact, check_code, send_code
from partners.models import Partner
from umkm_portal.accounts.models import User
from umkm_portal.common.attempts import address_of
from umkm_portal.pages.login.session import came_by

PURPOSE = "mitra"
LASTS = timedelta(hours=12)
_PASSED = "partner_code_passed"
View = Callable[..., HttpResponse]


def is_passed(request: HttpRequest, user: User, *, now: datetime) -> bool:
    if not settings.STAFF_NEEDS_SECOND_FACTOR or is_mfa_enabled(user):
        return True
    pk, at = request.session.get(_PASSED, (0, 0))
    return bool(pk == user.pk and now.timestamp() - at < LASTS.total_seconds())


def first(view: View) -> View:
    """Guard a page where locks are made: a member passes the code before she makes her own.

    Otherwise the first code alone would be enough to make the second lock.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and not is_passed(request, user, now=timezone.now()):
            is_member = Partner.objects.of_member(user).exists()
            if is_member and not user.is_staff:
                return redirect("partner:security")
        return view(request, *args, **kwargs)

    return guarded


def contact_for(request: HttpRequest, user: User) -> Contact | None:
    """Where the code goes: her email, or her phone when she logged in by email and has one."""
    phone = Contact("phone", user.phone) if user.phone and user.phone_verified_at else None
    email = Contact("email", user.email) if user.email else None
    if came_by(request) == "email":
        return phone or email
    return email or phone


def send(request: HttpRequest, contact: Contact, *, now: datetime) -> None:
    """Raises CodeRefused."""
    send_code(contact, purpose=PURPOSE, network=address_of(request), now=now)


def take(request: HttpRequest, contact: Contact, typed: str, *, now: datetime) -> None:
    """Let this login in for twelve hours; raises CodeWrong."""
    check_code(contact, typed, purpose=PURPOSE, now=now)
    request.session[_PASSED] = [request.user.pk, now.timestamp()]
