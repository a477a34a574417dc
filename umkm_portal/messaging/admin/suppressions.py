"""Addresses that get nothing more: why, since when, and how one is let in again."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from umkm_portal.common import phones
from umkm_portal.common.keyset import KeysetChangeList
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import StaffAdmin, in_wib
from umkm_portal.common.typed import line_in
from umkm_portal.messaging import directory, kinds, services
from umkm_portal.messaging.masking import masked, without_addresses
from umkm_portal.messaging.models import Channel, Suppression

SHORTEST_REASON = 10
REACHED = [choice for choice in Channel.choices if choice[0] != Channel.MANUAL]
ADVICE = {
    "opt_out": "Pemiliknya yang meminta berhenti. Cabut hanya bila ia sendiri meminta lagi.",
    "hard_bounce": "Server penerima mengatakan alamat ini tidak ada. Perbaiki alamatnya di data "
    "peserta; cabut hanya bila alamatnya ternyata benar.",
    "complaint": "Penerima menandai pesan kita sebagai spam. Cabut hanya atas permintaannya.",
    "staff": "Dihentikan petugas. Baca keterangannya sebelum mencabut.",
}


def purpose_in_words(purpose):
    """What a line of the list stops."""
    if purpose == Suppression.EVERYTHING:
        return "Semua pesan"
    if purpose == "bulk":
        return "Undangan dan pengumuman"
    try:
        return kinds.get(purpose).label
    except kinds.UnknownKind:
        return purpose


class StopForm(forms.ModelForm):
    """An address that staff stop: written as the sender knows it, for something it knows."""

    channel = forms.ChoiceField(
        label="Saluran", choices=REACHED, widget=UnfoldAdminSelectWidget, initial=Channel.EMAIL
    )
    purpose = forms.ChoiceField(label="Yang dihentikan", widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Suppression
        fields = ("channel", "address", "purpose", "reason", "note")
        help_texts = {
            "address": "Alamat email, atau nomor HP seperti 0812-3456-7890.",
            "note": "Siapa yang meminta, dan kapan.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "purpose" in self.fields:
            single = sorted((purpose_in_words(name), name) for name in kinds.names(purpose="bulk"))
            self.fields["purpose"].choices = [
                (purpose, purpose_in_words(purpose)) for purpose in ("bulk", Suppression.EVERYTHING)
            ] + [(name, words) for words, name in single]
            self.fields["reason"].initial = Suppression.Reason.STAFF

    def clean(self):
        cleaned = super().clean()
        channel, address = cleaned.get("channel"), cleaned.get("address", "")
        try:
            if channel == Channel.EMAIL:
                validate_email(address)
                cleaned["address"] = address.lower()
            elif address:
                cleaned["address"] = phones.to_e164(address)
        except phones.PhoneError as problem:
            self.add_error("address", str(problem))
        except ValidationError:
            self.add_error("address", "Tulis alamat email lengkap, misalnya siti@contoh.id.")
        return cleaned


@admin.register(Suppression)
class SuppressionAdmin(StaffAdmin):
    form = StopForm
    list_display = ("shown_address", "channel", "shown_purpose", "reason", "shown_time")
    list_filter = ("channel", "reason")
    search_fields = ("address",)
    ordering = ("-pk",)
    sortable_by = ()
    fields = (("channel", "address"), ("purpose", "reason"), "note")

    def get_queryset(self, request):
        return directory.Area(request.user).addresses(super().get_queryset(request))

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def get_urls(self):
        lift = self.admin_site.admin_view(require_POST(self.lift))
        return [
            path("<int:pk>/cabut/", lift, name="messaging_suppression_lift"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request, obj=None):
        return False  # a line is written once, and lifted with a reason

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """What waits for the address is stopped with it."""
        saved = services.suppress(
            channel=obj.channel,
            address=obj.address,
            purpose=obj.purpose,
            reason=obj.reason,
            note=obj.note,
            now=timezone.now(),
        )
        obj.pk = saved.pk

    @display(description="alamat")
    def shown_address(self, row):
        return masked(row.address)

    @display(description="sejak (WIB)")
    def shown_time(self, row):
        return in_wib(row.created_at)

    @display(description="yang dihentikan")
    def shown_purpose(self, row):
        return purpose_in_words(row.purpose)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        rows = self.get_queryset(request)
        row = rows.filter(pk=whole_in(str(object_id))).first()
        if row is None:
            raise Http404
        owners, area = directory.owners(row.channel, row.address), directory.Area(request.user)
        may_lift = _may_lift(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Alamat dihentikan",
            "opts": self.opts,
            "row": row,
            "address": row.address if may_lift else masked(row.address),
            "purpose": purpose_in_words(row.purpose),
            "note": row.note if may_lift else without_addresses(row.note),
            "advice": ADVICE.get(row.reason, ""),
            "people": list(area.people([owner.key for owner in owners]).values()),
            "may_lift": may_lift,
            "shortest": SHORTEST_REASON,
        }
        return TemplateResponse(request, "staff/suppression.html", context)

    def lift(self, request, pk):
        """Let messages reach the address again, for a reason that stays in the log."""
        if not _may_lift(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None:
            raise Http404
        reason = line_in(request.POST.get("alasan", ""), most=200)
        if len(reason) < SHORTEST_REASON:
            messages.error(request, f"Tulis alasannya, sedikitnya {SHORTEST_REASON} huruf.")
            return redirect("admin:messaging_suppression_change", row.pk)
        services.lift(row, reason=reason, actor=request.user)
        messages.success(request, "Alamat ini menerima pesan lagi.")
        return redirect("admin:messaging_suppression_changelist")


def _may_lift(request):
    return request.user.has_perm("messaging.delete_suppression")
