"""Opening and ending the sessions of an account."""

from __future__ import annotations

from allauth.account.utils import perform_login
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from umkm_portal.accounts.models import User


def log_in(request: HttpRequest, user: User, *, next_page: str = "") -> HttpResponse:
    """Log in somebody who proved who she is; the answer leads on, or to a second factor first.

    Through allauth's flow, so that its stages (closed account, second factor, list of sessions)
    apply. `next_page` must be checked; without it the account's usual page follows.
    """
    return perform_login(request, user, email_verification="none", redirect_url=next_page or None)


def end_sessions(user: User) -> int:
    """End every login of an account everywhere; return how many were known."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    if not user.has_usable_password():
        # Every session carries a digest of this column: those that nobody listed die, too.
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return len(sessions)
