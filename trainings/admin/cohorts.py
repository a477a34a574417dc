"""Cohorts with sessions, budget and quotas; the pages of one cohort stand beside this file."""

from functools import partial

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.decorators import display

from trainings.admin import (
    aftermath,
    answers,
    attendance,
    calendar,
    certificates,
    invite,
    lists,
    meetings,
    readiness,
    teaching,
    transfer,
    transport,
    waves,
)
from trainings.admin.catalogue import SpreadsheetAdmin
from trainings.admin.clashing import clashes_on
from trainings.admin.cohort_forms import BudgetInline, CohortForm, QuotaInline, SessionInline
from trainings.admin.reminding import reminder_lines
from trainings.admin.sessions import save_sessions
from trainings.models import Cohort, Enrolment, Session
from trainings.planning.resources import CohortPlanResource
from trainings.services import capacity, changes
from trainings.sessions import refresh_cohort_dates
from umkm_portal.common import bars
from umkm_portal.common.dates import format_moment

STATE_TAGS = {
    Cohort.State.DRAFT: "grey",
    Cohort.State.OPEN: "green",
    Cohort.State.CLOSED: "yellow",
    Cohort.State.FINISHED: "grey",
    Cohort.State.CANCELLED: "red",
}

PAGES = (
    ("undang/", "invite", invite.show, "trainings.add_invitationround"),
    ("undang/setujui/", "approve", invite.approve, "trainings.add_invitationround"),
    ("undang/pratinjau/", "preview", invite.preview, "trainings.add_invitationround"),
    ("tambah/", "paste", invite.paste, "trainings.add_invitationround"),
    ("jawaban/", "answers", answers.show, "trainings.view_enrolment"),
    ("tunggu/", "waiting", answers.waiting, "trainings.view_enrolment"),
    ("cetak/", "print", lists.show, "trainings.view_enrolment"),
    ("kehadiran/", "attendance", attendance.show, "trainings.view_enrolment"),
    (
        "kehadiran/daftar.pdf",
        "signatures",
        attendance.signatures,
        "trainings.view_enrolment",
    ),
    ("kehadiran/berkas/", "meeting", meetings.meeting, "trainings.change_enrolment"),
    ("kehadiran/tutup/", "close", attendance.close, "trainings.change_cohort"),
    ("umpan-balik/", "feedback", aftermath.show, "trainings.view_enrolment"),
    ("transpor/", "transport", transport.show, "trainings.view_transportbatch"),
    ("transpor/buat/", "transport_make", transport.make, "trainings.change_cohort"),
    *(
        (f"transpor/daftar.{kind}", f"transport_{kind}", view, "trainings.change_cohort")
        for kind, view in transport.FILES
    ),
    *certificates.PAGES,
    ("pindah/", "transfer", transfer.show, "trainings.change_cohort"),
    ("pindah/tunggu/", "carry", transfer.carry, "trainings.change_cohort"),
    ("pindah/batalkan/", "cancel", transfer.cancel, "trainings.change_cohort"),
    ("buka/", "open", readiness.open_now, "trainings.change_cohort"),
    ("pelatih/", "trainers", teaching.show, "trainings.view_cohort"),
    ("salin/", "waves", waves.show, "trainings.add_cohort"),
    ("salin/satu/", "clone", waves.clone, "trainings.add_cohort"),
)
"""Pages of one cohort: address, name, view, permission."""

ERRANDS = (
    ("jawaban/<int:pk>/catat/", "record", answers.record, "trainings.change_enrolment"),
    ("jawaban/<int:pk>/pindah/", "move", answers.move, "trainings.change_enrolment"),
    ("jawaban/<int:pk>/selesai/", "handle", answers.handle, "trainings.change_enrolment"),
    ("jawaban/<int:pk>/kursi/", "seat", answers.reinstate, "trainings.change_enrolment"),
    ("tunggu/<int:pk>/", "prioritise", answers.prioritise, "trainings.change_cohort"),
    ("cetak/<int:pk>/", "told", lists.mark, "trainings.change_enrolment"),
    *(
        (f"umpan-balik/<int:pk>/{address}/", name, view, "trainings.change_enrolment")
        for address, name, view in aftermath.ERRANDS
    ),
    *(
        (f"transpor/<int:pk>/{address}/", name, view, "trainings.change_cohort")
        for address, name, view in transport.ERRANDS
    ),
    *(
        (f"kehadiran/<int:pk>/{address}/", name, view, "trainings.change_enrolment")
        for address, name, view in (*attendance.ERRANDS, *meetings.ERRANDS)
    ),
    *certificates.ERRANDS,
)
"""Buttons about one person of a cohort."""

POSTED = {
    *("approve", "preview", "close", "carry", "cancel", "open", "clone", "transport_make"),
    *certificates.POSTED,
}
"""Pages that only a button opens."""


def seats_bar(cohort):
    """Taken and offered seats of one cohort, from its own counters."""
    counts = [("green", "terisi", cohort.taken), ("yellow", "ditawarkan", cohort.held)]
    return bars.draw(counts, total=cohort.seats)


@admin.register(Cohort)
class CohortAdmin(SpreadsheetAdmin):
    form = CohortForm
    resource_classes = (CohortPlanResource,)
    list_display = ("shown_title", "shown_state", "shown_start", "shown_seats", "shown_waiting")
    list_filter = ("state", "mode", "training__topic")
    list_select_related = ("training",)
    search_fields = ("code", "training__title")
    search_help_text = "Kode atau judul pelatihan"
    ordering = ("-starts_at", "-pk")
    autocomplete_fields = ("training",)
    actions = None
    inlines = (SessionInline, BudgetInline, QuotaInline)
    change_form_outer_before_template = "staff/cohort_before.html"
    change_form_before_template = "staff/_clashes.html"
    list_before_template = "staff/cohorts_before.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "training",
                    ("number", "code"),
                    "state",
                    ("mode", "eligibility"),
                    ("seats", "minimum"),
                    "opens_at",
                    "closes_at",
                    ("place_note", "data_cost_mb"),
                    ("walk_ins", "forfeit_minutes"),
                    ("transport_rate", "transport_per"),
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

    def has_delete_permission(self, request, obj=None):
        """Only a plan that nobody has heard of may vanish; anything else is cancelled."""
        is_plan = obj is not None and obj.state == Cohort.State.DRAFT
        return is_plan and super().has_delete_permission(request, obj)

    def view_on_site(self, cohort):
        is_public = Cohort.objects.public().filter(pk=cohort.pk).exists()
        return cohort.get_absolute_url() if is_public else None

    def get_urls(self):
        return [
            path("kesiapan/", self._overview_page(readiness.month), name="trainings_cohort_month"),
            path("kalender/", self._overview_page(calendar.show), name="trainings_cohort_calendar"),
            path(
                "umpan-balik/", self._overview_page(aftermath.overview), name="trainings_aftermath"
            ),
            *self._page_urls(),
            *super().get_urls(),
        ]

    def _overview_page(self, view):
        """A page about many cohorts."""

        def run(request):
            return view(request, {**self.admin_site.each_context(request), "opts": self.opts})

        return self.admin_site.admin_view(run)

    def _page_urls(self):
        return [
            *(
                path(
                    f"<int:cohort>/{address}",
                    self._page(view, needs, name in POSTED, name),
                    name=f"trainings_cohort_{name}",
                )
                for address, name, view, needs in PAGES
            ),
            *(
                path(
                    f"<int:cohort>/{address}",
                    self._errand(view, needs),
                    name=f"trainings_cohort_{name}",
                )
                for address, name, view, needs in ERRANDS
            ),
        ]

    def _page(self, view, permission, is_posted, name):
        """A page of one cohort: found, allowed, with tabs and title."""

        def run(request, cohort):
            cohort = self._open(request, cohort, permission)
            context = {
                **self.admin_site.each_context(request),
                "title": f"{cohort.training.title}, gelombang {cohort.number}",
                "opts": self.opts,
                "cohort": cohort,
                "cohort_tabs": tabs(request, cohort, name),
                "log": partial(self.log_change, request, cohort),
            }
            return view(request, cohort, context)

        return self.admin_site.admin_view(require_POST(run) if is_posted else run)

    def _errand(self, view, permission):
        """A button about one person of a cohort."""

        def run(request, cohort, pk):
            response = view(request, self._open(request, cohort, permission), pk)
            if response is None:
                raise Http404
            return response

        return self.admin_site.admin_view(require_POST(run))

    def _open(self, request, pk, permission):
        cohort = Cohort.objects.for_user(request.user).select_related("training").filter(pk=pk)
        if not cohort.exists():
            raise Http404
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return cohort.get()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        cohort = self.get_object(request, object_id)
        context = overview(cohort) | readiness.panel(request, cohort) if cohort else {}
        if cohort:
            context |= reminder_lines(cohort, now=timezone.now())
            context["cohort_tabs"] = tabs(request, cohort, "change")
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def render_change_form(self, request, context, *args, **kwargs):
        return super().render_change_form(request, context | clashes_on(context), *args, **kwargs)

    def response_add(self, request, obj, post_url_continue=None):
        """A new cohort is a plan: its page shows what is missing and what opens it."""
        if "_addanother" in request.POST or IS_POPUP_VAR in request.POST:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, "Rancangan disimpan. Lengkapi yang kurang, lalu terbitkan.")
        return redirect("admin:trainings_cohort_change", obj.pk)

    def save_model(self, request, obj, form, change):
        """Only what was changed is written: people take seats meanwhile, and somebody may open it.

        Seats of a living cohort change by the service, which keeps offers and the line right.
        """
        if not change:
            super().save_model(request, obj, form, change)
            return
        wanted = obj.seats
        fields = [name for name in form.changed_data if name != "seats"]
        if fields:
            obj.save(update_fields=[*fields, "updated_at"])
        if "seats" in form.changed_data:
            cohort = capacity.change_seats(obj, seats_wanted=wanted, now=timezone.now())
            if cohort.seats != wanted:
                messages.warning(
                    request,
                    f"Kursi baru turun sampai {cohort.seats}, karena sudah terisi. Turun lagi "
                    f"sampai {wanted} begitu ada yang batal.",
                )

    def save_formset(self, request, form, formset, change):
        if formset.model is Session:
            was_published = change and form.initial.get("state") in changes.PUBLISHED
            save_sessions(request, formset, was_published=was_published)
        else:
            super().save_formset(request, form, formset, change)

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


TABS = (
    ("change", "Rencana", "trainings.view_cohort"),
    ("trainers", "Pelatih", "trainings.view_cohort"),
    ("invite", "Undang", "trainings.add_invitationround"),
    ("paste", "Tambah orang", "trainings.add_invitationround"),
    ("answers", "Jawaban", "trainings.view_enrolment"),
    ("waiting", "Daftar tunggu", "trainings.view_enrolment"),
    ("print", "Daftar cetak", "trainings.view_enrolment"),
    ("attendance", "Kehadiran", "trainings.view_enrolment"),
    ("feedback", "Umpan balik", "trainings.view_enrolment"),
    ("transport", "Transpor", "trainings.view_transportbatch"),
    ("certificates", "Sertifikat", "trainings.view_certificate"),
    ("transfer", "Pindah dan batal", "trainings.change_cohort"),
    ("waves", "Salin", "trainings.add_cohort"),
)

PARTS = {
    "approve": "invite",
    "meeting": "attendance",
    "carry": "transfer",
    "cancel": "transfer",
    "clone": "waves",
}
"""Addresses that show the page of another."""


def tabs(request, cohort, current):
    """(title, address, whether it is this page) of the pages this user may open."""
    current = PARTS.get(current, current)
    return [
        (title, reverse(f"admin:trainings_cohort_{name}", args=[cohort.pk]), name == current)
        for name, title, permission in TABS
        if request.user.has_perm(permission)
    ]


def overview(cohort):
    """Head of a cohort's pages: seats and answers per state."""
    states = dict(cohort.enrolments.order_by().values_list("state").annotate(count=Count("pk")))
    return {
        "cohort": cohort,
        "seats_bar": seats_bar(cohort),
        "state_tag": STATE_TAGS[cohort.state],
        "funnel": [
            (label, states.get(value, 0))
            for value, label in Enrolment.State.choices
            if states.get(value)
        ],
    }
