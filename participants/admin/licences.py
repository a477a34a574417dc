"""Licence requests: what waits longest first, and a page that moves one on."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Value, When
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from participants.licences import ALLOWED, LicenceRefused, move_licence
from participants.models import LicenceRequest, Participant
from umkm_portal.common import dates
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin

State = LicenceRequest.State
TONES = {
    State.SUBMITTED: "yellow",
    State.CHECKING: "blue",
    State.NEEDS_FIX: "red",
    State.PROCESSING: "blue",
    State.DONE: "green",
    State.DELIVERED: "green",
    State.REFUSED: "grey",
    State.JOINED: "grey",
}
VERBS = {
    State.SUBMITTED: "Terima perbaikan",
    State.CHECKING: "Mulai periksa",
    State.NEEDS_FIX: "Minta diperbaiki",
    State.PROCESSING: "Lengkap, proses",
    State.DONE: "Izin terbit",
    State.DELIVERED: "Sudah diantar",
    State.REFUSED: "Tolak",
}
WITH_REASON = {State.NEEDS_FIX, State.REFUSED}


class MoveForm(forms.Form):
    to = forms.ChoiceField(choices=State.choices)
    reason = forms.CharField(max_length=300, required=False)
    number = forms.CharField(max_length=60, required=False)
    issued_on = forms.CharField(required=False)
    expires_on = forms.CharField(required=False)

    def _day(self, name):
        text = self.cleaned_data[name]
        try:
            return dates.parse_date(text) if text else None
        except dates.DateError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_issued_on(self):
        return self._day("issued_on")

    def clean_expires_on(self):
        return self._day("expires_on")


@admin.register(LicenceRequest)
class LicenceRequestAdmin(MachineAdmin):
    """Requests under way first, the one that waits longest on top."""

    list_display = ("kind", "participant_name", "region", "shown_state", "wants_delivery", "since")
    list_display_links = ("kind",)
    list_filter = ("state", "kind", "wants_delivery")
    list_select_related = ("participant__region",)
    sortable_by = ()

    def get_queryset(self, request):
        merged = Participant.Status.MERGED
        return super().get_queryset(request).exclude(participant__status=merged)

    def get_ordering(self, request):
        over = Case(When(state__in=LicenceRequest.LIVE, then=Value(0)), default=Value(1))
        return (over.asc(), "changed_at", "pk")

    def get_urls(self):
        move = self.admin_site.admin_view(require_POST(self.move))
        name = "participants_licencerequest_move"
        return [path("<int:pk>/pindah/", move, name=name), *super().get_urls()]

    @display(description="peserta")
    def participant_name(self, row):
        return row.participant.full_name

    @display(description="wilayah")
    def region(self, row):
        return row.participant.region or "–"

    @display(description="status")
    def shown_state(self, row):
        tone = TONES[State(row.state)]
        return format_html('<span class="st-tag st-{}">{}</span>', tone, row.get_state_display())

    @display(description="sejak")
    def since(self, row):
        return timezone.localtime(row.changed_at).strftime("%d/%m/%Y")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self._get(request, object_id)
        moves = ALLOWED[row.state] if _may_move(request) else ()
        context = {
            **self.admin_site.each_context(request),
            "title": row.get_kind_display(),
            "opts": self.opts,
            "row": row,
            "tone": TONES[State(row.state)],
            "moves": [(to.value, VERBS[to]) for to in moves if to not in WITH_REASON],
            "stops": [(to.value, VERBS[to]) for to in moves if to in WITH_REASON],
            "is_ending": State.DONE in moves,
            "events": row.events.select_related("actor").order_by("-pk"),
            "person_link": reverse(
                "admin:participants_participant_change", args=[row.participant_id]
            ),
        }
        return TemplateResponse(request, "staff/licence_request.html", context)

    def move(self, request, pk):
        row = self._get(request, pk)
        if not _may_move(request):
            raise PermissionDenied
        form = MoveForm(request.POST)
        if not form.is_valid():
            problems = [error for errors in form.errors.values() for error in errors]
            messages.error(request, " ".join(problems))
            return redirect("admin:participants_licencerequest_change", row.pk)
        facts = form.cleaned_data
        try:
            facts["to"] = State(facts["to"])
            move_licence(row, **facts, actor=request.user, now=timezone.now())
        except LicenceRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Status: {facts['to'].label}.")
        return redirect("admin:participants_licencerequest_change", row.pk)

    def _get(self, request, pk):
        rows = self.get_queryset(request).select_related("participant__region")
        row = rows.filter(pk=whole_in(str(pk))).first()
        if row is None:
            raise Http404
        return row


def _may_move(request):
    return request.user.has_perm("participants.change_licencerequest")
