"""Bazaars in the staff pages: dates, who takes part, and what was sold beside owners' own word."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST
from unfold.decorators import display

from partners.bazaars import entries, figures
from partners.models import Bazaar, BazaarEntry
from partners.staff_filters import PartnerFilter
from umkm_portal.common import codes, money
from umkm_portal.common.staff_admin import MachineAdmin, StaffAdmin


@admin.register(Bazaar)
class BazaarAdmin(StaffAdmin):
    list_display = ("name", "partner", "starts_on", "ends_on", "shown_entries", "is_online")
    list_filter = (PartnerFilter, "is_online")
    list_select_related = ("partner__organisation",)
    search_fields = ("name", "slug")
    ordering = ("-starts_on", "-pk")
    actions = None
    prepopulated_fields = {"slug": ("name",)}
    change_form_outer_before_template = "staff/bazaar_before.html"
    fields = (
        *("partner", "call", ("name", "slug"), ("starts_on", "ends_on"), ("place", "is_online")),
        "needs",
    )

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(entered=Count("entries"))

    def has_delete_permission(self, request, obj=None):
        """What took place stays known; only a plan without anybody in it may vanish."""
        is_plan = obj is not None and not obj.entries.exists() and not obj.sales_reports.exists()
        return is_plan and super().has_delete_permission(request, obj)

    def get_urls(self):
        fill = self.admin_site.admin_view(require_POST(self.fill))
        name = "partners_bazaar_fill"
        return [path("<int:pk>/isi/", fill, name=name), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        bazaar = self.get_object(request, object_id)
        context = {"bazaar": bazaar}
        if bazaar:
            found = figures.figures_of(bazaar)
            context |= {
                "bazaar_figures": found,
                "bazaar_amount": money.format_rupiah(found.amount),
                "bazaar_change": _change_in_words(figures.change_of(bazaar)),
                "bazaar_may_fill": bazaar.call_id is not None
                and self.has_change_permission(request, bazaar),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def fill(self, request, pk):
        """Enter everybody whom the call let through."""
        bazaar = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, bazaar):
            raise PermissionDenied
        count = entries.add_passed(bazaar, by=request.user, now=timezone.now())
        messages.success(request, f"{count} peserta yang lolos ditambahkan.")
        return redirect("admin:partners_bazaar_change", bazaar.pk)

    @display(description="peserta")
    def shown_entries(self, bazaar):
        return bazaar.entered


@admin.register(BazaarEntry)
class BazaarEntryAdmin(MachineAdmin):
    """Who takes part; came or not is marked for many at once."""

    list_display = ("shown_person", "shown_bazaar", "state", "shown_by", "recorded_at")
    list_filter = ("state", "bazaar")
    list_before_template = "staff/entries_before.html"
    list_select_related = ("participant", "bazaar", "recorded_by")
    search_fields = ("participant__full_name",)
    ordering = ("bazaar", "pk")
    sortable_by = ()
    actions = ("mark_present", "mark_absent")
    fields = ("shown_bazaar", "shown_person", "state", "shown_by", "recorded_at")
    readonly_fields = ("shown_person", "shown_bazaar", "shown_by")

    def get_queryset(self, request):
        rows = super().get_queryset(request).defer("participant__nik", "participant__search")
        return rows.filter(bazaar__in=Bazaar.objects.for_user(request.user))

    @admin.action(description="Ikut", permissions=["mark"])
    def mark_present(self, request, queryset):
        self._mark(request, queryset, BazaarEntry.State.PRESENT)

    @admin.action(description="Tidak ikut", permissions=["mark"])
    def mark_absent(self, request, queryset):
        self._mark(request, queryset, BazaarEntry.State.ABSENT)

    def has_mark_permission(self, request):
        return request.user.has_perm("partners.change_bazaarentry")

    def _mark(self, request, queryset, state):
        rows = BazaarEntry.objects.filter(pk__in=queryset.values("pk"))
        count = entries.mark_entries(rows, state=state, by=request.user, now=timezone.now())
        messages.success(request, f"{count} peserta dicatat: {state.label.lower()}.")

    @display(description="bazar")
    def shown_bazaar(self, entry):
        return entry.bazaar.name

    @display(description="dicatat oleh")
    def shown_by(self, entry):
        return entry.recorded_by or "–"

    @display(description="peserta")
    def shown_person(self, entry):
        return f"{entry.participant.full_name} ({codes.display(entry.participant.code)})"


def _change_in_words(change):
    """The line about owners' own sales, or ''."""
    if change is None:
        return ""
    before, after = (money.format_rupiah(amount) for amount in (change.before, change.after))
    first, second = (date_format(month, "F Y") for month in (change.month_before, change.month))
    return (
        f"Omzet menurut {change.people} pemilik: {first} {before}, {second} {after} "
        f"({change.percent:+d} %)."
    )
