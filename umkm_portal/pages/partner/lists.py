"""Files of a partner: send one, match columns, look at what it will do, accept, receipt."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.bazaars import services as sales
from partners.curation import services as curation
from partners.curation.columns import EXAMPLES
from partners.models import CurationList, SalesReport
from partners.space.files import CURATION, SALES, call_of, calls_of, files_of
from partners.space.results import changes_of
from umkm_portal.common.numbers import whole_in
from umkm_portal.imports import downloads, nudging, pages, profiles, services
from umkm_portal.imports.corrections import take_corrections
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.telling import note_seen
from umkm_portal.pages.partner.access import MANAGER, UPLOADER, PartnerRequest, partner_member
from umkm_portal.pages.partner.forms import ColumnsForm, ListForm
from umkm_portal.pages.partner.receiving import answer_upload, sent

PAGE = 20
State = ImportFile.State
writer = partner_member(MANAGER, UPLOADER)


@require_safe
@partner_member()
def lists(request: PartnerRequest) -> HttpResponse:
    """All files sent in, the newest first."""
    files = files_of(request.partner).select_related("uploader").order_by("-pk")
    before = whole_in(request.GET.get("sebelum", ""))
    if before is not None:
        files = files.filter(pk__lt=before)
    shown = list(files[: PAGE + 1])
    context = {
        "files": [(file, pages.progress_of(file)) for file in shown[:PAGE]],
        "next": shown[PAGE - 1].pk if len(shown) > PAGE else None,
    }
    return render(request, "partners/lists.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@writer
def upload(request: PartnerRequest) -> HttpResponse:
    calls = calls_of(request.partner).order_by("-opens_at", "-pk")
    form = ListForm(*sent(request), calls=calls, initial={"call": request.GET.get("kurasi")})
    keep, template = curation.receive_list, "partners/upload.html"
    return answer_upload(request, form, profile=CURATION, keep=keep, template=template)


@require_safe
@partner_member()
def example(request: PartnerRequest) -> HttpResponse:
    return downloads.example_of(profiles.get(CURATION), keys=EXAMPLES)


@require_safe
@partner_member()
def show(request: PartnerRequest, pk: int) -> HttpResponse:
    """One file, whatever it waits for; the poller asks for its inside only."""
    file = _file(request, pk)
    note_seen(file, now=timezone.now())
    return _show(request, file)


@require_safe
@writer
def problem_rows(request: PartnerRequest, pk: int) -> HttpResponse:
    return downloads.problem_rows_of(_file(request, pk))


@require_POST
@writer
def match(request: PartnerRequest, pk: int) -> HttpResponse:
    """Take the columns as chosen; a refusal shows them again as they were chosen."""
    file = _file(request, pk)
    form = ColumnsForm(
        request.POST,
        profile=profiles.get(file.profile),
        headings=pages.headings_of(file),
        mapping=file.mapping,
    )
    if not form.is_valid():
        return _show(request, file, refusal="Pilihan kolom tidak dikenal. Pilih dari daftar.")
    try:
        services.set_mapping(file, form.mapping(), now=timezone.now())
    except services.NotNow as refusal:
        return _show(request, file, form=form, refusal=str(refusal))
    nudging.nudge_on_commit(file)
    return redirect("partner:list", pk)


@require_POST
@writer
def correct(request: PartnerRequest, pk: int) -> HttpResponse:
    take_corrections(request, _file(request, pk))
    return redirect("partner:list", pk)


@require_POST
@writer
def accept(request: PartnerRequest, pk: int) -> HttpResponse:
    """Terima; `seen` is the version of the call's list that the page compared with."""
    file, seen = _file(request, pk), request.POST.get("seen", "")
    if file.profile == SALES:
        return _accept_report(request, file)
    try:
        curation.accept_list(
            file,
            by=request.user,
            now=timezone.now(),
            seen_version=whole_in(seen),
        )
    except curation.ListNotAccepted as refusal:
        messages.error(request, str(refusal))
    return redirect("partner:list", pk)


@require_POST
@writer
def all_pass(request: PartnerRequest, pk: int) -> HttpResponse:
    """The uploader's word that every row passed, where the file does not say."""
    file = get_object_or_404(files_of(request.partner), pk=pk)
    try:
        curation.say_all_pass(file)
    except curation.ListNotAccepted as refusal:
        messages.error(request, str(refusal))
    else:
        nudging.nudge_on_commit(file)
    return redirect("partner:list", pk)


@require_POST
@writer
def withdraw(request: PartnerRequest, pk: int) -> HttpResponse:
    """Take an accepted version back while nothing is announced, or a report of sales."""
    file = _file(request, pk)
    if file.profile == SALES:
        return _withdraw_report(request, file)
    version = curation.list_of(file)
    try:
        if version is None or version.file_id != pk:
            raise curation.ListNotAccepted("Berkas ini tidak menjadi versi baru.")
        curation.withdraw_list(version, by=request.user, now=timezone.now())
    except curation.ListNotAccepted as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Versi {version.version} ditarik kembali.")
    return redirect("partner:list", pk)


@require_POST
@writer
def cancel(request: PartnerRequest, pk: int) -> HttpResponse:
    try:
        services.cancel_file(_file(request, pk), by=request.user, now=timezone.now())
    except services.NotNow as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Unggahan dibatalkan. Tidak ada data yang tersimpan.")
    return redirect("partner:list", pk)


def _accept_report(request: PartnerRequest, file: ImportFile) -> HttpResponse:
    try:
        sales.accept_report(file, by=request.user, now=timezone.now())
    except sales.ReportNotAccepted as refusal:
        messages.error(request, str(refusal))
    return redirect("partner:list", file.pk)


def _withdraw_report(request: PartnerRequest, file: ImportFile) -> HttpResponse:
    report, now = sales.report_of(file), timezone.now()
    try:
        if report is None or not _may_take_back(report, now=now):
            raise sales.ReportNotAccepted(
                "Laporan hanya bisa ditarik kembali dalam 24 jam. Hubungi dinas."
            )
        sales.withdraw_report(report, why=request.POST.get("why", ""), by=request.user, now=now)
    except sales.ReportNotAccepted as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Versi {report.version} ditarik kembali.")
    return redirect("partner:list", file.pk)


def _may_take_back(report: SalesReport, *, now: datetime) -> bool:
    """Whether the partner may do it itself; later the dinas does."""
    return (
        report.stored_at is not None
        and report.withdrawn_at is None
        and report.replaced_by_id is None
        and now - report.stored_at < ImportFile.UNDO_FOR
    )


def _file(request: PartnerRequest, pk: int) -> ImportFile:
    """A list or a report of sales of this partner: both take the same steps."""
    own = files_of(request.partner) | files_of(request.partner, profile=SALES)
    files = own.select_related("uploader", "approved_by", "cancelled_by")
    return get_object_or_404(files, pk=pk)


def _show(
    request: PartnerRequest,
    file: ImportFile,
    *,
    form: ColumnsForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    may_match = file.state in (State.READ, State.CHECKED) and file.approved_at is None
    if may_match and form is None:
        form = ColumnsForm(
            profile=profiles.get(file.profile),
            headings=pages.headings_of(file),
            mapping=file.mapping,
        )
    is_sales = file.profile == SALES
    preview = curation.preview(file) if file.state == State.CHECKED and not is_sales else None
    accepted, now = curation.list_of(file) if file.approved_at else None, timezone.now()
    report = sales.report_of(file) if is_sales and file.approved_at else None
    shown = pages.context_of(file, now=now, form=form)
    context = {
        **shown,
        "call": call_of(file, request.partner),
        "preview": preview,
        "is_known": file.state == State.CHECKED
        and all(line.tone == "green" for line in shown["columns"]),
        "is_sales": is_sales,
        "acceptable": preview.acceptable if preview else file.accepted_count,
        "changes": changes_of(preview.difference._asdict())
        if preview and preview.difference
        else [],
        "accepted": accepted,
        "report": report,
        "may_take_back": report is not None and _may_take_back(report, now=now),
        "is_withdrawable": accepted is not None and _may_withdraw(file, accepted, now=now),
        "refusal": refusal,
    }
    is_part = bool(request.headers.get("X-Fragment"))
    template = "partners/_list.html" if is_part else "partners/list.html"
    return render(request, template, context, status=422 if refusal else 200)


def _may_withdraw(file: ImportFile, version: CurationList, *, now: datetime) -> bool:
    """Whether the button makes sense; the service looks again."""
    return (
        version.file_id == file.pk
        and version.state == CurationList.State.ACCEPTED
        and version.announce_at is None
        and now - version.accepted_at < ImportFile.UNDO_FOR
    )
