"""Templates of certificates: the words, who signs, and for which trainings they count."""

from django import forms
from django.contrib import admin, messages
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from trainings.certificates import wording
from trainings.certificates.images import ImageRefused, keep_image
from trainings.models import CertificateKind, CertificateTemplate
from umkm_portal.common.staff_admin import StaffAdmin

_KEPT = "Sudah ada gambarnya; pilih berkas lain untuk menggantinya."
_ASKED = "PNG, JPG, atau WebP, paling besar 4 MB."
_VARIABLES = ", ".join(f"{{{name}}} ({told})" for name, told in wording.VARIABLES.items())


class CertificateTemplateForm(forms.ModelForm):
    signature = forms.FileField(
        label="Gambar tanda tangan", required=False, widget=UnfoldAdminFileFieldWidget
    )
    logo = forms.FileField(
        label="Logo di kanan atas", required=False, widget=UnfoldAdminFileFieldWidget
    )

    class Meta:
        model = CertificateTemplate
        fields = (
            *("name", "kind", "organiser", "programme", "training", "title", "body", "place"),
            *("signer_name", "signer_title", "signer_nip", "lesson_minutes"),
        )
        help_texts = {
            "body": f"Satu baris, satu baris di kertas. Isian yang dikenal: {_VARIABLES}. Baris "
            "yang hanya berisi {nama} dicetak besar, yang hanya {pelatihan} dicetak tebal.",
            "lesson_minutes": "Satu jam pelajaran (JP) biasanya 45 menit.",
            "training": "Kosongkan ketiganya untuk templat umum.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("signature", "logo"):
            has_one = getattr(self.instance, f"{name}_path")
            self.fields[name].help_text = f"{_KEPT} {_ASKED}" if has_one else _ASKED

    def clean_body(self):
        try:
            wording.check_body(self.cleaned_data["body"])
        except wording.WordingRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return self.cleaned_data["body"]

    def clean(self):
        data = super().clean()
        for name in ("signature", "logo"):
            if file := data.get(name):
                try:
                    setattr(self.instance, f"{name}_path", keep_image(file, size=file.size))
                except ImageRefused as refusal:
                    self.add_error(name, str(refusal))
        return data


@admin.register(CertificateTemplate)
class CertificateTemplateAdmin(StaffAdmin):
    form = CertificateTemplateForm
    list_display = ("name", "kind", "shown_scope", "title", "shown_signer")
    list_filter = ("kind",)
    list_select_related = ("organiser", "programme", "training")
    search_fields = ("name", "signer_name")
    ordering = ("name", "pk")
    autocomplete_fields = ("organiser", "programme", "training")
    actions = None
    empty_title = "Belum ada templat."
    empty_text = "Sertifikat memakai kata-kata umum tanpa nama penanda tangan."
    fieldsets = (
        (None, {"fields": (("name", "kind"), ("title", "place"), "body", "lesson_minutes")}),
        ("Penanda tangan", {"fields": (("signer_name", "signer_nip"), "signer_title")}),
        ("Gambar", {"fields": ("signature", "logo")}),
        ("Berlaku untuk", {"fields": (("organiser", "programme"), "training")}),
    )

    def get_changeform_initial_data(self, request):
        return wording.STANDARD[CertificateKind.FINISHED] | super().get_changeform_initial_data(
            request
        )

    def has_delete_permission(self, request, obj=None):
        """A template that stands on a certificate is kept."""
        is_unused = obj is not None and not obj.editions.exists()
        return is_unused and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        messages.info(request, "Berlaku untuk sertifikat yang terbit sesudah ini.")

    @display(description="berlaku untuk")
    def shown_scope(self, template):
        return template.training or template.programme or template.organiser or "Semua pelatihan"

    @display(description="penanda tangan", ordering="signer_name")
    def shown_signer(self, template):
        return template.signer_name or "Belum diisi"
