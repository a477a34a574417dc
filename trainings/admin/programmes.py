"""Programmes with their money and everything that belongs to them."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from unfold.decorators import display

from trainings.admin import reminder_texts
from trainings.admin.clashing import ProgrammeMoneyFormSet, clashes_on
from trainings.admin.cohort_forms import BudgetForm
from trainings.admin.readiness import money_rows, programme_block
from trainings.admin.reminding import ReminderRuleInline
from trainings.models import BudgetLine, Cohort, Programme
from trainings.planning import money, readiness
from trainings.planning.money import Money
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.staff_admin import StaffAdmin, StaffTable
from umkm_portal.common.staff_fields import RupiahField

MOST = 200


class ProgrammeForm(forms.ModelForm):
    budget = RupiahField(label="Pagu anggaran (rupiah)", required=False)


class ProgrammeBudgetInline(StaffTable):
    model = BudgetLine
    form = BudgetForm
    formset = ProgrammeMoneyFormSet
    fields = ("purpose", "note", "planned", "committed", "spent")
    verbose_name_plural = "Anggaran program sendiri, di luar gelombang"


@admin.register(Programme)
class ProgrammeAdmin(StaffAdmin):
    form = ProgrammeForm
    list_display = ("name", "year", "organiser", "shown_cohorts", "shown_money")
    list_filter = ("year",)
    list_select_related = ("organiser",)
    search_fields = ("name", "slug")
    ordering = ("-year", "name", "pk")
    autocomplete_fields = ("organiser",)
    prepopulated_fields = {"slug": ("name", "year")}
    actions = None
    inlines = (ReminderRuleInline, ProgrammeBudgetInline)
    change_form_outer_before_template = "staff/programme_before.html"
    change_form_before_template = "staff/_clashes.html"
    fields = (
        ("name", "year"),
        ("slug", "organiser"),
        "aim",
        ("budget", "budget_source"),
    )

    def get_queryset(self, request):
        live = ~Q(trainings__cohorts__state=Cohort.State.CANCELLED)
        rows = super().get_queryset(request)
        return rows.annotate(
            training_count=Count("trainings", distinct=True),
            cohort_count=Count("trainings__cohorts", filter=live, distinct=True),
        )

    def get_changelist_instance(self, request):
        """The money of all programmes of the page, read at once."""
        changelist = super().get_changelist_instance(request)
        page = list(changelist.result_list)
        told = money.programme_money([programme.pk for programme in page])
        for programme in page:
            programme.money = told.get(programme.pk, Money())
        changelist.result_list = page
        return changelist

    def get_urls(self):
        texts = path(
            "pengingat/<str:rule>/",
            self.admin_site.admin_view(self._reminder_text),
            name="trainings_reminder_text",
        )
        return [texts, *super().get_urls()]

    def _reminder_text(self, request, rule):
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return reminder_texts.show(request, rule, context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        programme = self.get_object(request, object_id)
        context = overview(programme) if programme else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def render_change_form(self, request, context, *args, **kwargs):
        return super().render_change_form(request, context | clashes_on(context), *args, **kwargs)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        left = money.room_of(form.instance)
        if left is not None and left < 0:
            messages.warning(
                request,
                f"Pagu kurang {format_rupiah(-left)} dari anggaran gelombang yang sudah dibuka.",
            )

    @display(description="gelombang", ordering="cohort_count")
    def shown_cohorts(self, programme):
        return f"{programme.cohort_count} ({programme.training_count} pelatihan)"

    @display(description="anggaran")
    def shown_money(self, programme):
        bar = money.draw(programme.money, whole=programme.budget)
        told = (
            "tanpa pagu" if programme.budget is None else f"pagu {format_rupiah(programme.budget)}"
        )
        return render_to_string("staff/_money_cell.html", {"bar": bar, "told": told})


def overview(programme):
    """What stands above the form: the money, and each training with its cohorts."""
    everything = money.programme_money([programme.pk]).get(programme.pk, Money())
    cohorts = (
        Cohort.objects.filter(training__programme=programme)
        .exclude(state=Cohort.State.CANCELLED)
        .select_related("training")
        .order_by("training__title", "training", "starts_at", "number", "pk")
    )
    shown = list(cohorts[:MOST])
    own = money.cohort_money([cohort.pk for cohort in shown])
    plans = [cohort for cohort in shown if cohort.state == Cohort.State.DRAFT]
    now = timezone.now()
    found = {one.cohort.pk: one for one in readiness.readiness_of_many(plans, now=now)}
    return {
        **programme_block(programme),
        "money_rows": money_rows(everything),
        "claimed": format_rupiah(everything.claimed),
        "trainings": programme.trainings.order_by("title", "pk"),
        "lines": [
            (cohort, found.get(cohort.pk), _amounts(own.get(cohort.pk, Money())))
            for cohort in shown
        ],
    }


def _amounts(own):
    """A bar with planned, promised and paid amounts in words."""
    return (money.draw(own), *map(format_rupiah, (own.planned, own.committed, own.spent)))
