"""Users, their roles and second factors, and organisations in the staff pages."""

import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401 - imported first, so that we can replace its pages
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group

from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.common.staff_admin import MachineAdmin, StaffAdmin, StaffTable


class MembershipInline(StaffTable):
    model = Membership
    fields = ("role", "organisation", "region", "valid_from", "valid_to")
    autocomplete_fields = ("organisation", "region")


class UserForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("email", "phone", "full_name", "is_staff", "is_superuser", "is_active")
        labels = {"is_superuser": "Pengelola penuh"}
        help_texts = {
            "is_staff": "Boleh membuka portal petugas; haknya menurut peran di bawah.",
            "is_superuser": "Boleh mengubah segalanya, juga pengguna dan perannya.",
        }

    def save(self, commit=True):
        if self.instance.pk is None:
            self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(StaffAdmin):
    """People who log in. Nobody has a password here: a code or a one-time link lets them in."""

    form = UserForm
    list_display = ("full_name", "email", "phone", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "memberships__role")
    search_fields = ("full_name", "email", "phone")
    ordering = ("full_name", "pk")
    fields = ("full_name", "email", "phone", "is_staff", "is_superuser", "is_active")
    inlines = (MembershipInline,)

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Organisation)
class OrganisationAdmin(StaffAdmin):
    list_display = ("short_name", "kind", "parent", "region", "is_active")
    list_filter = ("kind", "is_active")
    list_select_related = ("parent", "region")
    search_fields = ("name", "short_name", "slug")
    ordering = ("short_name", "pk")
    autocomplete_fields = ("parent", "region")


class AuthenticatorAdmin(MachineAdmin):
    """Second factors: seen and, when a phone is lost, removed; never read."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    fields = ("user", "type", "created_at", "last_used_at")
    ordering = ("-created_at", "pk")

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


class SocialAccountAdmin(MachineAdmin):
    """Linked accounts of TikTok: seen and, when the wrong one was linked, removed."""

    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    fields = ("user", "provider", "date_joined", "last_login")
    ordering = ("-date_joined", "pk")

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


class UserSessionAdmin(MachineAdmin):
    list_display = ("user", "ip", "created_at", "last_seen_at")
    list_select_related = ("user",)
    fields = ("user", "ip", "user_agent", "created_at", "last_seen_at")
    ordering = ("-created_at", "pk")


# Roles are memberships, and one address is a field of the user: these pages would only confuse.
# Keys of providers come from the environment, and their tokens are not kept.
NOT_SHOWN = (Group, EmailAddress, EmailConfirmation, SocialApp, SocialToken)
for model in (*NOT_SHOWN, Authenticator, SocialAccount, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
admin.site.register(Authenticator, AuthenticatorAdmin)
admin.site.register(SocialAccount, SocialAccountAdmin)
admin.site.register(UserSession, UserSessionAdmin)
