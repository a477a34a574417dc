"""The short lists that staff keep: sectors and steps."""

from django.contrib import admin

from participants.models import Sector, Stage
from umkm_portal.common.staff_admin import StaffAdmin


@admin.register(Sector)
class SectorAdmin(StaffAdmin):
    list_display = ("name", "slug", "aliases", "is_active")
    search_fields = ("name", "aliases")
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Stage)
class StageAdmin(StaffAdmin):
    list_display = ("code", "name", "summary")
    ordering = ("code",)
