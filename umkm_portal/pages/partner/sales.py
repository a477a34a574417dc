"""Reports of sales: the versions that came in, and the way in for the next one."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from partners.bazaars import services
from partners.bazaars.columns import EXAMPLES
from partners.models import Bazaar, SalesReport
from partners.space.files import SALES, files_of
from umkm_portal.common import money
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import downloads, nudging, profiles
from umkm_portal.imports.models import ImportFile
from umkm_portal.pages.partner.access import MANAGER, UPLOADER, PartnerRequest, partner_member
from umkm_portal.pages.partner.forms import ReportForm
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
    is_sent = request.method == "POST"
    form = ReportForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        bazaars=Bazaar.objects.filter(partner=request.partner).order_by("-starts_on", "-pk"),
        initial={"bazaar": request.GET.get("bazar")},
    )
    if is_sent and form.is_valid() and (file := _receive(request, form)):
        return redirect("partner:list", file.pk)
    status = 422 if form.errors else 200
    return render(request, "partners/sales_upload.html", {"form": form}, status=status)


def _receive(request: PartnerRequest, form: ReportForm) -> ImportFile | None:
    now, data = timezone.now(), form.cleaned_data
    try:
        name, blocks = form.source_for(profiles.get(SALES), now=now)
        file, is_new = services.receive_report(
            blocks,
            name=name,
            partner=request.partner,
            bazaar=data["bazaar"],
            uploader=request.user,
            now=now,
        )
    except SpreadsheetError as refusal:
        form.add_error("file" if data["file"] else "pasted", str(refusal))
        return None
    if not is_new:
        messages.info(request, "Berkas yang sama sudah pernah diunggah. Ini hasilnya.")
    nudging.nudge_on_commit(file)
    return file
