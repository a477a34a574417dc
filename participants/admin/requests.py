"""What people ask about their data: a list by deadline, and a page to answer on."""

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

from participants.models import DataRequest, Participant
from participants.requests import RequestRefused, fulfil, refuse
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin

TONES = {
    "open": "yellow",
    "done": "green",
    "refused": "grey",
    "withdrawn": "grey",
    "joined": "grey",
    "closed": "grey",
}
CONSEQUENCES = {
    DataRequest.Kind.CORRECTION: (
        "Cocokkan dengan KTP. Usulan isi di atas ditulis ke data peserta saat dipenuhi; "
        "permintaan tanpa usulan diperbaiki dahulu di halaman peserta."
    ),
    DataRequest.Kind.DELETION: (
        "Nama, NIK, nomor HP, email, alamat, usaha, riwayat, dan isi pesan dihapus. Kursi dan "
        "tempat di daftar tunggu dilepas. Tidak bisa dikembalikan."
    ),
    DataRequest.Kind.RESTRICTION: (
        "Peserta tidak diundang lagi, pesan massal berhenti, dan semua persetujuan ditarik. "
        "Data tetap disimpan."
    ),
}
LABELS = {"full_name": "Nama lengkap", "birth_date": "Tanggal lahir"}


@admin.register(DataRequest)
class DataRequestAdmin(MachineAdmin):
    """Requests that wait come first, the nearest deadline on top."""

    list_display = ("kind", "participant_name", "shown_state", "shown_due", "created_at")
    list_display_links = ("kind",)
    list_filter = ("state", "kind")
    list_select_related = ("participant",)
    sortable_by = ()

    def get_ordering(self, request):
        waits = Case(When(state="open", then=Value(0)), default=Value(1))
        return (waits.asc(), "due_at", "pk")

    def get_urls(self):
        answer = self.admin_site.admin_view(require_POST(self.answer))
        name = "participants_datarequest_answer"
        return [path("<int:pk>/jawab/", answer, name=name), *super().get_urls()]

    @display(description="peserta")
    def participant_name(self, row):
        return row.participant.full_name

    @display(description="status")
    def shown_state(self, row):
        tone = TONES[row.state]
        return format_html('<span class="st-tag st-{}">{}</span>', tone, row.get_state_display())

    @display(description="batas jawab")
    def shown_due(self, row):
        due = timezone.localtime(row.due_at).strftime("%d/%m/%Y %H.%M")
        if row.is_overdue(now=timezone.now()):
            return format_html('<span class="st-tag st-red">Terlambat</span> {} WIB', due)
        return f"{due} WIB"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self._get(request, object_id)
        person = row.participant
        context = {
            **self.admin_site.each_context(request),
            "title": row.get_kind_display(),
            "opts": self.opts,
            "row": row,
            "is_overdue": row.is_overdue(now=timezone.now()),
            "tone": TONES[row.state],
            "proposed": _compared(row, person),
            "consequence": CONSEQUENCES[DataRequest.Kind(row.kind)],
            "person_link": reverse("admin:participants_participant_change", args=[person.pk]),
            "may_answer": row.state == DataRequest.State.OPEN and _may_answer(request),
        }
        return TemplateResponse(request, "staff/data_request.html", context)

    def answer(self, request, pk):
        """Fulfil or refuse, with the words that the person reads."""
        row = self._get(request, pk)
        if not _may_answer(request):
            raise PermissionDenied
        act = {"penuhi": fulfil, "tolak": refuse}.get(request.POST.get("putusan"))
        if act is None:
            raise Http404
        text = request.POST.get("jawaban", "").strip()
        is_final = row.kind == DataRequest.Kind.DELETION and act is fulfil
        if is_final and request.POST.get("yakin") != "ya":
            messages.error(request, "Centang dahulu bahwa permintaan ini dari orangnya sendiri.")
            return redirect("admin:participants_datarequest_change", row.pk)
        try:
            act(row, answer=text, actor=request.user, now=timezone.now())
        except RequestRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Jawaban disimpan.")
        return redirect("admin:participants_datarequest_change", row.pk)

    def _get(self, request, pk):
        rows = self.get_queryset(request).select_related("participant__region", "decided_by")
        row = rows.filter(pk=whole_in(str(pk))).first()
        if row is None:
            raise Http404
        return row


def _may_answer(request):
    return request.user.has_perm("participants.change_datarequest")


def _compared(row, person):
    """Each proposed value beside the one that is kept now."""
    shown = {name: getattr(person, name, "") for name in row.proposed}
    if person.status != Participant.Status.ACTIVE:
        return []
    return [(LABELS.get(name, name), shown[name], value) for name, value in row.proposed.items()]
