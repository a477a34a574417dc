"""Lists of curators, the rows nobody was found for, and objections, in the staff pages."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from participants.models import Participant
from partners.announcing import appeals, finding, publishing, unmatched
from partners.announcing.curated import segment_of_passed
from partners.announcing.rows import before_announcing
from partners.calls.quotas import filled
from partners.models import Appeal, CurationDecision, CurationList
from partners.models.lists import Outcome
from partners.staff_filters import PartnerOfCallFilter
from umkm_portal.common import bars, codes, phones
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin
from umkm_portal.messaging.models import Campaign

Waiting = CurationDecision.Waiting
SAVE_SEGMENT = "participants.add_segment"
LIST_TONES = {
    CurationList.State.STORING: "blue",
    CurationList.State.ACCEPTED: "yellow",
    CurationList.State.ANNOUNCING: "blue",
    CurationList.State.ANNOUNCED: "green",
    CurationList.State.REPLACED: "grey",
    CurationList.State.WITHDRAWN: "red",
}
OUTCOME_TONES = {
    Outcome.PASSED: "green",
    Outcome.RESERVE: "blue",
    Outcome.IMPROVE: "yellow",
    Outcome.FAILED: "grey",
}
WAITING_TONES = {Waiting.REVIEW: "yellow", Waiting.INVITED: "blue", Waiting.SET_ASIDE: "grey"}


def tag(tone, words):
    return format_html('<span class="st-tag st-{}">{}</span>', tone, words)


class ButtonAdmin(MachineAdmin):
    """Rows with buttons: each is a POST of its own for those who may change the row."""

    buttons = ()
    """(address, name, method) of each button."""

    def get_urls(self):
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"<int:pk>/{address}/",
                self.admin_site.admin_view(require_POST(partial(self._press, method))),
                name=f"{label}_{name}",
            )
            for address, name, method in self.buttons
        ]
        return [*own, *super().get_urls()]

    def _press(self, method, request, pk):
        row = self.found(request, pk)
        if not request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"):
            raise PermissionDenied
        return getattr(self, method)(request, row)

    def found(self, request, pk):
        row = self.get_queryset(request).filter(pk=whole_in(str(pk))).first()
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def page(self, request, template, **context):
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, context)


@admin.register(CurationList)
class CurationListAdmin(ButtonAdmin):
    """What curators handed in, version by version; the dinas announces it from here."""

    list_display = ("shown_call", "version", "shown_state", "rows", "passed", "waits", "accepted")
    list_display_links = ("shown_call",)
    list_filter = ("state", PartnerOfCallFilter)
    list_select_related = ("call__partner__organisation", "accepted_by", "announced_by")
    sortable_by = ()
    ordering = ("-accepted_at", "-pk")
    buttons = (
        ("umumkan", "announce", "announce"),
        ("urungkan", "undo", "undo"),
        ("undang", "invite", "invite"),
    )

    def get_queryset(self, request):
        review = Q(decisions__waiting=Waiting.REVIEW)
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.annotate(
            rows=Count("decisions"),
            passed=Count("decisions", filter=Q(decisions__outcome=Outcome.PASSED)),
            waits=Count("decisions", filter=review),
        )

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        version = self.found(request, object_id)
        counts = dict(
            version.decisions.order_by().values_list("outcome").annotate(count=Count("pk"))
        )
        told = [(outcome, counts.get(outcome, 0)) for outcome in Outcome]
        campaigns = Campaign.objects.filter(kind="curation_result", subject_id=version.pk)
        return self.page(
            request,
            "staff/curation_list.html",
            title=f"{version.call.title}, versi {version.version}",
            version=version,
            tone=LIST_TONES[CurationList.State(version.state)],
            outcomes=[(outcome.label, count) for outcome, count in told],
            bar=bars.draw([(OUTCOME_TONES[o], o.label.lower(), count) for o, count in told]),
            full=[row for row in filled(version.call) if row.is_over],
            difference=[
                (words, version.difference.get(key, 0)) for key, words in DIFFERENCES.items()
            ],
            has_before=version.version > 1,
            may_announce=request.user.has_perm("partners.change_curationlist"),
            may_invite=request.user.has_perm(SAVE_SEGMENT),
            campaign=campaigns.order_by("-pk").first(),
            **before_announcing(version, after=request.GET.get("setelah", "")),
        )

    def announce(self, request, version):
        try:
            done = publishing.announce(version, by=request.user, now=timezone.now())
        except publishing.AnnouncementRefused as refusal:
            messages.error(request, str(refusal))
        else:
            at = timezone.localtime(done.announce_at)
            messages.success(request, f"Diumumkan. Pesan dikirim mulai pukul {at:%H.%M} WIB.")
        return redirect("admin:partners_curationlist_change", version.pk)

    def undo(self, request, version):
        try:
            publishing.undo_announcement(version)
        except publishing.AnnouncementRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Pengumuman diurungkan. Belum ada yang dikabari.")
        return redirect("admin:partners_curationlist_change", version.pk)

    def invite(self, request, version):
        """To the segment of those who passed, where its page leads to the open classes."""
        if not request.user.has_perm(SAVE_SEGMENT):
            raise PermissionDenied
        segment = segment_of_passed(version.call, by=request.user, now=timezone.now())
        page = reverse("admin:participants_segment_change", args=[segment.pk])
        return redirect(f"{page}#next-title")

    @display(description="kurasi")
    def shown_call(self, version):
        return f"{version.call.title} ({version.call.partner})"

    @display(description="status")
    def shown_state(self, version):
        return tag(LIST_TONES[CurationList.State(version.state)], version.get_state_display())

    @display(description="baris")
    def rows(self, version):
        return version.rows

    @display(description="lolos")
    def passed(self, version):
        return version.passed

    @display(description="menunggu petugas")
    def waits(self, version):
        return version.waits

    @display(description="diterima")
    def accepted(self, version):
        at = timezone.localtime(version.accepted_at)
        return f"{at:%d/%m/%Y %H.%M}, {version.accepted_by or '–'}"


DIFFERENCES = {
    "added": "Baru",
    "changed": "Berubah",
    "gone": "Tidak ada lagi",
    "same": "Sama, tidak dikabari lagi",
}


class WaitingFilter(admin.SimpleListFilter):
    """What waits for staff, unless something else is asked for."""

    title = "tindak lanjut"
    parameter_name = "tindak"

    def lookups(self, request, model_admin):
        return [(w.value, w.label) for w in (Waiting.INVITED, Waiting.SET_ASIDE)]

    def queryset(self, request, queryset):
        return queryset.filter(waiting=self.value() or Waiting.REVIEW)

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [{**first, "display": Waiting.REVIEW.label}, *others]


@admin.register(CurationDecision)
class CurationDecisionAdmin(ButtonAdmin):
    """Rows of lists that nobody of the register was found for."""

    list_display = ("shown_business", "shown_outcome", "shown_call", "shown_row", "shown_waiting")
    list_filter = (WaitingFilter, "list__call")
    list_select_related = ("list__call__partner__organisation", "settled_by")
    sortable_by = ()
    ordering = ("pk",)
    empty_title, empty_text = "Semua baris sudah jelas", "Tidak ada baris yang menunggu petugas."
    buttons = (
        ("tautkan", "link", "link"),
        ("undang", "invite", "invite"),
        ("kesampingkan", "aside", "aside"),
        ("periksa", "reopen", "reopen"),
    )

    def get_queryset(self, request):
        rows = super().get_queryset(request).unmatched()
        return rows.select_related(*self.list_select_related)

    def changelist_view(self, request, extra_context=None):
        context = {"title": "Baris yang belum cocok", **(extra_context or {})}
        return super().changelist_view(request, context)

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.found(request, object_id)
        return self.page(
            request,
            "staff/curation_row.html",
            title=row.business_name or f"Baris {row.shown_row}",
            row=row,
            outcome_tone=OUTCOME_TONES[Outcome(row.outcome)],
            told=unmatched.told(row),
            candidates=[_sketch(candidate) for candidate in unmatched.candidates(row)],
            is_open=row.waiting == Waiting.REVIEW,
            may=request.user.has_perm("partners.change_curationdecision"),
            address=finding.way_to(row)[1],
            chat=finding.chat_link(row),
        )

    def link(self, request, row):
        code = codes.normalise(request.POST.get("kode", ""))
        person = Participant.objects.living().filter(code=code).first() if code else None
        if person is None:
            messages.error(request, "Kode peserta ini tidak dikenal. Periksa kodenya.")
            return redirect("admin:partners_curationdecision_change", row.pk)
        act = partial(finding.link_row, row, person)
        return self._do(request, row, act, f"Ditautkan ke {person.full_name}.")

    def invite(self, request, row):
        by_hand = "sendiri" in request.POST
        act = partial(finding.invite_row, row, is_by_hand=by_hand)
        return self._do(request, row, act, "Diundang mendaftar. Hasilnya menunggu dia terdaftar.")

    def aside(self, request, row):
        return self._do(request, row, partial(finding.set_row_aside, row), "Dikesampingkan.")

    def reopen(self, request, row):
        return self._do(request, row, partial(unmatched.take_up, row), "Kembali ke antrean.")

    def _do(self, request, row, act, words):
        try:
            act(by=request.user, now=timezone.now())
        except unmatched.RowRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:partners_curationdecision_change", row.pk)
        messages.success(request, words)
        return redirect("admin:partners_curationdecision_changelist")

    @display(description="usaha di daftar")
    def shown_business(self, row):
        return row.business_name or f"Baris {row.shown_row}"

    @display(description="hasil")
    def shown_outcome(self, row):
        return tag(OUTCOME_TONES[Outcome(row.outcome)], row.get_outcome_display())

    @display(description="kurasi")
    def shown_call(self, row):
        return f"{row.list.call.title}, versi {row.list.version}"

    @display(description="baris")
    def shown_row(self, row):
        return row.shown_row

    @display(description="tindak lanjut")
    def shown_waiting(self, row):
        return tag(WAITING_TONES.get(row.waiting, "grey"), row.get_waiting_display())


@admin.register(Appeal)
class AppealAdmin(ButtonAdmin):
    """Objections, those that wait first."""

    list_display = ("shown_person", "shown_call", "shown_outcome", "shown_state", "created_at")
    list_filter = ("state", "result__call")
    list_select_related = ("participant", "result__call")
    sortable_by = ()
    buttons = (("jawab", "answer", "answer"),)

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related(*self.list_select_related)
        return rows.defer("participant__nik", "participant__search")

    def get_ordering(self, request):
        return ("answered_at", "created_at", "pk")

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.found(request, object_id)
        return self.page(
            request,
            "staff/appeal.html",
            title=f"Keberatan {row.participant.full_name}",
            row=row,
            result=row.result,
            is_open=row.state == Appeal.State.OPEN,
            may=request.user.has_perm("partners.change_appeal"),
            person_link=reverse("admin:participants_participant_change", args=[row.participant_id]),
        )

    def answer(self, request, row):
        form = AnswerForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Pilih keputusan dan tulis jawabannya.")
            return redirect("admin:partners_appeal_change", row.pk)
        state = Appeal.State(form.cleaned_data["state"])
        words, by = form.cleaned_data["answer"], request.user
        try:
            appeals.answer_appeal(row, state=state, answer=words, by=by, now=timezone.now())
        except appeals.AppealRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Jawaban dikirim kepada pemilik usaha.")
        return redirect("admin:partners_appeal_change", row.pk)

    @display(description="peserta")
    def shown_person(self, row):
        return row.participant.full_name

    @display(description="kurasi")
    def shown_call(self, row):
        return row.result.call.title

    @display(description="hasil")
    def shown_outcome(self, row):
        return row.result.get_outcome_display()

    @display(description="status")
    def shown_state(self, row):
        tone = "yellow" if row.state == Appeal.State.OPEN else "green"
        return tag(tone, row.get_state_display())


class AnswerForm(forms.Form):
    state = forms.ChoiceField(choices=Appeal.State.choices)
    answer = forms.CharField(max_length=600)


def _sketch(candidate):
    """A candidate as the page shows her beside the row."""
    person = candidate.person
    return {
        "person": person,
        "reasons": candidate.reasons,
        "is_taken": candidate.is_taken,
        "code": person.code,
        "shown_code": codes.display(person.code),
        "phone": phones.display(person.phone) if person.phone else "–",
        "link": reverse("admin:participants_participant_change", args=[person.pk]),
    }
