"""The calls of a partner, and what it decided in them."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from partners.models import CurationCall
from partners.space import overview, results
from partners.space.files import calls_of
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import downloads
from umkm_portal.pages.partner.access import PartnerRequest, partner_member
from umkm_portal.reports.sessions import sessions_of

PAGE = 50


@require_safe
@partner_member()
def calls(request: PartnerRequest) -> HttpResponse:
    context = {
        "lines": overview.call_lines(request.partner, now=timezone.now()),
        "funnel": overview.funnel(request.partner),
        "sessions": sessions_of([request.partner], now=timezone.now()),
    }
    return render(request, "partners/calls.html", context)


@require_safe
@partner_member()
def call(request: PartnerRequest, slug: str) -> HttpResponse:
    """One call: the versions sent in, and the rows of the current one page by page."""
    found = _call(request, slug)
    current = results.current_of(found)
    rows = []
    if current:
        after = whole_in(request.GET.get("setelah", ""))
        first = -1 if after is None else after
        rows = list(results.rows_of(current).filter(row_no__gt=first)[: PAGE + 1])
    context = {
        "call": found,
        "is_open": found.is_open(now=timezone.now()),
        "versions": results.versions_of(found),
        "current": current,
        "rows": rows[:PAGE],
        "next": rows[PAGE - 1].row_no if len(rows) > PAGE else None,
    }
    return render(request, "partners/call.html", context)


@require_safe
@partner_member()
def call_rows(request: PartnerRequest, slug: str) -> HttpResponse:
    """The current rows as a spreadsheet."""
    current = results.current_of(_call(request, slug))
    if current is None:
        raise Http404
    write = partial(write_xlsx, header=results.HEADER, rows=results.cells_of(current))
    return downloads.spreadsheet(write, f"hasil-{slug}-versi-{current.version}.xlsx")


def _call(request: PartnerRequest, slug: str) -> CurationCall:
    return get_object_or_404(calls_of(request.partner), slug=slug)
