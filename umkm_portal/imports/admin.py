"""Files in the staff pages: upload, match columns, check, accept, receipt."""

from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.common.staff_admin import StaffAdmin
from umkm_portal.imports import (
    downloads,
    nudging,
    pages,
    policies,
    profiles,
    row_views,
    services,
    undoing,
)
from umkm_portal.imports.forms import MappingForm, UploadForm
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.telling import note_seen


class ListFilter(admin.SimpleListFilter):
    """Files of one kind of list, by its name on the screens."""

    title = "jenis daftar"
    parameter_name = "jenis"

    def lookups(self, request, model_admin):
        return profiles.choices()

    def queryset(self, request, queryset):
        return queryset.filter(profile=self.value()) if self.value() else queryset


class UndoneFilter(admin.SimpleListFilter):
    """Files that were taken back, or that stand."""

    title = "ditarik kembali"
    parameter_name = "ditarik"

    def lookups(self, request, model_admin):
        return [("ya", "Ya"), ("tidak", "Tidak")]

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset
        return queryset.filter(undone_at__isnull=self.value() != "ya")


@admin.register(ImportFile)
class ImportFileAdmin(StaffAdmin):
    """A file and its way; the form of Django's admin is replaced by pages of our own."""

    list_display = (
        "name",
        "shown_profile",
        "organisation",
        "shown_state",
        "total_rows",
        "accepted",
        "rejected_count",
        "uploader",
        "uploaded_at",
    )
    list_filter = ("state", ListFilter, "organisation", "uploaded_at", UndoneFilter)
    list_select_related = ("organisation", "uploader")
    search_fields = ("name",)
    ordering = ("-pk",)
    actions = None

    def has_change_permission(self, request, obj=None):
        """Lists with pages of their own are only looked at here."""
        is_ours = obj is None or profiles.get(obj.profile).is_for_staff
        return is_ours and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            path(
                "contoh/<slug:slug>/", self._page(self.example), name="imports_importfile_example"
            ),
            path("<int:pk>/kolom/", self._step(self.match), name="imports_importfile_match"),
            path("<int:pk>/terima/", self._step(self.accept), name="imports_importfile_accept"),
            path("<int:pk>/batal/", self._step(self.cancel), name="imports_importfile_cancel"),
            path("<int:pk>/aturan/", self._step(self.rule), name="imports_importfile_rule"),
            path("<int:pk>/tarik/", self._step(self.undo), name="imports_importfile_undo"),
            path("<int:pk>/perbaikan/", self._page(self.errors), name="imports_importfile_errors"),
            *(
                path(f"<int:pk>/{address}/", self._rows(view), name=f"imports_importfile_{name}")
                for address, name, view in (
                    ("perbaiki", "repair", require_POST(row_views.repair_group)),
                    ("baris/<int:row_no>", "row", row_views.one_row),
                    ("tinjau", "review", row_views.review),
                )
            ),
            *super().get_urls(),
        ]

    def _page(self, view):
        return self.admin_site.admin_view(never_cache(view))

    def _step(self, view):
        return self.admin_site.admin_view(require_POST(partial(self._press, view)))

    def _rows(self, view):
        """A page about rows, for those who may write them."""

        def page(request, pk, **facts):
            file = self._file(request, pk)
            if not self.has_change_permission(request, file):
                raise PermissionDenied
            context = {**self.admin_site.each_context(request), "opts": self.opts}
            return view(request, file, context, **facts)

        return self._page(page)

    # --- Pages --------------------------------------------------------------------------------
    @method_decorator(never_cache)
    def add_view(self, request, form_url="", extra_context=None):
        """The upload page."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None,
            request.FILES or None,
            user=request.user,
            initial={"profile": request.GET.get("jenis", "register")},
        )
        if request.method == "POST" and form.is_valid() and (file := self._receive(request, form)):
            return redirect("admin:imports_importfile_change", file.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Unggah daftar",
            "opts": self.opts,
            "form": form,
            "lists": profiles.for_staff(),
        }
        return TemplateResponse(request, "staff/import_upload.html", context)

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of one file; the poller asks for its inside only."""
        file = self._file(request, unquote(object_id))
        if not self.has_view_permission(request, file):
            raise PermissionDenied
        note_seen(file, now=timezone.now())
        return self._show(request, file)

    def example(self, request, slug):
        """An empty table with the columns of a list and one invented row."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        profile = next((p for p in profiles.for_staff() if p.slug == slug), None)
        if profile is None:
            raise Http404
        return downloads.example_of(profile)

    def errors(self, request, pk):
        """The refused rows as a spreadsheet; it holds what was uploaded, so not for readers."""
        file = self._file(request, pk)
        if not self.has_change_permission(request, file):
            raise PermissionDenied
        return downloads.problem_rows_of(file)

    # --- Steps --------------------------------------------------------------------------------
    def _press(self, step, request, pk):
        """A button on the page of a file: one service, then back to the page."""
        file = self._file(request, pk)
        if not self.has_change_permission(request, file):
            raise PermissionDenied
        try:
            answer = step(request, file)
        except services.NotNow as refusal:
            messages.error(request, str(refusal))
            answer = None
        return answer or redirect("admin:imports_importfile_change", pk)

    def match(self, request, file):
        """Take the columns as chosen; a refusal shows them again as they were chosen."""
        profile = profiles.get(file.profile)
        headings = pages.headings_of(file)
        form = MappingForm(request.POST, profile=profile, headings=headings, mapping=file.mapping)
        if not form.is_valid():
            raise services.NotNow("Pilihan kolom tidak dikenal. Pilih dari daftar yang ada.")
        try:
            services.set_mapping(file, form.mapping(), now=timezone.now())
        except services.NotNow as refusal:
            return self._show(request, file, form=form, refusal=str(refusal))
        nudging.nudge_on_commit(file)
        return None

    def rule(self, request, file):
        chosen = {
            name.removeprefix("rule-"): value
            for name, value in request.POST.items()
            if name.startswith("rule-")
        }
        policies.set_policies(file, chosen)
        nudging.nudge_on_commit(file)

    def undo(self, request, file):
        undoing.start_undo(file, actor=request.user, now=timezone.now())
        nudging.nudge_on_commit(file)

    def accept(self, request, file):
        services.approve_file(file, by=request.user, now=timezone.now())
        nudging.nudge_on_commit(file)

    def cancel(self, request, file):
        services.cancel_file(file, by=request.user, now=timezone.now())
        told = "Tidak ada data yang tersimpan."
        if file.stored_count:
            told = f"{file.stored_count} baris sudah tersimpan; tarik kembali bila keliru."
        messages.success(request, f"Unggahan dibatalkan. {told}")

    # --- Parts --------------------------------------------------------------------------------
    def _receive(self, request, form):
        try:
            name, blocks = form.source(now=timezone.now())
            file, is_new = services.receive_file(
                blocks,
                name=name,
                profile=form.cleaned_data["profile"],
                organisation=form.cleaned_data["organisation"],
                uploader=request.user,
                options=form.options(),
            )
        except SpreadsheetError as refusal:
            form.add_error("file" if form.cleaned_data["file"] else "pasted", str(refusal))
            return None
        if not is_new and not self.get_queryset(request).filter(pk=file.pk).exists():
            form.add_error("file", "Berkas yang sama sudah diunggah petugas lain.")
            return None
        if not is_new:
            messages.info(request, "Berkas yang sama sudah pernah diunggah. Ini hasilnya.")
        nudging.nudge_on_commit(file)
        return file

    def _file(self, request, pk):
        rows = self.get_queryset(request).select_related(
            "uploader", "approved_by", "organisation", "cancelled_by", "undone_by"
        )
        try:
            return rows.get(pk=pk)
        except (ImportFile.DoesNotExist, ValueError):
            raise Http404 from None

    def _show(self, request, file, *, form=None, refusal=""):
        context = {
            **pages.context_of(file, now=timezone.now(), form=form),
            "refusal": refusal,
            "may_press": self.has_change_permission(request, file),
        }
        if request.headers.get("X-Fragment"):
            return TemplateResponse(request, "staff/_import_file.html", context)
        context |= {
            **self.admin_site.each_context(request),
            "title": f"Periksa {file.name}",
            "opts": self.opts,
        }
        status = 422 if refusal else 200
        return TemplateResponse(request, "staff/import_file.html", context, status=status)

    @display(description="jenis daftar")
    def shown_profile(self, file):
        return dict(profiles.choices()).get(file.profile, file.profile)

    @display(
        description="status",
        label={
            "Selesai": "success",
            "Gagal": "danger",
            "Diperiksa": "warning",
            "Dibaca": "warning",
        },
    )
    def shown_state(self, file):
        return "Ditarik kembali" if file.undone_at else file.get_state_display()

    @display(description="diterima")
    def accepted(self, file):
        return file.accepted_count
