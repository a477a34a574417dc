"""The first page of the partner space."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from partners.space import overview
from umkm_portal.imports.pages import progress_of
from umkm_portal.pages.partner.access import PartnerRequest, partner_member


@require_safe
@partner_member()
def home(request: PartnerRequest) -> HttpResponse:
    now, partner = timezone.now(), request.partner
    busy = overview.busy_files(partner)
    context = {
        "waiting": overview.waiting_files(partner),
        "jobs": [(file, progress_of(file)) for file in busy],
        "lines": overview.call_lines(partner, now=now),
        "funnel": overview.funnel(partner),
    }
    return render(request, "partners/home.html", context)
