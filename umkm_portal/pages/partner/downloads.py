"""Lists of applicants that the partner may take along, and whom it has to delete."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from partners.models import Partner, SharedList
from partners.sharing.agreements import SharingStopped, agreement_of
from partners.sharing.fields import chosen
from partners.sharing.lists import make_shared_list, open_shared_list, versions_for
from partners.sharing.people import seen_and_hidden
from partners.sharing.withdrawals import contacts_to_delete, to_delete
from partners.space.files import calls_of
from umkm_portal.imports.downloads import spreadsheet
from umkm_portal.pages.partner.access import MANAGER, UPLOADER, PartnerRequest, partner_member

SHOWN = 20
writer = partner_member(MANAGER, UPLOADER)


@require_safe
@partner_member()
def downloads(request: PartnerRequest) -> HttpResponse:
    """What may be taken along; the poller asks for the versions only."""
    now, partner = timezone.now(), request.partner
    try:
        agreement, stopped = agreement_of(partner, now=now), ""
    except SharingStopped as refusal:
        agreement, stopped = None, str(refusal)
    if request.headers.get("X-Fragment"):
        context = {"agreement": agreement, **_versions(partner, now=now)}
        return render(request, "partners/_versions.html", context)
    calls = list(
        calls_of(partner)
        .select_related("partner__organisation")
        .order_by("-opens_at", "-pk")[:SHOWN]
    )
    counts = seen_and_hidden(calls, now=now)
    context = {
        "agreement": agreement,
        "stopped": stopped,
        "fields": [field.label for field in chosen(agreement.allowed_fields)] if agreement else [],
        "calls": [(call, *counts[call.pk]) for call in calls],
        **_versions(partner, now=now),
        "codes": to_delete(partner, now=now),
        "contact_codes": contacts_to_delete(partner, now=now),
    }
    return render(request, "partners/downloads.html", context)


def _versions(partner: Partner, *, now: datetime) -> dict[str, object]:
    versions = versions_for(partner, now=now)
    return {"versions": versions, "is_writing": any(one.shared.is_open for one in versions)}


@require_POST
@writer
def make(request: PartnerRequest, slug: str) -> HttpResponse:
    """Write a new version of a call's list; what stops it is told on the page."""
    call = get_object_or_404(calls_of(request.partner), slug=slug)
    try:
        shared = make_shared_list(
            request.partner,
            call=call,
            purpose=f"Kurasi {call.title}"[:200],
            by=request.user,
            now=timezone.now(),
        )
    except SharingStopped as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told_of(shared))
    return redirect("partner:downloads")


def told_of(shared: SharedList) -> str:
    """The sentence after a list was asked for."""
    if shared.is_open:
        return f"Versi {shared.version} sedang disiapkan: {shared.total} orang. Boleh ditutup."
    return f"Versi {shared.version} siap: {shared.row_count} orang."


@require_safe
@writer
def download(request: PartnerRequest, pk: int) -> HttpResponse:
    own = SharedList.objects.filter(partner=request.partner).select_related("call", "partner")
    shared = get_object_or_404(own, pk=pk)
    try:
        path = open_shared_list(shared, by=request.user, now=timezone.now())
    except SharingStopped as refusal:
        messages.error(request, str(refusal))
        return redirect("partner:downloads")
    return spreadsheet(lambda content: content.write(path.read_bytes()), shared.file_name)
