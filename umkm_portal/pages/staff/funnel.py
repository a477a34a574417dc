"""The page of the dinas: how far each partner brought people, from invited to sold."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from partners.models import Partner
from umkm_portal.accounts.models import User
from umkm_portal.common import bars
from umkm_portal.reports.funnel import STEPS, funnel_of
from umkm_portal.reports.sessions import sessions_of

PERMISSION = "partners.view_salesreport"


@require_safe
def funnel(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or not user.has_perm(PERMISSION):
        raise PermissionDenied
    partners = Partner.objects.for_user(user).select_related("organisation")
    found = list(partners.order_by("organisation__short_name", "pk"))
    context = {
        **admin.site.each_context(request),
        "title": "Dari diundang sampai berjualan",
        "steps": STEPS,
        "counted_at": timezone.now(),
        "lines": [(line, _with_bars(line.counts)) for line in funnel_of(found)],
        "sessions": sessions_of(found, now=timezone.now()),
    }
    return TemplateResponse(request, "staff/partner_funnel.html", context)


def _with_bars(counts: Sequence[int]) -> list[tuple[str, int, bars.Bar]]:
    """Each step with its count and a bar of it; the largest one is whole."""
    most = max(counts)
    return [
        (step, count, bars.draw([("green", "orang", count)], total=most))
        for step, count in zip(STEPS, counts, strict=True)
    ]
