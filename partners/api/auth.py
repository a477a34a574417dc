"""Who asks: the key in the Authorization header, what it may do, and how often."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from ninja.security import HttpBearer

from partners.api.limits import seconds_to_wait
from partners.api.problems import Problem
from partners.api.tokens import find_token, note_use
from partners.models import ApiToken
from umkm_portal.common import attempts

ATTEMPTS = "api_token"
LONGEST = 200
NO_KEY = "Sertakan kunci API: Authorization: Bearer jkp_…"
WRONG_KEY = "Kunci API ini salah, dicabut, atau habis masa berlakunya. Minta kunci baru."


class ApiRequest(HttpRequest):
    """A request behind `BearerToken`, as the views get it."""

    auth: ApiToken


class BearerToken(HttpBearer):
    """A key with one scope.

    A right key is let in whatever others behind the same address try: it cannot be guessed.
    """

    def __init__(self, scope: ApiToken.Scope) -> None:
        super().__init__()
        self.scope = scope

    @sensitive_variables()
    def __call__(self, request: HttpRequest) -> ApiToken:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != self.openapi_scheme or not secret.strip():
            raise _unauthorised(NO_KEY)
        return self.authenticate(request, secret.strip())

    @sensitive_variables()
    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        now = timezone.now()
        found = find_token(token, now=now) if len(token) <= LONGEST else None
        if found is None:
            raise _refused(request)
        if wait := seconds_to_wait(f"token-{found.pk}"):
            raise _too_often(wait)
        if self.scope not in found.scopes:
            raise Problem(403, f"Kunci ini tidak punya hak {self.scope.value}. Buat kunci lain.")
        note_use(found, now=now)
        return found


def needs(scope: ApiToken.Scope) -> dict[str, Any]:
    """What an operation says to ask for a key with this scope, also in its document."""
    return {"auth": BearerToken(scope), "openapi_extra": {"x-scope": scope.value}}


def _refused(request: HttpRequest) -> Problem:
    if attempts.are_exhausted(ATTEMPTS, request):
        return _too_often(attempts.SECONDS)
    attempts.count_failure(ATTEMPTS, request)
    return _unauthorised(WRONG_KEY)


def _unauthorised(detail: str) -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="jakpreneur"'})


def _too_often(seconds: int) -> Problem:
    return Problem(
        429,
        f"Terlalu banyak permintaan. Coba lagi dalam {seconds} detik.",
        headers={"Retry-After": str(seconds)},
    )
