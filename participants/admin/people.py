"""People in the staff pages."""

from functools import cache

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.utils import display_for_label

from participants import timeline
from participants.access import record_access
from participants.admin import counter, filters, steps, untold
from participants.admin.businesses import BusinessInline
from participants.admin.small_export import SmallExport
from participants.contacts.repair import change_contact
from participants.models import DataAccess, Participant
from participants.registration.people import KTP_SEEN
from participants.search import SHORTEST, find, refresh_search
from umkm_portal.common import codes, phones
from umkm_portal.common.keyset import KeysetChangeList
from umkm_portal.common.staff_admin import StaffAdmin
from umkm_portal.common.staff_fields import PhoneField

_READINESS = {
    "Siap diundang": "success",
    "Tidak bersedia": "warning",
    "Pemakaian dibatasi": "danger",
}


@cache
def _badge(word):
    """Fifty rows show the same few words: unfold would render a template for each."""
    return display_for_label(word, "", _READINESS)


class ParticipantForm(forms.ModelForm):
    phone = PhoneField(required=False)

    def clean_identity(self):
        """Whoever verifies vouches for a NIK that nobody else has."""
        identity, person = self.cleaned_data["identity"], self.instance
        if identity != Participant.Identity.VERIFIED or "identity" not in self.changed_data:
            return identity
        if not person.nik_index:
            raise forms.ValidationError(
                "NIK-nya belum ada. Daftarkan lagi di loket dengan KTP; data ini akan dilengkapi."
            )
        same = Participant.objects.living().filter(nik_index=person.nik_index, identity=identity)
        if same.exclude(pk=person.pk).exists():
            raise forms.ValidationError("NIK ini sudah terverifikasi pada data peserta lain.")
        return identity


@admin.register(Participant)
class ParticipantAdmin(SmallExport, StaffAdmin):
    """One person. The NIK is masked; a whole one is shown on request, and that leaves a trace."""

    form = ParticipantForm
    list_display = (
        "full_name",
        "shown_code",
        "shown_phone",
        "region",
        "shown_businesses",
        "track",
        "shown_readiness",
        "last_served_on",
    )
    list_filter = (
        filters.SegmentFilter,
        filters.ActiveFilter,
        filters.CityFilter,
        filters.SectorFilter,
        filters.ScaleFilter,
        filters.ChannelFilter,
        filters.StageFilter,
        "track",
        "identity",
        "status",
    )
    list_before_template = "staff/participant_tabs.html"
    list_select_related = ("region",)
    sortable_by = ()
    ordering = ("-pk",)
    search_fields = ("search",)
    search_help_text = "Nama, usaha, nomor HP, email, kode peserta, atau NIK lengkap"
    actions = None
    autocomplete_fields = ("region", "agency")
    readonly_fields = (
        "shown_code",
        "shown_nik",
        "status",
        "merged_into",
        "verified_by",
        "verified_at",
        "willing_on",
        "active_until",
        "last_activity_at",
        "last_served_on",
        "restricted_at",
        "source",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("full_name", "shown_code"),
                    ("phone", "email"),
                    ("shown_nik", "birth_date"),
                    ("region", "address"),
                    ("track", "agency"),
                )
            },
        ),
        (
            "Keaktifan dan kesediaan",
            {
                "fields": (
                    ("is_willing", "willing_source"),
                    ("willing_on", "active_until"),
                    ("last_activity_at", "last_served_on"),
                    "restricted_at",
                )
            },
        ),
        (
            "Identitas dan catatan",
            {
                "fields": (
                    ("identity", "verified_how"),
                    ("verified_by", "verified_at"),
                    ("status", "source"),
                    "merged_into",
                    ("created_at", "updated_at"),
                )
            },
        ),
    )
    inlines = (BusinessInline,)
    change_form_outer_before_template = "staff/participant_before.html"
    change_form_outer_after_template = "staff/participant_after.html"

    def get_queryset(self, request):
        return super().get_queryset(request).defer("nik", "search").prefetch_related("businesses")

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def changelist_view(self, request, extra_context=None):
        context = {
            "may_save_segment": request.user.has_perm("participants.add_segment"),
            "as_rules": filters.as_rules(request.GET),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        if all(len(word) < SHORTEST for word in search_term.split()):
            messages.info(request, f"Ketik sedikitnya {SHORTEST} huruf untuk mencari.")
        return find(queryset, search_term), False

    def get_urls(self):
        show_nik = self.admin_site.admin_view(require_POST(never_cache(self.show_nik)))
        name = "participants_participant_nik"
        return [
            *counter.urls(self.admin_site),
            *steps.urls(self.admin_site),
            *untold.urls(self.admin_site),
            path("<path:object_id>/nik/", show_nik, name=name),
            *super().get_urls(),
        ]

    def has_add_permission(self, request):
        return False  # people come in by registration or by file, with their first stage

    def has_delete_permission(self, request, obj=None):
        return False  # a person is anonymised, with everything about her

    def change_view(self, request, object_id, form_url="", extra_context=None):
        person = self.get_object(request, unquote(object_id))
        if person is None:
            raise Http404
        context = {
            "timeline": timeline.of(person, user=request.user),
            **steps.blocks(request, person),
            "nik_address": reverse("admin:participants_participant_nik", args=[person.pk]),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def save_model(self, request, obj, form, change):
        changed = {
            name: form.cleaned_data[name]
            for name in ("phone", "email")
            if name in form.changed_data
        }
        if changed and change_contact(obj, **changed, actor=request.user, now=timezone.now()):
            messages.info(request, "Kontak akun ikut diganti. Semua login lama sudah diakhiri.")
        if "identity" in form.changed_data and obj.identity == Participant.Identity.VERIFIED:
            obj.verified_by, obj.verified_at = request.user, timezone.now()
            obj.verified_how = obj.verified_how or KTP_SEEN
        if "is_willing" in form.changed_data:
            obj.willing_on = timezone.localdate()
            if "willing_source" not in form.changed_data:
                obj.willing_source = f"Dicatat petugas {request.user.full_name}".strip()[:60]
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh_search([form.instance.pk])

    def show_nik(self, request, object_id):
        """The whole NIK once, for a stated reason; who read it and why stays in the history."""
        person = self.get_object(request, unquote(object_id))
        if person is None:
            raise Http404
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        reason = request.POST.get("reason", "").strip()[:120]
        if not reason:
            messages.error(request, "Tulis alasan sebelum membuka NIK lengkap.")
            return redirect("admin:participants_participant_change", person.pk)
        LogEntry.objects.log_actions(
            request.user.pk, [person], CHANGE, f"Membuka NIK lengkap: {reason}", single_object=True
        )
        record_access(
            [person.pk],
            kind=DataAccess.Kind.NIK,
            actor=request.user,
            purpose=reason,
            fields=["NIK"],
            now=timezone.now(),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": f"NIK {person.full_name}",
            "person": person,
            "nik": person.nik,
        }
        return TemplateResponse(request, "staff/participant_nik.html", context)

    @display(description="kode")
    def shown_code(self, person):
        return format_html('<span class="st-nowrap">{}</span>', codes.display(person.code))

    @display(description="nomor HP")
    def shown_phone(self, person):
        phone = phones.display(person.phone) if person.phone else "–"
        return format_html('<span class="st-nowrap">{}</span>', phone)

    @display(description="NIK")
    def shown_nik(self, person):
        return person.masked_nik or "Belum ada"

    @display(description="usaha")
    def shown_businesses(self, person):
        return ", ".join(business.name for business in person.businesses.all()) or "–"

    @display(description="undangan")
    def shown_readiness(self, person):
        if person.status != Participant.Status.ACTIVE:
            return _badge(person.get_status_display())
        if person.restricted_at:
            return _badge("Pemakaian dibatasi")
        if not person.is_active:
            return _badge("Tidak aktif")
        return _badge("Siap diundang" if person.is_willing else "Tidak bersedia")
