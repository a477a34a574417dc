"""Taking in what a member sends, as a file or as pasted cells, whatever kind of list it is."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import nudging, profiles
from umkm_portal.imports.models import ImportFile
from umkm_portal.pages.partner.access import PartnerRequest
from umkm_portal.pages.partner.forms import SendingForm

Keep = Callable[..., tuple[ImportFile, bool]]
"""A service that keeps bytes with what the form says; the bool is False for bytes known before."""


def sent(request: PartnerRequest) -> tuple[QueryDict | None, MultiValueDict | None]:
    """The data and files that a form is filled from: none before it is sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def answer_upload(
    request: PartnerRequest, form: SendingForm, *, profile: str, keep: Keep, template: str
) -> HttpResponse:
    """Show the form; once it is sent and right, keep what came in and show how far that is."""
    if form.is_valid() and (file := _receive(request, form, profile, keep)):
        return redirect("partner:list", file.pk)
    return render(request, template, {"form": form}, status=422 if form.errors else 200)


def _receive(
    request: PartnerRequest, form: SendingForm, profile: str, keep: Keep
) -> ImportFile | None:
    now = timezone.now()
    try:
        name, blocks = form.source_for(profiles.get(profile), now=now)
        file, is_new = keep(blocks, name=name, uploader=request.user, now=now, **form.facts())
    except SpreadsheetError as refusal:
        form.add_error("file" if form.cleaned_data["file"] else "pasted", str(refusal))
        return None
    if not is_new:
        messages.info(request, "Berkas yang sama sudah pernah diunggah. Ini hasilnya.")
    nudging.nudge_on_commit(file)
    return file
