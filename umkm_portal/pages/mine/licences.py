"""Licences she asks the dinas to arrange, with the way of each request."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from participants.licences import REFERRAL, LicenceRefused, ask_licence, is_served, send_again
from participants.models import LicenceRequest, Participant
from umkm_portal.pages.mine.forms import FixForm, LicenceForm
from umkm_portal.pages.mine.people import account_of, for_person

WAYS = {
    LicenceRequest.State.SUBMITTED: "Petugas memeriksa permohonan ini dalam urutan masuk.",
    LicenceRequest.State.CHECKING: "Petugas sedang memeriksa kelengkapannya.",
    LicenceRequest.State.NEEDS_FIX: "Perbaiki lalu kirim lagi di bawah ini.",
    LicenceRequest.State.PROCESSING: "Izin sedang diurus. Anda tidak perlu melakukan apa pun.",
    LicenceRequest.State.DONE: "Izin sudah terbit.",
    LicenceRequest.State.DELIVERED: "Izin sudah diantar.",
    LicenceRequest.State.REFUSED: "Permohonan ini tidak dapat diurus.",
    LicenceRequest.State.JOINED: "Lihat permohonan Anda yang lain untuk izin yang sama.",
}


@require_safe
@for_person
def licences(request: HttpRequest, person: Participant) -> HttpResponse:
    context = {
        "mine": person,
        "rows": person.licence_requests.order_by("-pk"),
        "is_served": is_served(person),
        "referral": REFERRAL,
    }
    return render(request, "pages/mine/licences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def ask(request: HttpRequest, person: Participant) -> HttpResponse:
    if not is_served(person):
        return redirect("mine:licences")
    form = LicenceForm(request.POST or None, initial={"address": person.address})
    if request.method == "POST" and form.is_valid():
        account, now = account_of(request), timezone.now()
        try:
            asked = ask_licence(person, **form.cleaned_data, actor=account, now=now)
        except LicenceRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Permohonan dikirim. Petugas tidak pernah meminta biaya.")
            return redirect("mine:licence", asked.pk)
    status = 422 if form.is_bound else 200
    return render(
        request, "pages/mine/licence_ask.html", {"mine": person, "form": form}, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def licence(request: HttpRequest, person: Participant, pk: int) -> HttpResponse:
    """One request with its timeline; where a repair is asked for, the form to send it again."""
    row = get_object_or_404(person.licence_requests, pk=pk)
    form = _fix_form(request, row)
    if request.method == "POST" and form and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("note", "wants_delivery", "address")}
        try:
            send_again(row, **facts, actor=account_of(request), now=timezone.now())
        except LicenceRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Perbaikan dikirim.")
            return redirect("mine:licence", row.pk)
    context = {
        "mine": person,
        "row": row,
        "form": form,
        "way": WAYS[LicenceRequest.State(row.state)],
        "events": row.events.order_by("-pk"),
    }
    status = 422 if form and form.is_bound else 200
    return render(request, "pages/mine/licence.html", context, status=status)


def _fix_form(request: HttpRequest, row: LicenceRequest) -> FixForm | None:
    if row.state != LicenceRequest.State.NEEDS_FIX:
        return None
    values = {"note": row.note, "wants_delivery": row.wants_delivery, "address": row.address}
    return FixForm(request.POST or None, initial=values, kind=row.kind)
