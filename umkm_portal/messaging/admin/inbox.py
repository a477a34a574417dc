"""The inbox: what people wrote back and no rule could take beyond doubt."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.decorators.http import require_POST
from unfold.decorators import display

from umkm_portal.common import phones
from umkm_portal.common.keyset import KeysetChangeList
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.staff_admin import MachineAdmin, in_wib
from umkm_portal.common.typed import line_in, text_in
from umkm_portal.messaging import directory, services
from umkm_portal.messaging.masking import masked
from umkm_portal.messaging.models import Channel, Delivery, Reply

TONES = {"open": "yellow", "recorded": "green", "answered": "green", "closed": "grey"}
GREETING = "Yth. Bapak/Ibu, terima kasih atas balasan Anda. "
SHOWN = 80
"""Characters of a reply in the list."""


class StateFilter(admin.SimpleListFilter):
    """What has to be read comes first; everything is one step away."""

    title = "status"
    parameter_name = "status"
    EVERYTHING = "semua"

    def lookups(self, request, model_admin):
        return [*Reply.State.choices[1:], (self.EVERYTHING, "Semua")]

    def choices(self, changelist):
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": Reply.State.OPEN.label,
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request, queryset):
        if self.value() == self.EVERYTHING:
            return queryset
        return queryset.filter(state=self.value() or Reply.State.OPEN)


@admin.register(Reply)
class ReplyAdmin(MachineAdmin):
    """Replies of the area that this member of staff serves, the newest first."""

    list_display = ("shown_text", "shown_word", "shown_state", "region", "note", "shown_time")
    list_display_links = ("shown_text",)
    list_filter = (StateFilter, "word")
    list_select_related = ("region",)
    ordering = ("-pk",)
    sortable_by = ()
    empty_title = "Tidak ada balasan yang perlu dibaca."

    def get_changelist(self, request, **kwargs):
        return KeysetChangeList

    def get_urls(self):
        view = self.admin_site.admin_view
        handle, record = require_POST(self.handle), require_POST(self.record)
        return [
            path("<int:pk>/jawab/", view(require_POST(self.answer)), name="messaging_reply_answer"),
            path("<int:pk>/tangani/", view(handle), name="messaging_reply_handle"),
            path("<int:pk>/catat/", view(record), name="messaging_reply_record"),
            *super().get_urls(),
        ]

    @display(description="balasan")
    def shown_text(self, row):
        return Truncator(row.text or f"({row.form})").chars(SHOWN)

    @display(description="diterima (WIB)")
    def shown_time(self, row):
        return in_wib(row.received_at)

    @display(description="dibaca sebagai")
    def shown_word(self, row):
        return row.get_word_display()

    @display(description="status")
    def shown_state(self, row):
        tone = TONES[row.state]
        return format_html('<span class="st-tag st-{}">{}</span>', tone, row.get_state_display())

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row, now = self._get(request, object_id), timezone.now()
        may_handle = _may_handle(request)
        owners, area = directory.owners(row.channel, row.address), directory.Area(request.user)
        is_phone = row.channel == Channel.WHATSAPP and bool(row.address)
        context = {
            **self.admin_site.each_context(request),
            "title": "Balasan",
            "opts": self.opts,
            "row": row,
            "tone": TONES[row.state],
            "address": _address(row, is_whole=may_handle),
            "message": _message(request, row.delivery_id, area),
            "sent": _message(request, row.answer_delivery_id, area),
            "people": list(area.people([owner.key for owner in owners]).values()),
            "is_known": bool(owners),
            "questions": _questions(row, area, now=now),
            "may_handle": may_handle and _is_open(row),
            "chat": phones.whatsapp_link(row.address, GREETING) if may_handle and is_phone else "",
            "cannot_answer": services.problem_of_answering(row, now=now),
            "window_ends": services.window_ends(row),
            "longest": services.LONGEST_ANSWER,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "staff/reply.html", context)

    def handle(self, request, pk):
        """Out of the inbox: answered, or nothing to answer."""
        row = self._get_to_handle(request, pk)
        facts = {"note": line_in(request.POST.get("catatan", ""), most=300), "actor": request.user}
        try:
            services.close_reply(
                row, state=request.POST.get("status", ""), now=timezone.now(), **facts
            )
        except services.ReplyRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:messaging_reply_change", row.pk)
        messages.success(request, "Balasan sudah ditangani.")
        return redirect("admin:messaging_reply_changelist")

    def answer(self, request, pk):
        """An answer in words of our own, from the official number."""
        row = self._get_to_handle(request, pk)
        text = text_in(request.POST.get("jawaban", ""))
        try:
            services.answer_reply(row, text=text, actor=request.user, now=timezone.now())
        except services.ReplyRefused as refusal:
            messages.error(request, str(refusal))
            if text.strip():  # her words stay on the page
                return self.change_view(request, str(pk), extra_context={"draft": text})
        else:
            messages.success(request, "Jawaban dikirim dari nomor resmi.")
        return redirect("admin:messaging_reply_change", row.pk)

    def record(self, request, pk):
        """The reply is a yes or a no to this invitation, as staff read it."""
        row, now = self._get_to_handle(request, pk), timezone.now()
        asked = (request.POST.get("kind", ""), whole_in(request.POST.get("subject", "")))
        mine = _questions(row, directory.Area(request.user), now=now)
        if _is_open(row) and asked not in {(one.kind, one.subject_id) for one in mine}:
            messages.error(request, "Undangan itu tidak dapat dijawab lagi.")
            return redirect("admin:messaging_reply_change", row.pk)
        try:
            services.record_by_staff(
                row,
                kind=asked[0],
                subject_id=asked[1] or 0,
                word=request.POST.get("word", ""),
                actor=request.user,
                now=now,
            )
        except services.ReplyRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Jawaban dicatat. {row.note}")
        return redirect("admin:messaging_reply_change", row.pk)

    def _get(self, request, pk):
        rows = self.get_queryset(request).select_related(
            "delivery", "handled_by", "region", "answer_delivery"
        )
        row = rows.filter(pk=whole_in(str(pk))).first()
        if row is None:
            raise Http404
        return row

    def _get_to_handle(self, request, pk):
        row = self._get(request, pk)
        if not _may_handle(request):
            raise PermissionDenied
        return row


def _message(request, pk, area):
    """A message that was answered, or that answers, for those who may open its page."""
    if pk is None or not request.user.has_perm("messaging.view_campaign"):
        return None
    return area.rows(Delivery.objects.filter(pk=pk)).first()


def _questions(row, area, *, now):
    """What people of hers may answer now."""
    asked = services.questions_of(row, now=now) if _is_open(row) else []
    mine = area.people([question.recipient_key for question in asked])
    return [question for question in asked if question.recipient_key in mine]


def _is_open(row):
    return row.state == Reply.State.OPEN


def _may_handle(request):
    return request.user.has_perm("messaging.change_reply")


def _address(row, *, is_whole):
    if not row.address:
        return "nomor yang sudah dihapus"
    if row.channel != Channel.WHATSAPP or not is_whole:
        return masked(row.address)
    return phones.display(row.address)
