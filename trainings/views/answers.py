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

from trainings.aftermath.asking import ask_of
from trainings.certificates.showing import standing_of
from trainings.models import Enrolment
from trainings.panels import answer_url, facts_of, moved_to
from trainings.schedule import in_words, wave, waves
from trainings.services import answers, joining
from trainings.tickets import cohort_in_words
from trainings.views.aftermath import page_of_message
from trainings.views.links import enrolment_behind
from trainings.views.tickets import link_unknown

REASON_LENGTH = 300
MOST_WAVES = 10
JUDGED = (Enrolment.State.ATTENDED, Enrolment.State.COMPLETED, Enrolment.State.NO_SHOW)


@dataclass(frozen=True)
class Question:
    """The step between "tidak bisa" and its POST: a reason, or a last look."""

    heading: str
    button: str
    question: str = ""
    hint: str = ""
    explanation: str = ""
    is_destructive: bool = False
    shows_waves: bool = False
    """The other waves of the training stand above, to be chosen instead."""


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
        explanation="Petugas memakai jawaban ini saat menyusun gelombang berikutnya. Anda "
        "didahulukan saat gelombang itu mengundang.",
        shows_waves=True,
    ),
    "pindah": Question("Pindah gelombang", "", shows_waves=True),
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


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    enrolment, via = enrolment_behind(token)
    if not enrolment:
        return link_unknown(request)
    is_plain = request.method != "POST" and not request.GET
    # The message after a class asks a question: its link leads there at once.
    if is_plain and enrolment.state in JUDGED and (page := page_of_message(token)):
        return redirect(page, token)
    return respond(request, enrolment, via=via, now=timezone.now())


def respond(
    request: HttpRequest,
    enrolment: Enrolment,
    *,
    via: str,
    now: datetime,
    back: str = "",
    address_of: Callable[[Enrolment], str] = answer_url,
) -> HttpResponse:
    """The page of one enrolment, for whoever was found to be its owner: shows, asks, answers.

    `back` is the address of the page she came from, where there is one; `address_of` tells where
    she finds another place of hers.
    """
    if request.method == "POST" and request.POST.get("jawaban") == "pindah":
        return _change_wave(request, enrolment, now=now, via=via, address_of=address_of)
    if request.method == "POST":
        return _take(request, enrolment, now=now, via=via, back=back)
    if question := QUESTIONS.get(request.GET.get("jawab", "")):
        return _ask(request, enrolment, question, now=now)
    return _show(request, enrolment, now=now, back=back)


def _take(
    request: HttpRequest, enrolment: Enrolment, *, now: datetime, via: str, back: str
) -> HttpResponse:
    reason = request.POST.get("alasan", "").strip()[:REASON_LENGTH]
    act = _act(request.POST.get("jawaban", ""))
    if not act:
        refusal = "Pilih salah satu jawaban."
        return _show(request, enrolment, now=now, back=back, refusal=refusal, status=400)
    try:
        act(enrolment, reason, now, via)
    except answers.AnswerRefused as refusal:
        enrolment.refresh_from_db()
        return _show(request, enrolment, now=now, back=back, refusal=str(refusal), status=409)
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


def _change_wave(
    request: HttpRequest,
    enrolment: Enrolment,
    *,
    now: datetime,
    via: str,
    address_of: Callable[[Enrolment], str],
) -> HttpResponse:
    """Another wave instead of this one, and on to its page; a refusal shows the waves again."""
    code = request.POST.get("gelombang", "")
    to = joining.other_waves(enrolment, now=now).filter(code=code).first()
    refusal = "Gelombang itu tidak bisa dipilih lagi. Pilih gelombang lain."
    if to is not None:
        try:
            chosen = joining.choose_wave(enrolment, to=to, now=now, via=via)
        except answers.AnswerRefused as refused:
            refusal = str(refused)
        else:
            return redirect(address_of(chosen))
    return _ask(request, enrolment, QUESTIONS["pindah"], now=now, refusal=refusal)


def _ask(
    request: HttpRequest,
    enrolment: Enrolment,
    question: Question,
    *,
    now: datetime,
    refusal: str = "",
) -> HttpResponse:
    others = in_words(joining.other_waves(enrolment, now=now)[:MOST_WAVES])
    context = {
        "wave": wave(cohort_in_words(enrolment), now=now),
        "answer": request.GET.get("jawab", ""),
        "step": question,
        "others": waves(others, now=now) if question.shows_waves else [],
        "has_seat": enrolment.state == Enrolment.State.CONFIRMED,
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "trainings/answer_reason.html", context, status=status)


def _show(
    request: HttpRequest,
    enrolment: Enrolment,
    *,
    now: datetime,
    back: str,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    facts = facts_of(enrolment, cohort_in_words(enrolment), now=now)
    context = facts | {
        "refusal": refusal,
        "back": back,
        "moved": moved_to(enrolment, now=now),
        "ask": ask_of(enrolment, now=now),
        "standing": standing_of(enrolment, now=now),
    }
    return render(request, "trainings/answer.html", context, status=status)
