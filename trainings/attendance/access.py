"""Who may keep the door of which session: the offices, the district it is held in, its trainers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache

from trainings.models import Assignment, Cohort, Session
from umkm_portal.accounts.models import Membership, User
from umkm_portal.regions.models import Region

BEFORE, AFTER = timedelta(hours=12), timedelta(hours=24)
"""Around a session its trainers may keep its door."""
EVERYWHERE = (Membership.Role.HEAD_OFFICE,)
IN_AREA = (Membership.Role.CITY_OFFICE, Membership.Role.DISTRICT)
View = Callable[..., HttpResponse]


def doors_of(user: User, *, now: datetime) -> QuerySet[Session]:
    """Sessions whose attendance this user may record, with cohort, training and venue.

    An office of a city or district has those held in its area and those held nowhere (online); a
    trainer her own, around the time they are held.
    """
    sessions = Session.objects.exclude(cohort__state=Cohort.State.DRAFT)
    sessions = sessions.select_related("cohort__training", "venue")
    if user.is_superuser:
        return sessions
    allowed = _as_trainer(user, now=now)
    if user.is_active and user.is_staff:
        for membership in user.memberships.current().select_related("region"):
            if membership.role in EVERYWHERE:
                return sessions
            if membership.role in IN_AREA:
                allowed |= _in_area(membership.region)
    return sessions.filter(allowed)


def doorkeeper(view: View) -> View:
    """A page of the door: 404 for whoever keeps none; the view gets `request.doors`."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not is_doorkeeper(user, now=timezone.now()):
            raise Http404
        if settings.STAFF_NEEDS_SECOND_FACTOR and not is_mfa_enabled(user):
            return redirect("mfa_activate_totp")
        return view(request, *args, **kwargs)

    return guarded


def is_doorkeeper(user: User, *, now: datetime) -> bool:
    """Whether the user keeps any door at all; offices do also on days without a session."""
    if user.is_superuser:
        return True
    roles = user.memberships.current().filter(role__in=[*EVERYWHERE, *IN_AREA])
    return (user.is_staff and roles.exists()) or doors_of(user, now=now).exists()


def _as_trainer(user: User, *, now: datetime) -> Q:
    """Sessions this user teaches at this time, unless she declined."""
    own = Assignment.objects.filter(trainer__account=user)
    own = own.exclude(state=Assignment.State.DECLINED)
    around = Q(starts_at__lte=now + BEFORE, ends_at__gte=now - AFTER)
    return around & Q(pk__in=own.values("session"))


def _in_area(region: Region | None) -> Q:
    if region is None:
        return Q(pk__isnull=False)
    nowhere = Q(venue__isnull=True) | Q(venue__region__isnull=True)
    return nowhere | Q(venue__region__in=Region.objects.within(region))
