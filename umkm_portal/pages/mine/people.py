"""Whose pages these are: the person of this account that was chosen last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from participants.activity import record_activity
from participants.models import Participant, ParticipantQuerySet
from umkm_portal.accounts.models import User

CHOSEN = "mine_person"
SEEN = "mine_seen"
View = Callable[..., HttpResponse]


def people_of(request: HttpRequest) -> ParticipantQuerySet:
    """The living records of this account: nobody else's are ever looked at."""
    return account_of(request).participants.living().order_by("pk")


def account_of(request: HttpRequest) -> User:
    """The account that is logged in; the views ask for it behind `login_required`."""
    if not isinstance(request.user, User):
        raise TypeError("nobody is logged in")
    return request.user


def chosen_person(request: HttpRequest) -> Participant | None:
    """The chosen person of this account, else its first one; None for an account without people."""
    people = list(people_of(request).select_related("region__parent").defer("nik", "search"))
    chosen = request.session.get(CHOSEN)
    return next((person for person in people if person.pk == chosen), next(iter(people), None))


def choose(request: HttpRequest, person: Participant) -> None:
    request.session[CHOSEN] = person.pk


def for_person(view: View) -> View:
    """A page of one person: `view(request, person, ...)`; who has none is told what to do."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = chosen_person(request)
        if person is None:
            return redirect("mine:home")
        _note_use(request, person, now=timezone.now())
        return view(request, person, *args, **kwargs)

    return guarded


def _note_use(request: HttpRequest, person: Participant, *, now: datetime) -> None:
    """Looking at her pages counts as activity, once a day."""
    today = f"{person.pk} {timezone.localdate(now)}"
    if request.session.get(SEEN) != today:
        request.session[SEEN] = today
        record_activity([person.pk], at=now)
