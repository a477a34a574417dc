"""Agreements with their papers and a clear state."""

from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from partners.models import Agreement
from partners.sharing import agreements, fields
from partners.sharing.agreements import PaperRefused, State, state_of
from partners.staff_filters import PartnerFilter
from umkm_portal.common.staff_admin import StaffAdmin

TONES = {
    State.PLANNED: "blue",
    State.IN_FORCE: "green",
    State.ENDS_SOON: "yellow",
    State.EXPIRED: "red",
    State.ENDED: "grey",
}


def shown(agreement):
    state = state_of(agreement, now=timezone.now())
    return format_html('<span class="st-tag st-{}">{}</span>', TONES[state], state.label)


class AgreementForm(forms.ModelForm):
    allowed_fields = forms.MultipleChoiceField(
        label="Data yang boleh dibagikan",
        choices=fields.choices,
        initial=fields.DEFAULT,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Kode peserta selalu ada. NIK, tanggal lahir, dan omzet tidak pernah dibagikan. "
        "Nomor HP dan email hanya dari pemilik yang setuju sendiri; yang lain kosong.",
    )
    paper = forms.FileField(
        label="Tambah berkas perjanjian",
        required=False,
        help_text="PDF, JPG, atau PNG, paling besar 20 MB.",
    )

    class Meta:
        model = Agreement
        fields = (
            *("partner", "number", "purpose", "role", "valid_from", "valid_to"),
            *("allowed_fields", "paper"),
        )
        labels = {"partner": "Mitra"}

    def clean_paper(self):
        paper = self.cleaned_data["paper"]
        if paper:
            try:
                agreements.check_paper(paper)
            except PaperRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return paper


@admin.register(Agreement)
class AgreementAdmin(StaffAdmin):
    """Without an agreement in force nothing is shared; the list says which are."""

    form = AgreementForm
    list_display = (
        "number",
        "shown_partner",
        "shown_state",
        "valid_from",
        "valid_to",
        "shown_papers",
    )
    list_filter = (PartnerFilter,)
    list_select_related = ("partner__organisation",)
    search_fields = ("number", "purpose")
    ordering = ("-valid_to", "-pk")
    actions = None
    change_form_outer_before_template = "staff/agreement_before.html"
    fieldsets = (
        (None, {"fields": ("partner", ("number", "role"), "purpose", ("valid_from", "valid_to"))}),
        ("Isi", {"fields": ("allowed_fields", "paper")}),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("files")

    def has_delete_permission(self, request, obj=None):
        """An agreement ends; what was shared under it stays explained."""
        return False

    def get_urls(self):
        view, name = self.admin_site.admin_view, "partners_agreement"
        return [
            path("<int:pk>/akhiri/", view(require_POST(self.end)), name=f"{name}_end"),
            path(
                "<int:pk>/berkas/<int:paper>/",
                view(never_cache(self.download)),
                name=f"{name}_paper",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        agreement = self.get_object(request, object_id)
        context = {"agreement": agreement}
        if agreement:
            context |= {
                "agreement_state": shown(agreement),
                "agreement_papers": agreement.files.select_related("added_by").order_by("-pk"),
                "agreement_open": agreement.ended_at is None
                and self.has_change_permission(request, agreement),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if paper := form.cleaned_data.get("paper"):
            agreements.keep_paper(obj, paper, name=paper.name, by=request.user, now=timezone.now())

    def end(self, request, pk):
        agreement = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, agreement):
            raise PermissionDenied
        if agreements.end_agreement(agreement, now=timezone.now()):
            messages.success(request, "Perjanjian diakhiri. Tidak ada data yang dibagikan lagi.")
        return redirect("admin:partners_agreement_change", agreement.pk)

    def download(self, request, pk, paper):
        agreement = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, agreement):
            raise PermissionDenied
        row = get_object_or_404(agreement.files, pk=paper)
        file = Path(settings.MEDIA_ROOT, row.path)
        if not file.is_file():
            raise Http404
        return FileResponse(file.open("rb"), as_attachment=True, filename=row.name)

    @display(description="mitra")
    def shown_partner(self, agreement):
        return agreement.partner

    @display(description="status")
    def shown_state(self, agreement):
        return shown(agreement)

    @display(description="berkas")
    def shown_papers(self, agreement):
        return len(agreement.files.all())
