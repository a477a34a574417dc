"""Whoever sends a form about a record in the very instant that it is merged is told so."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from participants.models.living import is_refusal

TOLD = 409


class LatecomerMiddleware:
    """Nothing was saved; the page says to open the record again, which leads to the joined one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, IntegrityError) and is_refusal(error):
            return HttpResponse(render_to_string("409.html"), status=TOLD)
        return None
