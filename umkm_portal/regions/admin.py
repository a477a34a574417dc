"""Regions and the calendar in the staff pages."""

from django.contrib import admin

from umkm_portal.common.staff_admin import StaffAdmin
from umkm_portal.regions.models import HolidayOverride, Region


@admin.register(Region)
class RegionAdmin(StaffAdmin):
    list_display = ("name", "code", "level", "parent", "valid_from", "valid_to")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    ordering = ("code", "pk")
    autocomplete_fields = ("parent", "successor")


@admin.register(HolidayOverride)
class HolidayOverrideAdmin(StaffAdmin):
    list_display = ("date", "name", "is_working")
    ordering = ("-date", "pk")
