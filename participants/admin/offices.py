"""Dinas kota: the address book of the dinas to which people from outside Jakarta are sent."""

from django.contrib import admin

from participants.models import CityOffice
from participants.offices import CityOfficeResource
from umkm_portal.common.small_tables import SpreadsheetAdmin


@admin.register(CityOffice)
class CityOfficeAdmin(SpreadsheetAdmin):
    resource_classes = (CityOfficeResource,)
    list_display = ("shown_city", "name", "phone", "link", "checked_on")
    list_display_links = ("shown_city",)
    list_select_related = ("region",)
    search_fields = ("region__name", "region__code", "name")
    search_help_text = "Nama kota atau nama dinas"
    ordering = ("region__code", "pk")
    sortable_by = ()
    list_before_template = "staff/offices_before.html"
    fields = ("region", "name", ("phone", "link"), "address", "checked_on")
    autocomplete_fields = ("region",)

    @admin.display(description="kota atau kabupaten")
    def shown_city(self, office):
        return office.region.name
