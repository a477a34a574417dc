"""Partners and their agreements in the staff pages."""

from django.contrib import admin

from partners.announcing import admin as announcing
from partners.bazaars import admin as bazaars
from partners.calls import admin as calls
from partners.models import Partner
from partners.sharing import admin as sharing
from partners.space import admin as space
from umkm_portal.common.staff_admin import StaffAdmin

__all__ = ["announcing", "bazaars", "calls", "sharing", "space"]


@admin.register(Partner)
class PartnerAdmin(StaffAdmin):
    list_display = ("organisation", "contact_name", "contact_email", "country")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "contact_name", "contact_email")
    ordering = ("organisation__short_name", "pk")
    autocomplete_fields = ("organisation",)
