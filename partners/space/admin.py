"""Invitations of partners' members in the staff pages: the dinas asks the first manager."""

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils import timezone

from partners.models import MemberInvitation
from partners.space import members
from umkm_portal.common.staff_admin import StaffAdmin


class MemberInvitationForm(forms.ModelForm):
    class Meta:
        model = MemberInvitation
        fields = ("partner", "email", "role")
        help_texts = {
            "email": "Begitu disimpan, undangan dikirim ke alamat ini. Tautannya berlaku 7 hari.",
            "role": "Pengelola mengundang anggota, pengunggah mengirim daftar, pembaca melihat.",
        }

    def clean(self):
        data = super().clean()
        if data.get("partner") and data.get("email"):
            try:
                members.refuse_needless(data["partner"], data["email"], now=timezone.now())
            except members.MemberRefused as refusal:
                raise forms.ValidationError(str(refusal)) from None
        return data


@admin.register(MemberInvitation)
class MemberInvitationAdmin(StaffAdmin):
    """Adding one sends it; its link works once, within a week."""

    form = MemberInvitationForm
    list_display = ("email", "partner", "role", "invited_by", "sent_at", "accepted_at")
    list_select_related = ("partner__organisation", "invited_by")
    list_filter = ("role",)
    search_fields = ("email",)
    ordering = ("-sent_at", "-pk")
    autocomplete_fields = ("partner",)
    actions = None

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        sent = members.invite_member(
            obj.partner, email=obj.email, role=obj.role, by=request.user, now=timezone.now()
        )
        obj.pk = sent.pk
        obj.refresh_from_db()

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, f"Undangan dikirim ke {obj.email}.")
        again = "_addanother" in request.POST
        return redirect(f"admin:partners_memberinvitation_{'add' if again else 'changelist'}")
