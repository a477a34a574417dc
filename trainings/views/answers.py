"""The page behind the link of an invitation: GET shows, POST answers.

The link of a message and the short code both end here. The same address later shows the seat or
the place in the line, and cancels until the first session starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trainings.models import Cohort, Enrolment
from trainings.schedule import Wave, moment_label, wave
from trainings.services import answers
from trainings.tickets import cohort_in_words, ticket
from trainings.views.tickets import link_unknown
from umkm_portal.common import codes, tokens
from umkm_portal.messaging.models import Delivery

REASON_LENGTH = 300
State = Enrolment.State


@dataclass(frozen=True)
class Question:
    """The step between "tidak bisa" and its POST: a reason, or a last look."""

    heading: str
    button: str
    question: str = ""
    hint: str = ""
    explanation: str = ""
    is_destructive: bool = False


QUESTIONS = {
    "tidak": Question(
        "Tidak bisa hadir",
        "Kirim jawaban",
        question="Mengapa tidak bisa? (boleh dikosongkan)",
        hint="Misalnya: jadwal bentrok, terlalu jauh, sudah pernah ikut.",
        explanation="Undangan berikutnya tetap Anda terima.",
    ),
    "jadwal-lain": Question(
        "Minta jadwal lain",
        "Kirim permintaan",
        question="Hari atau jam apa yang bisa? (boleh dikosongkan)",
        hint="Misalnya: Sabtu pagi, atau setelah jam 15.00.",
        explanation="Petugas memakai jawaban ini saat menyusun gelombang berikutnya.",
    ),
    "bukan-saya": Question(
        "Undangan ini bukan untuk saya",
        "Ya, bukan untuk saya",
        explanation="Petugas akan memeriksa alamat ini. Undangan untuk kelas ini tidak dikirim "
        "lagi ke sini.",
    ),
    "batal": Question(
        "Batalkan kehadiran?",
        "Ya, batalkan",
        question="Mengapa batal? (boleh dikosongkan)",
        hint="Misalnya: sakit, jaga toko.",
        explanation="Tempat Anda langsung diberikan kepada orang berikutnya di daftar tunggu.",
        is_destructive=True,
    ),
}


@dataclass(frozen=True)
class Panel:
    """How one state of an enrolment is shown."""

    heading: str
    strip: str = ""
    strip_kind: str = ""
    icon: str = "info"
    explanation: str = ""

    @property
    def strip_icon(self) -> str:
        return f"ui/icons/{self.icon}.svg"


PANELS = {
    State.DECLINED: Panel(
        "Jawaban Anda: tidak bisa",
        explanation="Berubah pikiran? Selama masih ada kursi, Anda bisa menjawab Ya.",
    ),
    State.EXPIRED: Panel(
        "Batas jawab sudah lewat",
        explanation="Selama masih ada kursi, Anda masih bisa menjawab Ya.",
    ),
    State.WANTS_OTHER_DATE: Panel(
        "Permintaan jadwal lain dicatat",
        explanation="Kami kabari bila ada gelombang lain. Bila ternyata bisa, jawab Ya di sini.",
    ),
    State.NOT_MINE: Panel(
        "Terima kasih sudah memberi tahu",
        explanation="Undangan ini ditandai salah alamat. Petugas memeriksanya.",
    ),
    State.CANCELLED: Panel(
        "Kehadiran dibatalkan",
        explanation="Tempat Anda sudah dilepas. Selama masih ada kursi, Anda bisa menjawab Ya.",
    ),
    State.CONFIRMED: Panel("Kursi Anda aman", "Anda terdaftar sebagai peserta", "ok", "check"),
    State.WAITLISTED: Panel("Anda di daftar tunggu", "Kursi sudah penuh", "info", "clock"),
    State.ATTENDED: Panel("Anda sudah hadir", "Kehadiran tercatat", "ok", "check"),
    State.COMPLETED: Panel("Anda lulus", "Pelatihan selesai", "ok", "check"),
    State.NO_SHOW: Panel("Kehadiran tidak tercatat", explanation="Bila keliru, hubungi petugas."),
}
REOPENABLE = {State.DECLINED, State.EXPIRED, State.WANTS_OTHER_DATE, State.CANCELLED}
ASKED = {State.INVITED, State.OFFERED}
CANCELLABLE = {State.CONFIRMED, State.WAITLISTED}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    enrolment, via = enrolment_behind(token)
    if not enrolment:
        return link_unknown(request)
    now = timezone.now()
    if request.method == "POST":
        return _take(request, enrolment, now=now, via=via)
    if question := QUESTIONS.get(request.GET.get("jawab", "")):
        return _ask(request, enrolment, question, now=now)
    return _show(request, enrolment, now=now)


def enrolment_behind(token: str) -> tuple[Enrolment | None, str]:
    """The enrolment of a message's link or of a typed code, and through which of them."""
    rows = Enrolment.objects.select_related("participant", "cohort")
    try:
        public_id = tokens.unsign("answer", token)
    except tokens.BadToken:
        pass
    else:
        subject = Delivery.objects.filter(public_id=public_id).values("subject_id")
        return rows.filter(pk__in=subject).first(), answers.VIA_LINK
    try:
        public_id = tokens.unsign("invitation", token)
    except tokens.BadToken:
        return None, ""
    return rows.filter(public_id=public_id).first(), answers.VIA_CODE


def _take(request: HttpRequest, enrolment: Enrolment, *, now: datetime, via: str) -> HttpResponse:
    reason = request.POST.get("alasan", "").strip()[:REASON_LENGTH]
    act = _act(request.POST.get("jawaban", ""))
    if not act:
        return _show(request, enrolment, now=now, refusal="Pilih salah satu jawaban.", status=400)
    try:
        act(enrolment, reason, now, via)
    except answers.AnswerRefused as refusal:
        enrolment.refresh_from_db()
        return _show(request, enrolment, now=now, refusal=str(refusal), status=409)
    return redirect(request.path)


def _act(word: str) -> Callable[[Enrolment, str, datetime, str], Enrolment] | None:
    return {
        "ya": lambda row, reason, now, via: answers.accept(row, now=now, via=via),
        "tidak": lambda row, reason, now, via: answers.decline(
            row, reason=reason, now=now, via=via
        ),
        "jadwal-lain": lambda row, reason, now, via: answers.ask_other_date(
            row, note=reason, now=now, via=via
        ),
        "bukan-saya": lambda row, reason, now, via: answers.not_mine(row, now=now, via=via),
        "batal": lambda row, reason, now, via: answers.cancel(row, now=now, via=via, reason=reason),
    }.get(word)


def _ask(
    request: HttpRequest, enrolment: Enrolment, question: Question, *, now: datetime
) -> HttpResponse:
    words = wave(cohort_in_words(enrolment), now=now)
    context = {"wave": words, "answer": request.GET["jawab"], "step": question}
    return render(request, "trainings/answer_reason.html", context)


def _show(
    request: HttpRequest,
    enrolment: Enrolment,
    *,
    now: datetime,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    cohort = cohort_in_words(enrolment)
    words = wave(cohort, now=now)
    state = State(enrolment.state)
    is_running = _is_running(cohort, now=now)
    may_accept = _may_accept(state, cohort, now=now)
    context = {
        "wave": words,
        "panel": _panel(enrolment, words, cohort, may_accept=may_accept, now=now),
        "name": enrolment.participant.full_name,
        "code": codes.display(enrolment.short_code),
        "refusal": refusal,
        "ticket": ticket(enrolment),
        "queue_position": answers.waiting_position(enrolment) if is_running else 0,
        "is_asked": may_accept and state in ASKED,
        "accept_label": _accept_label(state, words),
        "may_accept": may_accept,
        "may_ask_other_date": is_running and state == State.INVITED,
        "may_say_not_mine": is_running and state == State.INVITED,
        "may_cancel": is_running and state in CANCELLABLE,
    }
    return render(request, "trainings/answer.html", context, status=status)


def _is_running(cohort: Cohort, *, now: datetime) -> bool:
    """The cohort still lies ahead: its people may come and go."""
    is_ahead = cohort.starts_at is None or cohort.starts_at > now
    return is_ahead and cohort.state in (Cohort.State.OPEN, Cohort.State.CLOSED)


def _may_accept(state: str, cohort: Cohort, *, now: datetime) -> bool:
    """The button is offered; whether a seat is left is decided when it is pressed."""
    if not _is_running(cohort, now=now):
        return False
    if state == State.OFFERED:
        return True
    is_registering = cohort.state == Cohort.State.OPEN and (
        cohort.closes_at is None or cohort.closes_at > now
    )
    return is_registering and (state == State.INVITED or state in REOPENABLE)


def _panel(
    enrolment: Enrolment, words: Wave, cohort: Cohort, *, may_accept: bool, now: datetime
) -> Panel:
    state = State(enrolment.state)
    if cohort.state == Cohort.State.CANCELLED:
        return Panel(
            "Gelombang ini dibatalkan",
            explanation="Maaf, kelas ini tidak jadi diadakan. Lihat gelombang lain di jadwal.",
        )
    if state in ASKED:
        if not may_accept:
            return Panel("Pendaftaran gelombang ini sudah ditutup")
        return _invited_panel(enrolment, words, now=now)
    panel = PANELS[state]
    return panel if may_accept or state not in REOPENABLE else Panel(panel.heading)


def _invited_panel(enrolment: Enrolment, words: Wave, *, now: datetime) -> Panel:
    deadline = _deadline(enrolment)
    late = deadline is not None and deadline <= now
    strip = f"Balas sebelum {moment_label(deadline)}" if deadline and not late else ""
    if enrolment.state == State.OFFERED:
        return Panel(
            "Ada kursi untuk Anda",
            strip,
            icon="clock",
            explanation="Satu kursi dikosongkan dan disimpan untuk Anda sampai batas waktu ini.",
        )
    if late:
        return PANELS[State.EXPIRED]
    full = (
        "Kursi sedang penuh. Jawaban Ya memasukkan Anda ke daftar tunggu."
        if words.seats.is_full
        else ""
    )
    return Panel("Anda diundang", strip, icon="clock", explanation=full)


def _deadline(enrolment: Enrolment) -> datetime | None:
    if enrolment.state != State.OFFERED:
        return enrolment.answer_by
    offer = enrolment.offers.filter(state="pending").order_by("pk").last()
    return offer.deadline_at if offer else None


def _accept_label(state: str, words: Wave) -> str:
    if state == State.OFFERED:
        return "Ya, ambil kursi ini"
    return "Ya, masuk daftar tunggu" if words.seats.is_full else "Ya, saya hadir"
