"""Suspicions of people who stand in the register twice, and what was joined."""

from functools import partial

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.decorators import display

from participants.duplicates.choices import MergeRefused
from participants.duplicates.comparing import CHOSEN, FIRST, SECOND, as_choices, compare
from participants.duplicates.finding import decide_different, reopen
from participants.duplicates.merging import UndoRefused, merge, undo_merge
from participants.models import DuplicatePair, Merge
from umkm_portal.common import codes, phones
from umkm_portal.common.keyset import NEWER, OLDER, KeysetChangeList, KeysetPage, KeysetPaginator
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin

State = DuplicatePair.State
MAY_DECIDE = "participants.change_duplicatepair"


class BestFirstPaginator(KeysetPaginator):
    newer_word, older_word = "Halaman awal", "Berikutnya"


class BestFirstChangeList(KeysetChangeList):
    """The surest suspicions first; a page starts below the score and number of the last."""

    def get_results(self, request):
        rows, size = self.queryset.order_by("-score", "-pk"), self.list_per_page
        if after := _place(request.GET.get(OLDER, "")):
            score, pk = after
            rows = rows.filter(Q(score__lt=score) | Q(pk__lt=pk), score__lte=score)
        found = list(rows[: size + 1])
        shown = found[:size]
        self.result_list = shown
        self.result_count = self.full_result_count = len(shown)
        self.show_full_result_count = self.show_admin_actions = True
        self.can_show_all, self.multi_page = False, False
        older = f"{shown[-1].score}~{shown[-1].pk}" if len(found) > size else ""
        self.paginator = BestFirstPaginator(
            KeysetPage(shown, None, None),
            self.get_query_string({OLDER: older}, [NEWER]) if older else "",
            self.get_query_string(remove=[OLDER, NEWER]) if after else "",
            0,
        )


class StateFilter(admin.SimpleListFilter):
    """What waits for staff, unless something else is asked for."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [
            (State.DIFFERENT.value, State.DIFFERENT.label),
            (State.SAME.value, "Sudah digabung"),
        ]

    def queryset(self, request, queryset):
        if self.value() in (State.DIFFERENT, State.SAME):
            return queryset.filter(state=self.value())
        return queryset.open()

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [{**first, "display": State.OPEN.label}, *others]


@admin.register(DuplicatePair)
class DuplicatePairAdmin(MachineAdmin):
    """Two records that may be one person; staff join them or tell them apart."""

    empty_title = "Tidak ada dugaan ganda"
    empty_text = "Pencarian berjalan setiap malam serta sesudah impor dan pendaftaran."
    list_display = ("shown_people", "shown_reasons", "shown_score", "shown_place")
    list_filter = (StateFilter,)
    list_select_related = ("first__region", "second__region")
    sortable_by = ()
    ordering = ("-score", "-pk")

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .defer("first__nik", "first__search", "second__nik", "second__search")
        )

    def get_changelist(self, request, **kwargs):
        return BestFirstChangeList

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Dugaan ganda", **(extra_context or {})})

    def get_urls(self):
        return [
            *(
                path(
                    f"<int:pk>/{address}/",
                    self.admin_site.admin_view(require_POST(partial(self._press, step))),
                    name=f"participants_duplicatepair_{name}",
                )
                for address, name, step in (
                    ("gabung", "merge", self._merge),
                    ("beda", "differ", self._differ),
                    ("periksa", "reopen", self._reopen),
                )
            ),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        pair = self._pair(request, unquote(object_id))
        if not self.has_view_permission(request, pair):
            raise PermissionDenied
        return self._show(request, pair, {})

    def _press(self, step, request, pk):
        pair = self._pair(request, pk)
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        return step(request, pair)

    def _merge(self, request, pair):
        picked = {name: value for name, value in request.POST.items() if value in CHOSEN}
        stays = picked.get("stays") or compare(pair.first, pair.second).stays
        people = {FIRST: pair.first, SECOND: pair.second}
        target = people.get(stays, pair.first)
        source = pair.second if target == pair.first else pair.first
        try:
            done = merge(
                source,
                target,
                choices=as_choices(picked, stays=stays),
                ktp_seen="ktp_seen" in request.POST,
                actor=request.user,
                now=timezone.now(),
            )
        except MergeRefused as refusal:
            messages.error(request, str(refusal))
            return self._show(request, pair, picked)
        messages.success(request, f"{source} digabung ke {target}. Semua catatannya ikut pindah.")
        return redirect("admin:participants_merge_change", done.pk)

    def _differ(self, request, pair):
        if decide_different(pair, actor=request.user, now=timezone.now()):
            messages.success(request, "Dicatat sebagai dua orang. Dugaan ini tidak muncul lagi.")
        else:
            messages.info(request, "Dugaan ini sudah diputuskan.")
        return redirect("admin:participants_duplicatepair_changelist")

    def _reopen(self, request, pair):
        reopen(pair)
        return redirect("admin:participants_duplicatepair_change", pair.pk)

    def _pair(self, request, pk):
        pair = self.get_object(request, pk)
        if pair is None:
            raise Http404
        return pair

    def _show(self, request, pair, picked):
        done = Merge.objects.filter(
            source__in=[pair.first_id, pair.second_id], undone_at=None
        ).first()
        context = {
            **self.admin_site.each_context(request),
            "title": "Apakah ini orang yang sama?",
            "opts": self.opts,
            "pair": pair,
            "comparison": compare(pair.first, pair.second, picked=picked),
            "percent": round(pair.score * 100),
            "merged": done,
            "is_open": pair.state == State.OPEN and not done,
            "may_decide": request.user.has_perm(MAY_DECIDE),
            "ktp_seen": "ktp_seen" in request.POST,
        }
        return TemplateResponse(request, "staff/duplicate_pair.html", context)

    @display(description="dua data")
    def shown_people(self, pair):
        return format_html_join(
            "",
            '<span class="st-pair-name">{}<small>{}</small></span>',
            ((person.full_name, _sketch(person)) for person in (pair.first, pair.second)),
        )

    @display(description="alasan")
    def shown_reasons(self, pair):
        return ", ".join(pair.reasons)

    @display(description="kemiripan")
    def shown_score(self, pair):
        return format_html('<span class="st-nowrap">{} %</span>', round(pair.score * 100))

    @display(description="wilayah")
    def shown_place(self, pair):
        return " / ".join(dict.fromkeys(str(p.region or "–") for p in (pair.first, pair.second)))


@admin.register(Merge)
class MergeAdmin(MachineAdmin):
    """What was joined, by whom, and the button that takes it back."""

    list_display = ("shown_merge", "merged_by", "merged_at", "shown_state")
    list_display_links = ("shown_merge",)
    list_select_related = ("source", "target", "merged_by")
    sortable_by = ()
    ordering = ("-pk",)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .defer("nik_before", "source__nik", "source__search", "target__nik", "target__search")
        )

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def get_urls(self):
        undo = self.admin_site.admin_view(require_POST(self.undo))
        return [
            path("<int:pk>/batalkan/", undo, name="participants_merge_undo"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        done = self._merge(request, unquote(object_id))
        if not self.has_view_permission(request, done):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Penggabungan",
            "opts": self.opts,
            "merge": done,
            "rows": _counted(done),
            "may_undo": done.undone_at is None and request.user.has_perm(MAY_DECIDE),
        }
        return TemplateResponse(request, "staff/duplicate_merge.html", context)

    def undo(self, request, pk):
        done = self._merge(request, pk)
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        try:
            undo_merge(done, actor=request.user, now=timezone.now())
        except UndoRefused as refusal:
            messages.error(request, " ".join([str(refusal), *(f"{r}." for r in refusal.reasons)]))
            return redirect("admin:participants_merge_change", pk)
        messages.success(request, "Penggabungan dibatalkan. Kedua data kembali seperti semula.")
        return redirect("admin:participants_merge_change", pk)

    def _merge(self, request, pk):
        done = self.get_object(request, pk)
        if done is None:
            raise Http404
        return done

    @display(description="penggabungan")
    def shown_merge(self, done):
        return f"{done.source} → {done.target}"

    @display(description="status", label={"Digabung": "success", "Dibatalkan": "warning"})
    def shown_state(self, done):
        return "Dibatalkan" if done.undone_at else "Digabung"


def _sketch(person):
    """What tells two people of one name apart, on one line."""
    born = f"lahir {person.birth_date:%d/%m/%Y}" if person.birth_date else ""
    phone = phones.display(person.phone) if person.phone else ""
    return " · ".join(filter(None, [codes.display(person.code), phone, born]))


def _counted(done):
    """(table in words, rows that the merge changed), most first."""
    found = done.rows.values_list("model").annotate(rows=Count("pk")).order_by("-rows", "model")
    return [(_words(model), count) for model, count in found]


def _words(label):
    return str(apps.get_model(label)._meta.verbose_name_plural).capitalize()


def _place(text):
    """(score, number) of the row above a page, or None."""
    score, _, number = text.partition("~")
    pk = whole_in(number)
    try:
        return None if pk is None else (float(score), pk)
    except ValueError:
        return None
