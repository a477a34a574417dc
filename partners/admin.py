"""Partners and their agreements in the staff pages."""

from django.contrib import admin

from partners.announcing import admin as announcing
from partners.calls import admin as calls
from partners.models import Agreement, Partner
from partners.space import admin as space  # noqa: F401 - registers its pages
from umkm_portal.common.staff_admin import StaffAdmin, StaffTable

__all__ = ["announcing", "calls"]


class AgreementInline(StaffTable):
    model = Agreement
    fields = ("number", "purpose", "valid_from", "valid_to", "allowed_fields")


@admin.register(Partner)
class PartnerAdmin(StaffAdmin):
    list_display = ("organisation", "contact_name", "contact_email", "country")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "contact_name", "contact_email")
    ordering = ("organisation__short_name", "pk")
    autocomplete_fields = ("organisation",)
    inlines = (AgreementInline,)
