"""A copy of everything the portal keeps about her, and what she asks to be done with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from participants.access import record_access
from participants.copies import Section, accesses_of, copy_of, who
from participants.models import DataAccess, DataRequest, Participant
from participants.requests import RequestRefused, ask, lift_restriction, withdraw
from umkm_portal.common import codes
from umkm_portal.pages.mine.forms import RequestForm
from umkm_portal.pages.mine.path import day_in_words
from umkm_portal.pages.mine.people import account_of, for_person

SHOWN = 50
"""Rows of one table, and accesses, on the page; the file has all."""
MACHINE = {
    *("id", "pgh_id", "pgh_context", "pgh_context_id", "pgh_obj", "pgh_obj_id", "public_id"),
    *("participant", "participant_id", "pgh_label", "account", "batch_number", "position"),
    *("recipient_key", "subject_id", "step", "provider_ref", "pgh_created_at"),
}
"""Columns that say nothing to a reader; the file has them."""
ANSWERED = "Jawaban paling lama 3 x 24 jam."
LABELS = {
    "campaign": "Jenis pesan",
    "context": "Isi pesan",
    "stage": "Langkah",
    "cohort": "Gelombang",
    "clean": "Isi baris",
    "row_no": "Baris",
    "last_login": "Masuk terakhir",
}
"""Columns whose name in the code is no word for a reader."""
Kind = DataRequest.Kind


@dataclass(frozen=True)
class Told:
    """One table in words: a title, and for each row its columns that hold something."""

    title: str
    count: int
    rows: list[list[tuple[str, str]]]


@require_safe
@for_person
def data(request: HttpRequest, person: Participant) -> HttpResponse:
    shown = [
        (access, who(access.actor, person), ", ".join(map(str, access.fields)))
        for access in accesses_of(person)[:SHOWN]
    ]
    context = {
        "mine": person,
        "code": codes.display(person.code),
        "tables": [_told(section) for section in copy_of(person)],
        "accesses": shown,
    }
    return render(request, "pages/mine/data.html", context)


@require_POST
@for_person
def download(request: HttpRequest, person: Participant) -> HttpResponse:
    """The copy as a file; that it was taken is written down like any other access."""
    now = timezone.now()
    record_access(
        [person.pk],
        kind=DataAccess.Kind.OWN,
        actor=account_of(request),
        purpose="Salinan data untuk pemiliknya",
        now=now,
    )
    copy = {
        "kode_peserta": codes.display(person.code),
        "dibuat": timezone.localtime(now),
        "data": {section.name: section.rows for section in copy_of(person)},
    }
    text = json.dumps(copy, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    name = f"data-saya-{person.code}.json"
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_person
def requests(request: HttpRequest, person: Participant) -> HttpResponse:
    """Ask for correction, rest or oblivion; the last two after a page that says what follows."""
    kind = request.POST.get("jenis") or request.GET.get("jenis") or Kind.CORRECTION.value
    if kind not in Kind.values:
        raise Http404
    form = RequestForm(request.POST or None)
    form.fields["text"].required = kind == Kind.CORRECTION
    if request.method == "POST" and form.is_valid():
        try:
            asked = ask(
                person,
                kind=kind,
                text=form.cleaned_data["text"],
                account=account_of(request),
                now=timezone.now(),
            )
        except RequestRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            label = asked.get_kind_display().lower()
            messages.success(request, f"Permintaan {label} dikirim. {ANSWERED}")
            return redirect("mine:requests")
    context = {
        "mine": person,
        "form": form,
        "kind": kind,
        "rows": person.data_requests.order_by("-pk"),
        "now": timezone.now(),
    }
    template = "requests" if kind == Kind.CORRECTION else "request_confirm"
    status = 422 if form.is_bound else 200
    return render(request, f"pages/mine/{template}.html", context, status=status)


@require_POST
@for_person
def withdraw_request(request: HttpRequest, person: Participant, pk: int) -> HttpResponse:
    if withdraw(get_object_or_404(person.data_requests, pk=pk), now=timezone.now()):
        messages.success(request, "Permintaan dibatalkan.")
    return redirect("mine:requests")


@require_POST
@for_person
def lift(request: HttpRequest, person: Participant) -> HttpResponse:
    """Her data may be used again; what she agreed to before she gives anew."""
    if lift_restriction(person, now=timezone.now()):
        messages.success(
            request, "Pembatasan dicabut. Nyalakan lagi pesan dan persetujuan yang Anda inginkan."
        )
        return redirect("mine:consents")
    return redirect("mine:requests")


def _told(section: Section) -> Told:
    rows = [
        [
            (_label(section.model, name), _words(section.model, name, value))
            for name, value in row.items()
            if name not in MACHINE and value not in (None, "", [], {})
        ]
        for row in section.rows[:SHOWN]
    ]
    return Told(section.title, len(section.rows), rows)


def _field(model: type[Model], name: str) -> Field[Any, Any] | None:
    """The column behind a name such as `cohort__code`; None for words that handlers made up."""
    field: Field[Any, Any] | None = None
    for part in name.split("__"):
        try:
            found = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        field = found if isinstance(found, Field) else None
        if field is not None and isinstance(field.related_model, type):
            model = field.related_model
    return field


def _label(model: type[Model], name: str) -> str:
    field = _field(model, name)
    field = getattr(field, "output_field", field)
    label = LABELS.get(name) or (str(field.verbose_name or "") if field else "")
    label = label or name.replace("_", " ")
    return label[:1].upper() + label[1:]


def _words(model: type[Model], name: str, value: object) -> str:
    field = _field(model, name)
    # A computed column keeps its choices at what it computes.
    field = getattr(field, "output_field", field)
    choices: dict[Any, Any] = dict(field.flatchoices) if field else {}
    if isinstance(value, bool):
        return "Ya" if value else "Tidak"
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return f"{day_in_words(local.date())}, {local:%H.%M} WIB"
    if isinstance(value, date):
        return day_in_words(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {one}" for key, one in value.items())
    if isinstance(value, list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return str(choices.get(value, value))
