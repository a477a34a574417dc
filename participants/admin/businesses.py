"""Businesses in the staff pages: beneath their owner, and alone with their sales channels."""

from django import forms
from django.contrib import admin
from unfold.decorators import display

from participants.models import Business, Participant, SalesChannel
from participants.search import refresh_search
from umkm_portal.common.keyset import KeysetChangeList
from umkm_portal.common.staff_admin import StaffAdmin, StaffStack, StaffTable
from umkm_portal.common.staff_fields import RupiahField


class BusinessForm(forms.ModelForm):
    capital = RupiahField(label="Modal (rupiah)", required=False)
    yearly_sales = RupiahField(label="Omzet setahun (rupiah)", required=False)


def scale_of(business):
    """Micro to large in words; the database works it out from sales or capital."""
    return Business.Scale(business.scale).label


class BusinessInline(StaffStack):
    model = Business
    form = BusinessForm
    fields = (
        ("name", "products"),
        ("sector", "region"),
        ("nib", "sells_live"),
        ("kbli", "kbli_version"),
        ("market", "stall"),
        ("capital", "yearly_sales"),
        "shown_scale",
    )
    readonly_fields = ("shown_scale",)
    autocomplete_fields = ("region",)
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("sector", "region")

    @display(description="skala")
    def shown_scale(self, business):
        return scale_of(business)


class SalesChannelInline(StaffTable):
    model = SalesChannel


@admin.register(Business)
class BusinessAdmin(StaffAdmin):
    """One business with the places where it sells; reached from its owner."""

    form = BusinessForm
    fields = BusinessInline.fields
    readonly_fields = ("shown_scale",)
    autocomplete_fields = ("region",)
    inlines = (SalesChannelInline,)
    list_display = ("name", "participant", "sector", "region", "shown_scale")
    list_select_related = ("participant", "sector", "region")
    sortable_by = ()
    actions = None
    ordering = ("-pk",)

    def get_queryset(self, request):
        people = Participant.objects.for_user(request.user).values("pk")
        return super().get_queryset(request).filter(participant__in=people)

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def has_add_permission(self, request):
        return False

    @display(description="skala")
    def shown_scale(self, business):
        return scale_of(business)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh_search([form.instance.participant_id])
