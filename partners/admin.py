"""Partners and their agreements in the staff pages."""

from django.contrib import admin
from django.utils import timezone

from partners.announcing import admin as announcing
from partners.bazaars import admin as bazaars
from partners.calls import admin as calls
from partners.models import MemberInvitation, Partner
from partners.sharing import admin as sharing
from partners.sharing.agreements import SharingStopped, agreement_of
from partners.space import admin as space
from partners.space.members import members_of
from umkm_portal.common.staff_admin import StaffAdmin

__all__ = ["announcing", "bazaars", "calls", "sharing", "space"]


@admin.register(Partner)
class PartnerAdmin(StaffAdmin):
    list_display = ("organisation", "contact_name", "contact_email", "country")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "contact_name", "contact_email")
    ordering = ("organisation__short_name", "pk")
    autocomplete_fields = ("organisation",)
    change_form_outer_before_template = "staff/partner_before.html"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        partner = self.get_object(request, object_id)
        context = _overview(request, partner) if partner else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


def _overview(request, partner):
    """What stands above the form: who acts for the partner, under what, and where to go on."""
    now = timezone.now()
    try:
        agreement, stopped = agreement_of(partner, now=now), ""
    except SharingStopped as refusal:
        agreement, stopped = None, str(refusal)
    return {
        "partner": partner,
        "partner_members": members_of(partner),
        "partner_asked": MemberInvitation.objects.open(now=now).filter(partner=partner).count(),
        "partner_calls": partner.calls.count(),
        "partner_bazaars": partner.bazaars.count(),
        "partner_agreement": agreement,
        "partner_stopped": stopped,
        "partner_may_invite": request.user.has_perm("partners.add_memberinvitation"),
    }
