"""How one state of an enrolment is told to its owner: heading, deadline, what she may press."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from trainings.models import Cohort, Enrolment
from trainings.schedule import Wave, in_words, moment_label, wave
from trainings.services import answers
from trainings.tickets import ticket
from umkm_portal.common import codes, tokens

State = Enrolment.State


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


def facts_of(enrolment: Enrolment, cohort: Cohort, *, now: datetime) -> dict[str, object]:
    """Everything a page says about an enrolment; read `cohort` through `schedule.in_words`."""
    enrolment.cohort = cohort
    words = wave(cohort, now=now)
    state = State(enrolment.state)
    is_running = _is_running(cohort, now=now)
    may_accept = _may_accept(state, cohort, now=now)
    return {
        "wave": words,
        "panel": _panel(enrolment, words, cohort, may_accept=may_accept, now=now),
        "name": enrolment.participant.full_name,
        "code": codes.display(enrolment.short_code),
        "ticket": ticket(enrolment, now=now),
        "queue_position": answers.waiting_position(enrolment) if is_running else 0,
        "is_asked": may_accept and state in ASKED,
        "accept_label": _accept_label(state, words),
        "may_accept": may_accept,
        "may_ask_other_date": is_running and state == State.INVITED,
        "may_say_not_mine": is_running and state == State.INVITED,
        "may_cancel": is_running and state in CANCELLABLE,
        "may_change_wave": is_running and state in (State.CONFIRMED, State.WAITLISTED),
        "is_running": is_running,
    }


@dataclass(frozen=True)
class Moved:
    """The wave in which her place goes on, and its page."""

    wave: Wave
    url: str


def moved_to(enrolment: Enrolment, *, now: datetime) -> Moved | None:
    """Where her place went when she changed waves, or was moved."""
    if enrolment.state in Enrolment.LIVE:
        return None
    place = enrolment.carried_to.filter(participant=enrolment.participant_id)
    found = place.filter(state__in=Enrolment.LIVE).order_by("-pk").first()
    if found is None:
        return None
    cohort = in_words(Cohort.objects.all()).get(pk=found.cohort_id)
    return Moved(wave(cohort, now=now), answer_url(found))


def answer_url(enrolment: Enrolment) -> str:
    """The page of an enrolment for whoever has shown to be its owner."""
    return reverse("trainings:answer", args=[tokens.sign("invitation", enrolment.public_id)])


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
            explanation=f"Maaf, kelas ini tidak jadi diadakan. {_sentence(cohort.cancel_reason)}"
            "Lihat gelombang lain di jadwal.",
        )
    if state in ASKED:
        if not may_accept:
            return Panel("Pendaftaran gelombang ini sudah ditutup")
        return _invited_panel(enrolment, words, now=now)
    panel = PANELS[state]
    return panel if may_accept or state not in REOPENABLE else Panel(panel.heading)


def _sentence(reason: str) -> str:
    """The officer's reason as a sentence of its own, with the space after it."""
    return f"Alasan: {reason.strip().rstrip('.')}. " if reason.strip() else ""


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
