"""Reports of sales: the versions that came in, and the way in for the next one."""

from __future__ import annotations

from functools import partial

from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from partners.bazaars import services
from partners.bazaars.columns import EXAMPLES
from partners.models import Bazaar, SalesReport
from partners.space.files import SALES, files_of
from umkm_portal.common import money
from umkm_portal.imports import downloads, profiles
from umkm_portal.imports.models import ImportFile
from umkm_portal.pages.partner.access import MANAGER, UPLOADER, PartnerRequest, partner_member
from umkm_portal.pages.partner.forms import ReportForm
from umkm_portal.pages.partner.receiving import answer_upload, sent
from umkm_portal.reports.funnel import funnel_of

SHOWN = 50


@require_safe
@partner_member()
def sales(request: PartnerRequest) -> HttpResponse:
    found = SalesReport.objects.filter(partner=request.partner, stored_at__isnull=False)
    reports = found.select_related("bazaar", "accepted_by").annotate(
        people=Count("rows__participant", distinct=True), amount=Sum("rows__amount")
    )
    waiting = files_of(request.partner, profile=SALES).exclude(state__in=ImportFile.FINAL)
    context = {
        "reports": [
            (report, money.format_rupiah(report.amount or 0))
            for report in reports.order_by("-pk")[:SHOWN]
        ],
        "waiting": waiting.order_by("-pk")[:SHOWN],
        "funnel": funnel_of([request.partner])[0].steps(),
    }
    return render(request, "partners/sales.html", context)


@require_safe
@partner_member()
def example(request: PartnerRequest) -> HttpResponse:
    return downloads.example_of(profiles.get(SALES), keys=EXAMPLES)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_member(MANAGER, UPLOADER)
def upload(request: PartnerRequest) -> HttpResponse:
    form = ReportForm(
        *sent(request),
        bazaars=Bazaar.objects.filter(partner=request.partner).order_by("-starts_on", "-pk"),
        initial={"bazaar": request.GET.get("bazar")},
    )
    keep = partial(services.receive_report, partner=request.partner)
    template = "partners/sales_upload.html"
    return answer_upload(request, form, profile=SALES, keep=keep, template=template)
