"""Rujukan: people from outside Jakarta, counted, printed and sent on to the dinas of their city."""

import io

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import display

from participants.access import record_access
from participants.models import DataAccess, Participant, Referral
from umkm_portal.common import phones
from umkm_portal.common.spreadsheets.writing import write_xlsx
from umkm_portal.common.staff_admin import StaffAdmin

HEADER = ("Kota asal", "Nama", "Nomor HP", "Email", "Usaha", "Layanan", "Dicatat", "Dirujuk")
PURPOSE = "Rujukan ke dinas kota asal"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ToldFilter(admin.SimpleListFilter):
    """Whether the city has heard of the person."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [("belum", "Belum dirujuk"), ("sudah", "Sudah dirujuk")]

    def queryset(self, request, queryset):
        if self.value() == "belum":
            return queryset.untold()
        return queryset.exclude(told_at=None) if self.value() == "sudah" else queryset


@admin.register(Referral)
class ReferralAdmin(StaffAdmin):
    """One person whom her own city is to serve; the portal writes the row when she registers."""

    list_display = ("shown_person", "region", "service", "created_at", "shown_state")
    list_filter = (ToldFilter, "created_at")
    list_select_related = ("participant", "region")
    list_before_template = "staff/referrals_before.html"
    search_fields = ("region__name", "participant__full_name")
    search_help_text = "Nama kota atau nama orang"
    ordering = ("-pk",)
    sortable_by = ()
    actions = ("mark_told",)
    readonly_fields = ("participant", "region", "service", "created_at", "told_at")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).defer("participant__nik", "participant__search")

    def get_urls(self):
        pages = (
            ("cetak/", require_safe(self.print_list), "print"),
            ("unduh/", require_POST(self.download), "download"),
        )
        return [
            *(
                path(place, self.admin_site.admin_view(view), name=f"participants_referral_{name}")
                for place, view, name in pages
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, {"title": "Rujukan", **(extra_context or {})})
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            shown["by_city"] = by_city(shown["cl"].queryset)
            shown["query"] = shown["cl"].get_query_string()
            shown["may_download"] = self.has_change_permission(request)
        return response

    def print_list(self, request):
        """The list as filtered, on paper: one table for each city; written down for each person."""
        rows = self._rows(request)
        _record(rows, request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Daftar rujukan",
            "rows": rows,
            "printed_at": timezone.now(),
        }
        return TemplateResponse(request, "staff/referrals_print.html", context)

    def download(self, request):
        """The list as filtered, for the dinas of the cities; written down for each person."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        rows, file = self._rows(request), io.BytesIO()
        write_xlsx(file, HEADER, map(_cells, rows))
        _record(rows, request)
        return HttpResponse(
            file.getvalue(),
            content_type=XLSX,
            headers={"Content-Disposition": 'attachment; filename="rujukan.xlsx"'},
        )

    @admin.action(description="Tandai sudah dirujuk", permissions=["change"])
    def mark_told(self, request, queryset):
        count = queryset.untold().update(told_at=timezone.now())
        messages.success(request, f"{count} orang ditandai sudah dirujuk.")

    @display(description="nama")
    def shown_person(self, referral):
        return referral.participant.full_name

    @display(
        description="status",
        label={"Sudah dirujuk": "success", "Belum dirujuk": "warning"},
    )
    def shown_state(self, referral):
        return "Sudah dirujuk" if referral.told_at else "Belum dirujuk"

    def _rows(self, request):
        """The rows of the list as filtered, by city and name."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).queryset
        rows = rows.filter(participant__in=Participant.objects.unrestricted().values("pk"))
        rows = rows.select_related("participant", "region")
        rows = rows.prefetch_related("participant__businesses")
        return list(rows.order_by("region__name", "participant__full_name", "pk"))


def _record(rows, request):
    record_access(
        [row.participant_id for row in rows],
        kind=DataAccess.Kind.EXPORT,
        actor=request.user,
        purpose=PURPOSE,
        fields=HEADER[1:5],
        now=timezone.now(),
    )


def by_city(referrals):
    """(city, how many, of whom not sent on), the largest first."""
    counts = (
        referrals.order_by()
        .values_list("region__name")
        .annotate(count=Count("pk"), untold=Count("pk", filter=Q(told_at=None)))
    )
    return counts.order_by("-count", "region__name")


def _cells(referral):
    person = referral.participant
    return (
        referral.region.name,
        person.full_name,
        phones.display(person.phone) if person.phone else "",
        person.email,
        ", ".join(business.name for business in person.businesses.all()),
        referral.service,
        timezone.localdate(referral.created_at),
        timezone.localdate(referral.told_at) if referral.told_at else "",
    )
