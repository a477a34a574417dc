"""Reports of sales in the staff pages: every version, beside the owners' own word, taken back."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from partners.bazaars.figures import compare
from partners.bazaars.services import ReportNotAccepted, withdraw_report
from partners.models import SalesReport
from partners.staff_filters import PartnerFilter
from umkm_portal.common import codes, money
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin


@admin.register(SalesReport)
class SalesReportAdmin(MachineAdmin):
    """What partners reported, version by version; a wrong one is taken back with a reason."""

    list_display = (
        *("shown_title", "partner", "shown_state", "shown_people", "shown_amount"),
        *("accepted_by", "accepted_at"),
    )
    list_filter = (PartnerFilter, "bazaar")
    list_select_related = ("partner__organisation", "bazaar", "accepted_by")
    search_fields = ("bazaar__name",)
    ordering = ("-pk",)
    sortable_by = ()

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(people=Count("rows__participant", distinct=True), amount=Sum("rows__amount"))
        )

    def get_urls(self):
        withdraw = self.admin_site.admin_view(require_POST(self.withdraw))
        name = "partners_salesreport_withdraw"
        return [path("<int:pk>/tarik/", withdraw, name=name), *super().get_urls()]

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        report = self._find(request, object_id)
        found = compare(report)
        context = {
            **self.admin_site.each_context(request),
            "title": _titled(report),
            "opts": self.opts,
            "report": report,
            "state": state_of(report),
            "amount": money.format_rupiah(report.amount or 0),
            "comparison": found,
            "rows": [
                (
                    codes.display(row.code),
                    row.name,
                    money.format_rupiah(row.reported),
                    "" if row.stated is None else money.format_rupiah(row.stated),
                    _signed(row.difference),
                    row.exceeds,
                )
                for row in found.rows
            ],
            "may_withdraw": report.withdrawn_at is None
            and report.replaced_by_id is None
            and report.stored_at is not None
            and request.user.has_perm("partners.change_salesreport"),
        }
        return TemplateResponse(request, "staff/sales_report.html", context)

    def withdraw(self, request, pk):
        report = self._find(request, str(pk))
        if not request.user.has_perm("partners.change_salesreport"):
            raise PermissionDenied
        try:
            before = withdraw_report(
                report, why=request.POST.get("why", ""), by=request.user, now=timezone.now()
            )
        except ReportNotAccepted as refusal:
            messages.error(request, str(refusal))
        else:
            now_counts = f"Versi {before.version} berlaku lagi." if before else ""
            messages.success(request, f"Versi {report.version} ditarik kembali. {now_counts}")
        return redirect("admin:partners_salesreport_change", report.pk)

    def _find(self, request, pk):
        rows = self.get_queryset(request).select_related(
            *self.list_select_related, "withdrawn_by", "replaced_by", "file"
        )
        report = get_object_or_404(rows, pk=whole_in(pk))
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        return report

    @display(description="laporan")
    def shown_title(self, report):
        return _titled(report)

    @display(description="status", label={"Berlaku": "success", "Ditarik kembali": "danger"})
    def shown_state(self, report):
        return state_of(report)

    @display(description="usaha")
    def shown_people(self, report):
        return report.people

    @display(description="penjualan")
    def shown_amount(self, report):
        return money.format_rupiah(report.amount or 0)


def state_of(report):
    if report.withdrawn_at:
        return "Ditarik kembali"
    if report.stored_at is None:
        return "Sedang disimpan"
    return "Sudah diganti" if report.replaced_by_id else "Berlaku"


def _titled(report):
    name = report.bazaar.name if report.bazaar else "Penjualan umum"
    return f"{name}, versi {report.version}"


def _signed(difference):
    """Rupiah with a sign: more (+) or less (−) than the owner says."""
    if difference is None:
        return ""
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return f"{sign}{money.format_rupiah(abs(difference))}"
