"""Cohorts with sessions, budget and quotas; the pages of one cohort stand in `pages/`."""

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery, Sum
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.decorators import display

from trainings.admin.catalogue import SpreadsheetAdmin
from trainings.models import BudgetLine, Cohort, CohortQuota, Enrolment, Session
from trainings.resources import CohortPlanResource
from trainings.sessions import refresh_cohort_dates
from umkm_portal.common import bars
from umkm_portal.common.dates import format_moment
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.staff_admin import StaffStack, StaffTable
from umkm_portal.common.staff_fields import RupiahField

STATE_TAGS = {
    Cohort.State.DRAFT: "grey",
    Cohort.State.OPEN: "green",
    Cohort.State.CLOSED: "yellow",
    Cohort.State.FINISHED: "grey",
    Cohort.State.CANCELLED: "red",
}


def seats_bar(cohort):
    """Taken and offered seats of one cohort, from its own counters."""
    counts = [("green", "terisi", cohort.taken), ("yellow", "ditawarkan", cohort.held)]
    return bars.draw(counts, total=cohort.seats)


class SessionInline(StaffStack):
    model = Session
    fields = (("title", "venue"), ("starts_at", "ends_at"), "link", "trainers")
    autocomplete_fields = ("venue", "trainers")


class BudgetForm(forms.ModelForm):
    planned = RupiahField(label="rencana", initial=0)
    spent = RupiahField(label="terpakai", initial=0)


class BudgetInline(StaffTable):
    model = BudgetLine
    form = BudgetForm
    fields = ("purpose", "note", "planned", "spent")


class QuotaInline(StaffTable):
    model = CohortQuota
    fields = ("kind", "key", "seats", "taken")
    readonly_fields = ("taken",)


@admin.register(Cohort)
class CohortAdmin(SpreadsheetAdmin):
    resource_classes = (CohortPlanResource,)
    list_display = ("shown_title", "shown_state", "shown_start", "shown_seats", "shown_waiting")
    list_filter = ("state", "mode", "training__topic")
    list_select_related = ("training",)
    search_fields = ("code", "training__title")
    search_help_text = "Kode atau judul pelatihan"
    ordering = ("-starts_at", "-pk")
    autocomplete_fields = ("training",)
    inlines = (SessionInline, BudgetInline, QuotaInline)
    change_form_outer_before_template = "staff/cohort_before.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("training", "number"),
                    ("code", "state"),
                    ("mode", "eligibility"),
                    ("seats", "minimum"),
                    ("opens_at", "closes_at"),
                    ("place_note", "data_cost_mb"),
                )
            },
        ),
        (
            "Undangan",
            {
                "fields": (
                    ("people_per_seat", "auto_rounds"),
                    ("answer_hours", "offer_hours"),
                )
            },
        ),
    )

    def get_queryset(self, request):
        waiting = (
            Enrolment.objects.filter(cohort=OuterRef("pk"), state=Enrolment.State.WAITLISTED)
            .order_by()
            .values("cohort")
            .annotate(count=Count("pk"))
        )
        return super().get_queryset(request).annotate(waiting=Subquery(waiting.values("count")))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        cohort = self.get_object(request, object_id)
        context = overview(cohort) if cohort else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        refresh_cohort_dates(form.instance)

    @display(description="gelombang", ordering="code")
    def shown_title(self, cohort):
        return format_html(
            '{}<br><span class="st-small st-muted">Gelombang {}, {}</span>',
            cohort.training.title,
            cohort.number,
            cohort.code,
        )

    @display(description="status", ordering="state")
    def shown_state(self, cohort):
        tone, label = STATE_TAGS[cohort.state], cohort.get_state_display()
        return format_html('<span class="st-tag st-{}">{}</span>', tone, label)

    @display(description="sesi pertama", ordering="starts_at")
    def shown_start(self, cohort):
        return format_moment(cohort.starts_at) if cohort.starts_at else "Jadwal menyusul"

    @display(description="kursi", ordering="taken")
    def shown_seats(self, cohort):
        context = {"bar": seats_bar(cohort), "cohort": cohort}
        return render_to_string("staff/_seats_cell.html", context)

    @display(description="daftar tunggu", ordering="waiting", empty_value="0")
    def shown_waiting(self, cohort):
        return cohort.waiting or 0


def overview(cohort):
    """Head of a cohort's pages: seats, answers per state, budget."""
    states = dict(cohort.enrolments.order_by().values_list("state").annotate(count=Count("pk")))
    budget = cohort.budget_lines.aggregate(planned=Sum("planned"), spent=Sum("spent"))
    return {
        "cohort": cohort,
        "seats_bar": seats_bar(cohort),
        "state_tag": STATE_TAGS[cohort.state],
        "funnel": [
            (label, states.get(value, 0))
            for value, label in Enrolment.State.choices
            if states.get(value)
        ],
        "planned": format_rupiah(budget["planned"] or 0),
        "spent": format_rupiah(budget["spent"] or 0),
        "budget_bar": bars.draw(
            [("green", "terpakai", budget["spent"] or 0)], total=budget["planned"] or 0
        ),
    }
