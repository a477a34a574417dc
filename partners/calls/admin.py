"""Calls in the staff pages, with how full they are; and applications, step by step."""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, Q, Value, When
from django.http import FileResponse, Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from participants.models import Participant
from participants.segments.audiences import in_words
from partners.calls import lifecycle, photos, steps
from partners.calls.forms import CallForm
from partners.calls.qualifying import LICENCES
from partners.calls.quotas import filled
from partners.models import Appeal, Application, CallQuota, CurationCall, ProductKind
from partners.models.lists import CurationDecision
from partners.staff_filters import PartnerFilter
from umkm_portal.common import bars, codes
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin, StaffAdmin, StaffTable

CALL_TONES = {
    CurationCall.State.DRAFT: "grey",
    CurationCall.State.OPEN: "green",
    CurationCall.State.CLOSED: "yellow",
    CurationCall.State.CANCELLED: "red",
}
TONES = {
    Application.State.SUBMITTED: "yellow",
    Application.State.VERIFIED: "blue",
    Application.State.VALIDATED: "blue",
    Application.State.FORWARDED: "green",
    Application.State.RETURNED: "red",
    Application.State.WITHDRAWN: "grey",
}
VERBS = {
    CurationCall.Step.VERIFY: "Sudah diperiksa",
    CurationCall.Step.VALIDATE: "Sahkan",
    CurationCall.Step.FORWARD: "Teruskan ke kurator",
}


def tag(tone, words):
    return format_html('<span class="st-tag st-{}">{}</span>', tone, words)


@admin.register(ProductKind)
class ProductKindAdmin(StaffAdmin):
    list_display = ("name", "licence", "needs_halal")
    search_fields = ("name",)
    ordering = ("name", "pk")


class QuotaInline(StaffTable):
    model = CallQuota
    fields = ("agency", "sector", "places")
    autocomplete_fields = ("agency", "sector")


@admin.register(CurationCall)
class CurationCallAdmin(StaffAdmin):
    form = CallForm
    list_display = ("title", "partner", "shown_state", "shown_window", "shown_applied", "quota")
    list_filter = ("state", PartnerFilter)
    list_select_related = ("partner__organisation",)
    search_fields = ("title", "slug")
    ordering = ("-opens_at", "-pk")
    actions = None
    inlines = (QuotaInline,)
    autocomplete_fields = ("partner",)
    prepopulated_fields = {"slug": ("title",)}
    change_form_outer_before_template = "staff/call_before.html"
    fieldsets = (
        (None, {"fields": ("partner", ("title", "slug"), "about", "opens_at", "closes_at")}),
        (
            "Siapa dan apa",
            {"fields": ("criteria_lines", "audience", "product_kinds", "quota")},
        ),
        ("Alur dan penilaian", {"fields": ("step_choices", "has_grades", "rubric_lines")}),
        ("Setelah lolos", {"fields": ("needs",)}),
    )

    def get_queryset(self, request):
        live = ~Q(applications__state=Application.State.WITHDRAWN)
        rows = super().get_queryset(request)
        return rows.annotate(applied=Count("applications", filter=live, distinct=True))

    def has_delete_permission(self, request, obj=None):
        """Only a plan that nobody has heard of may vanish; anything else is cancelled."""
        is_plan = obj is not None and obj.state == CurationCall.State.DRAFT
        return is_plan and super().has_delete_permission(request, obj)

    def get_urls(self):
        press = self.admin_site.admin_view(require_POST(self.press))
        name = "partners_curationcall_press"
        return [path("<int:pk>/status/<slug:button>/", press, name=name), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        call = self.get_object(request, object_id)
        context = _overview(request, call) if call else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def response_add(self, request, obj, post_url_continue=None):
        """A new call is a plan: the page shows what opens it."""
        if "_addanother" in request.POST or obj.state != CurationCall.State.DRAFT:
            return super().response_add(request, obj, post_url_continue)
        messages.success(
            request, "Kurasi disimpan dan belum diumumkan. Periksa, lalu tekan Umumkan kurasi."
        )
        return redirect("admin:partners_curationcall_change", obj.pk)

    def press(self, request, pk, button):
        call = self.get_object(request, pk)
        if call is None:
            raise Http404
        if not self.has_change_permission(request, call):
            raise PermissionDenied
        moves = {
            "buka": partial(lifecycle.open_call, now=timezone.now()),
            "tutup": lifecycle.close_call,
            "batal": lifecycle.cancel_call,
        }
        if button not in moves:
            raise Http404
        try:
            moved = moves[button](call)
        except lifecycle.CallRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Status kurasi: {moved.get_state_display()}.")
        return redirect("admin:partners_curationcall_change", call.pk)

    @display(description="status")
    def shown_state(self, call):
        return tag(CALL_TONES[CurationCall.State(call.state)], call.get_state_display())

    @display(description="dibuka sampai")
    def shown_window(self, call):
        first, last = (timezone.localtime(at) for at in (call.opens_at, call.closes_at))
        return f"{first:%d/%m/%Y} – {last:%d/%m/%Y}"

    @display(description="lamaran")
    def shown_applied(self, call):
        return call.applied


class WaitingFilter(admin.SimpleListFilter):
    """Those whose next step this user can take."""

    title = "menunggu"
    parameter_name = "menunggu"

    def lookups(self, request, model_admin):
        return [("saya", "Langkah saya")]

    def queryset(self, request, queryset):
        if self.value() != "saya":
            return queryset
        calls = CurationCall.objects.exclude(state=CurationCall.State.CANCELLED)
        mine = Q(pk__in=())
        roles = steps.roles_of(request.user)
        for call in calls.exclude(steps=[]):
            for state in steps.ORDER:
                step = steps.next_step(call, state)
                if step and (request.user.is_superuser or steps.OFFICES[step] & roles):
                    mine |= Q(call=call, state=state)
        return queryset.filter(mine)


@admin.register(Application)
class ApplicationAdmin(MachineAdmin):
    """Applications of the people this user serves; the ones that wait longest on top."""

    list_display = (
        *("shown_person", "shown_products", "shown_call", "shown_state", "shown_step"),
        *("region", "since"),
    )
    list_before_template = "staff/applications_before.html"
    list_filter = (WaitingFilter, "state", "call")
    list_select_related = ("participant__region", "call", "product_kind")
    search_fields = ("participant__full_name", "products")
    sortable_by = ()
    actions = ("take_next_step",)

    def get_queryset(self, request):
        rows = super().get_queryset(request).defer("participant__nik", "participant__search")
        return rows.exclude(participant__status=Participant.Status.MERGED)

    def get_ordering(self, request):
        over = Case(When(state=Application.State.WITHDRAWN, then=Value(1)), default=Value(0))
        return (over.asc(), "created_at", "pk")

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/langkah/",
                view(require_POST(self.take_step)),
                name="partners_application_step",
            ),
            path(
                "<int:pk>/kembalikan/",
                view(require_POST(self.give_back)),
                name="partners_application_return",
            ),
            path(
                "<int:pk>/foto/", view(never_cache(self.photo)), name="partners_application_photo"
            ),
            *super().get_urls(),
        ]

    @admin.action(description="Selesaikan langkah berikutnya", permissions=["view"])
    def take_next_step(self, request, queryset):
        self._check(request)
        progress = steps.take_steps(queryset, by=request.user, now=timezone.now())
        if progress.taken:
            messages.success(request, f"{progress.taken} lamaran maju satu langkah.")
        for sentence in progress.refusals[:5]:
            messages.warning(request, sentence)
        if len(progress.refusals) > 5:
            messages.warning(request, f"Dan {len(progress.refusals) - 5} lamaran lain.")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self._get(request, object_id)
        step = steps.next_step(row.call, row.state)
        may = request.user.has_perm("partners.change_application")
        context = {
            **self.admin_site.each_context(request),
            "title": row.participant.full_name,
            "opts": self.opts,
            "row": row,
            "code": codes.display(row.participant.code),
            "tone": TONES[Application.State(row.state)],
            "step": step,
            "verb": VERBS.get(step, ""),
            "may_take": may and steps.may_take(request.user, step),
            "licences": [(LICENCES.get(key, key), no) for key, no in row.licences.items()],
            "events": row.events.select_related("actor").order_by("-pk"),
            "person_link": reverse(
                "admin:participants_participant_change", args=[row.participant_id]
            ),
        }
        return TemplateResponse(request, "staff/application.html", context)

    def take_step(self, request, pk):
        row = self._get(request, pk)
        self._check(request)
        try:
            moved = steps.take_step(row, by=request.user, now=timezone.now())
        except steps.StepRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Status: {moved.get_state_display()}.")
        return redirect("admin:partners_application_change", row.pk)

    def give_back(self, request, pk):
        row = self._get(request, pk)
        self._check(request)
        note = request.POST.get("note", "")
        try:
            steps.return_application(row, by=request.user, note=note, now=timezone.now())
        except steps.StepRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Dikembalikan. Pemilik usaha dikabari apa yang kurang.")
        return redirect("admin:partners_application_change", row.pk)

    def photo(self, request, pk):
        row = self._get(request, pk)
        file = photos.open_photo(row.photo)
        if file is None or not self.has_view_permission(request, row):
            raise Http404
        return FileResponse(file, content_type="image/jpeg")

    def _check(self, request):
        if not request.user.has_perm("partners.change_application"):
            raise PermissionDenied

    def _get(self, request, pk):
        rows = self.get_queryset(request).select_related(
            "participant__region", "call__partner__organisation", "product_kind", "business"
        )
        row = rows.filter(pk=whole_in(str(pk))).first()
        if row is None:
            raise Http404
        return row

    @display(description="peserta")
    def shown_person(self, row):
        return row.participant.full_name

    @display(description="produk")
    def shown_products(self, row):
        return Truncator(row.products).chars(60)

    @display(description="kurasi")
    def shown_call(self, row):
        return row.call.title

    @display(description="status")
    def shown_state(self, row):
        return tag(TONES[Application.State(row.state)], row.get_state_display())

    @display(description="menunggu")
    def shown_step(self, row):
        step = steps.next_step(row.call, row.state)
        return step.label if step else "–"

    @display(description="wilayah")
    def region(self, row):
        return row.participant.region or "–"

    @display(description="dikirim")
    def since(self, row):
        return timezone.localtime(row.created_at).strftime("%d/%m/%Y")


def _overview(request, call):
    """What stands above the form of a call: its state, how full it is, and what waits."""
    rows = [
        (
            row,
            bars.draw([("red" if row.is_over else "green", "lolos", row.passed)], total=row.places),
        )
        for row in filled(call)
    ]
    state = CurationCall.State(call.state)
    return {
        "call": call,
        "call_tone": CALL_TONES[state],
        "call_buttons": _buttons(state) if request.user.has_perm(CHANGE) else [],
        "call_filled": rows,
        "call_waiting": [(step.label, count) for step, count in steps.waiting_for(call)],
        "call_rules": in_words(call.rules),
        "call_lists": call.lists.order_by("-version")[:3],
        "call_unmatched": CurationDecision.objects.unmatched()
        .filter(list__call=call, waiting=CurationDecision.Waiting.REVIEW)
        .count(),
        "call_appeals": Appeal.objects.waiting().filter(result__call=call).count(),
    }


CHANGE = "partners.change_curationcall"


def _buttons(state):
    """(address, words, whether it is the main one) of the moves a call can make."""
    State = CurationCall.State
    return {
        State.DRAFT: [("buka", "Umumkan kurasi", True), ("batal", "Batalkan", False)],
        State.OPEN: [("tutup", "Tutup sekarang", False), ("batal", "Batalkan", False)],
        State.CLOSED: [("buka", "Buka lagi", False), ("batal", "Batalkan", False)],
        State.CANCELLED: [],
    }[state]
