"""The staff page of targets."""

from django.contrib import admin
from unfold.decorators import display

from umkm_portal.accounts.models import Organisation
from umkm_portal.common.small_tables import SpreadsheetAdmin
from umkm_portal.regions.models import Region
from umkm_portal.reports.models import Target
from umkm_portal.reports.resources import TargetResource


@admin.register(Target)
class TargetAdmin(SpreadsheetAdmin):
    resource_classes = (TargetResource,)
    list_display = ("measure", "years", "number", "shown_scope", "source", "source_date")
    list_filter = ("year", "measure")
    list_select_related = ("city", "agency", "programme", "topic")
    search_fields = ("source",)
    ordering = ("-year", "measure", "pk")
    actions = None
    autocomplete_fields = ("programme", "topic")
    fields = (
        "measure",
        ("since", "year", "number"),
        ("city", "agency"),
        ("programme", "topic"),
        ("source", "source_date"),
    )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "city":
            cities = Region.objects.jakarta().filter(level=Region.Level.CITY).valid()
            kwargs["queryset"] = cities.order_by("code")
        if db_field.name == "agency":
            agencies = Organisation.objects.filter(kind=Organisation.Kind.AGENCY, is_active=True)
            kwargs["queryset"] = agencies.order_by("short_name", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description="tahun", ordering="year")
    def years(self, target):
        return target.years

    @display(description="untuk")
    def shown_scope(self, target):
        return target.scope or "Semua"
