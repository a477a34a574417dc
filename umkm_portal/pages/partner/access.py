"""Whose pages these are: the partner that this member acts for, and what she may do there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from partners.models import PARTNER_ROLES, Partner
from umkm_portal.accounts.models import Membership, User
from umkm_portal.pages.partner import second_factor

CHOSEN = "partner_chosen"
MANAGER, UPLOADER, READER = PARTNER_ROLES
NAVIGATION = (
    ("partner:lists", "Unggahan"),
    ("partner:calls", "Hasil kurasi"),
    ("partner:bazaars", "Bazar"),
    ("partner:downloads", "Unduhan"),
    ("partner:members", "Anggota"),
)
View = Callable[..., HttpResponse]


class PartnerRequest(HttpRequest):
    """A request of a member, as the views behind `partner_member` get it."""

    user: User
    partner: Partner
    partners: list[Partner]
    """All that she acts for."""
    roles: frozenset[str]
    is_manager: bool
    is_writer: bool
    """Whether she may upload and accept: managers and uploaders."""
    navigation: list[dict[str, object]]


def partner_member(
    *roles: Membership.Role, before_second_factor: bool = False
) -> Callable[[View], View]:
    """A page of the partner space, for members with one of the roles (none named: all three).

    The view finds `request.partner`, `request.roles` and `request.is_writer`. Strangers get 404
    as for an address that is not there, members without the role 403.
    """

    def decorate(view: View) -> View:
        @never_cache
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            _enter(request, cast(User, request.user))
            member = cast(PartnerRequest, request)
            if not before_second_factor and not second_factor.is_passed(
                request, member.user, now=timezone.now()
            ):
                asked = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('partner:security')}?{asked}")
            if roles and not member.roles & {*roles}:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def choose(request: HttpRequest, partner: Partner) -> None:
    request.session[CHOSEN] = partner.pk


def _enter(request: HttpRequest, user: User) -> None:
    """Note on the request whose pages she sees; 404 for whoever acts for no partner."""
    found = Partner.objects.of_member(user).select_related("organisation")
    partners = list(found.order_by("organisation__short_name", "pk"))
    if not partners:
        raise Http404
    chosen = request.session.get(CHOSEN)
    partner = next((one for one in partners if one.pk == chosen), partners[0])
    current = user.memberships.current().filter(organisation=partner.organisation_id)
    roles = frozenset(
        current.filter(role__in=PARTNER_ROLES).order_by("role").values_list("role", flat=True)
    )
    facts = {
        "partner": partner,
        "partners": partners,
        "roles": roles,
        "is_manager": MANAGER in roles,
        "is_writer": bool(roles & {MANAGER, UPLOADER}),
        "navigation": _navigation(request.path),
    }
    vars(request).update(facts)


def _navigation(path: str) -> list[dict[str, object]]:
    """Links to the sections that are built; the one we are in is marked."""
    links = []
    for name, label in NAVIGATION:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        links.append({"label": label, "url": url, "current": path.startswith(url)})
    return links
