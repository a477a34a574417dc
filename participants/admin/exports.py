"""Lists of people to take along: the request, its progress, the download."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from participants.exporting import columns as known
from participants.exporting import services
from participants.models import ExportFile, Segment
from participants.segments.audiences import RulesBroken, in_words, typed_rules
from umkm_portal.common.staff_admin import MachineAdmin

TYPES = {
    ExportFile.Format.CSV: "text/csv; charset=utf-8",
    ExportFile.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WAITS_LONG = 60
"""Seconds after which a waiting export says that the workers may be down."""


class ExportForm(forms.Form):
    """What goes into the file, and why."""

    segment = forms.ModelChoiceField(
        Segment.objects.none(),
        required=False,
        to_field_name="slug",
        label="Segmen",
        empty_label="Semua peserta yang boleh saya lihat",
    )
    file_format = forms.ChoiceField(
        choices=ExportFile.Format.choices, label="Bentuk berkas", initial=ExportFile.Format.XLSX
    )
    columns = forms.MultipleChoiceField(
        choices=[(column.key, column.label) for column in known.COLUMNS],
        widget=forms.CheckboxSelectMultiple,
        label="Kolom",
        initial=known.DEFAULT_COLUMNS,
        error_messages={"required": "Pilih sedikitnya satu kolom."},
    )
    purpose = forms.CharField(
        max_length=200,
        label="Keperluan",
        help_text="Wajib. Tercatat, dan dapat dibaca setiap orang dalam daftar ini.",
        error_messages={"required": "Tulis keperluan ekspor ini."},
    )
    nik_purpose = forms.CharField(
        max_length=200,
        required=False,
        label="Mengapa NIK lengkap diperlukan",
        help_text="Hanya bila kolom NIK dicentang.",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["segment"].label_from_instance = lambda segment: segment.name
        self.fields["segment"].queryset = Segment.objects.for_user(user).order_by("name", "pk")
        if not user.has_perm("participants.export_nik"):
            choices = self.fields["columns"].choices
            self.fields["columns"].choices = [c for c in choices if c[0] != known.NIK]
            del self.fields["nik_purpose"]


@admin.register(ExportFile)
class ExportFileAdmin(MachineAdmin):
    """Who took which list along, why, and the file for as long as it is kept."""

    list_display = (
        "shown_title",
        "shown_state",
        "rows_done",
        "shown_format",
        "purpose",
        "requested_by",
        "created_at",
    )
    list_filter = ("state", "file_format")
    list_select_related = ("requested_by",)
    search_fields = ("purpose", "segment_name")
    ordering = ("-pk",)
    sortable_by = ()

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("participants.add_exportfile")

    def get_urls(self):
        cancel = self.admin_site.admin_view(require_POST(self.cancel))
        download = self.admin_site.admin_view(never_cache(self.download))
        return [
            path("<int:pk>/batal/", cancel, name="participants_exportfile_cancel"),
            path("<int:pk>/unduh/", download, name="participants_exportfile_download"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def add_view(self, request, form_url="", extra_context=None):
        """Ask for a list: a segment, or the rules that the address carries."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        rules = typed_rules(request.GET)
        initial = {"segment": request.GET.get("segment") or request.GET.get("segmen")}
        form = ExportForm(request.POST or None, initial=initial, user=request.user)
        if request.method == "POST" and form.is_valid():
            try:
                export = self._request(request, form.cleaned_data, rules)
                return redirect("admin:participants_exportfile_change", export.pk)
            except (services.ExportRefused, RulesBroken) as refusal:
                form.add_error(None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": "Ekspor peserta",
            "opts": self.opts,
            "form": form,
            "told": in_words(rules),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "staff/export_new.html", context, status=status)

    def _request(self, request, data, rules):
        segment = data["segment"]
        return services.request_export(
            rules=segment.rules if segment else rules,
            segment_name=segment.name if segment else ("Saringan daftar" if rules else ""),
            column_keys=data["columns"],
            file_format=data["file_format"],
            purpose=data["purpose"],
            nik_purpose=data.get("nik_purpose", ""),
            user=request.user,
            now=timezone.now(),
        )

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one export; the poller asks for its inside only."""
        export = self._find(request, object_id)
        now = timezone.now()
        context = {
            "export": export,
            "is_mine": export.requested_by_id == request.user.pk,
            "is_kept": export.is_kept(now=now),
            "percent": min(100 * export.rows_done // export.total, 100) if export.total else 0,
            "columns": [column.label for column in known.chosen(export.columns)],
            "told": in_words(export.rules),
            "waits_long": export.state == ExportFile.State.QUEUED
            and (now - export.created_at).total_seconds() > WAITS_LONG,
        }
        if request.headers.get("X-Fragment"):
            return TemplateResponse(request, "staff/_export.html", context)
        context |= {
            **self.admin_site.each_context(request),
            "title": f"Ekspor {export.segment_name or 'semua peserta'}",
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/export.html", context)

    def cancel(self, request, pk):
        export = self._mine(request, pk)
        try:
            services.cancel_export(export)
            messages.success(request, "Ekspor dibatalkan. Tidak ada berkas yang disimpan.")
        except services.ExportRefused as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:participants_exportfile_change", export.pk)

    def download(self, request, pk):
        """The file itself: for who asked for it, while it is kept."""
        export, now = self._mine(request, pk), timezone.now()
        try:
            file = services.open_download(export, user=request.user, now=now)
        except services.ExportRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:participants_exportfile_change", export.pk)
        day = timezone.localtime(export.created_at)
        response = FileResponse(
            file.open("rb"),
            as_attachment=True,
            filename=f"peserta-{day:%Y%m%d-%H%M}.{export.file_format}",
            content_type=TYPES[ExportFile.Format(export.file_format)],
        )
        response["Cache-Control"] = "no-store"
        return response

    def _find(self, request, pk):
        rows = self.get_queryset(request).select_related("requested_by", "organisation")
        try:
            export = rows.filter(pk=pk).first()
        except ValueError:
            raise Http404 from None
        if export is None:
            raise Http404
        if not self.has_view_permission(request, export):
            raise PermissionDenied
        return export

    def _mine(self, request, pk):
        export = self._find(request, pk)
        if export.requested_by_id != request.user.pk:
            raise Http404
        return export

    @display(description="daftar")
    def shown_title(self, export):
        return export.segment_name or "Semua peserta"

    @display(
        description="status",
        label={"Siap diunduh": "success", "Gagal": "danger", "Sedang ditulis": "warning"},
    )
    def shown_state(self, export):
        return export.get_state_display()

    @display(description="bentuk")
    def shown_format(self, export):
        return export.file_format.upper()
