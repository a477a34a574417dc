"""Marks of attendance: who came, who left, and what was a slip. Every mark that arrives is kept.

A mark bears a key of its device, so one that is sent again changes nothing and is answered as the
first time. What contradicts the places of the cohort is kept as a conflict, for staff to settle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from trainings.attendance import closing, reading
from trainings.models import Attendance, AttendanceMark, Cohort, Enrolment, Session
from trainings.services import seats
from trainings.services.transitions import State, move
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import format_moment

Kind, Via, Outcome = AttendanceMark.Kind, AttendanceMark.Via, AttendanceMark.Outcome

EARLY = LATE = timedelta(hours=3)
"""How long before a session its door may open, and how long after it marks surely mean it."""
AGAIN = timedelta(minutes=1)
"""A second "leaves" within this is the same press."""
TONES = {
    Outcome.ACCEPTED: "green",
    Outcome.ALREADY: "yellow",
    Outcome.CONFLICT: "red",
    Outcome.REFUSED: "red",
}
_NO_SEAT = {
    State.CANCELLED: "Kursi ini sudah dilepas. Minta orangnya ke meja petugas.",
    State.WAITLISTED: "Masih di daftar tunggu, belum punya kursi.",
    State.OFFERED: "Tawaran kursi belum dijawab, jadi belum punya kursi.",
}
UNKNOWN = "Kode tidak dikenal. Ketik ulang, atau cari namanya."
CANCELLED = "Sesi ini dibatalkan. Kehadiran tidak dicatat."


class Verdict(NamedTuple):
    """What comes of a mark, and the one line that says so."""

    outcome: str
    sentence: str


@dataclass(frozen=True)
class Marked:
    """What became of one mark; `tone` is green (recorded), yellow (was recorded already) or red."""

    outcome: str
    sentence: str
    tone: str
    key: UUID
    kind: str
    enrolment: Enrolment | None

    @property
    def name(self) -> str:
        return self.enrolment.participant.full_name if self.enrolment else ""

    @property
    def may_undo(self) -> bool:
        return self.outcome == Outcome.ACCEPTED and self.kind != Kind.UNDO


@transaction.atomic
def mark(
    session: Session,
    *,
    kind: str,
    via: str,
    key: UUID,
    happened_at: datetime,
    by: User | None,
    now: datetime,
    enrolment: Enrolment | None = None,
    read: str = "",
) -> Marked:
    """Record that somebody came (`in`), left (`out`), or that a mark was a slip (`undo`).

    Who it is stands in `enrolment`, else in `read`: the address or code of a ticket; for an undo
    `read` is the key of the mark that was a slip. `happened_at` is the time of the device. The
    same `key` again returns what the first one brought.
    """
    cohort = seats.lock(session.cohort_id)
    known = AttendanceMark.objects.select_related("enrolment__participant").filter(key=key).first()
    if known is not None:
        return told(known)
    session = Session.objects.get(pk=session.pk)
    session.cohort = cohort
    slip = _slip(session, read) if kind == Kind.UNDO else None
    whose = _whose(cohort, enrolment or (slip.enrolment if slip else None), read, kind=kind)
    at = min(happened_at, now)
    if kind == Kind.UNDO:
        verdict = _undo(session, whose, slip, by=by, now=now)
    else:
        verdict = _objection(session, whose, at=at) or _record(
            session, whose, kind=kind, via=via, at=at, by=by, now=now
        )
    row = AttendanceMark.objects.create(
        key=key,
        session=session,
        enrolment=whose,
        kind=kind,
        via=via,
        read=read.strip()[: reading.LONGEST],
        outcome=verdict.outcome,
        reason=verdict.sentence,
        happened_at=happened_at,
        received_at=now,
        made_by=by,
    )
    return told(row)


def told(row: AttendanceMark) -> Marked:
    """What a mark brought, as it was said when it arrived."""
    tone = TONES[Outcome(row.outcome)]
    return Marked(row.outcome, row.reason, tone, row.key, row.kind, row.enrolment)


def mark_of(session: Session, key: UUID) -> Marked | None:
    """The mark of that key in this session."""
    rows = AttendanceMark.objects.select_related("enrolment__participant")
    row = rows.filter(session=session, key=key).first()
    return told(row) if row else None


def last_arrival(session: Session, enrolment: Enrolment) -> AttendanceMark | None:
    """The mark by which the person counts as there, to be taken back."""
    if not session.attendances.present().filter(enrolment=enrolment).exists():
        return None
    rows = session.marks.filter(enrolment=enrolment, kind=Kind.IN, outcome=Outcome.ACCEPTED)
    return rows.order_by("-pk").first()


def arrive(
    enrolment: Enrolment, *, via: str, by: User | None, now: datetime, cohort: Cohort
) -> None:
    """A seated person was there: her place says so, and is judged anew where all is closed."""
    if enrolment.state in (State.CONFIRMED, State.NO_SHOW):
        move(enrolment, to=State.ATTENDED, now=now, via=Via(via).label.lower()[:20], actor=by)
    judge_all_closed(cohort, [enrolment.pk], now=now)


def judge_all_closed(cohort: Cohort, enrolments: Sequence[int], *, now: datetime) -> None:
    """What comes in after the cohort was closed counts like what came before."""
    if cohort.state == Cohort.State.FINISHED and enrolments:
        closing.judge(cohort, now=now, only=enrolments)


def hour(moment: datetime) -> str:
    """`08.51`, in Jakarta."""
    return f"{timezone.localtime(moment):%H.%M}"


def _whose(
    cohort: Cohort, enrolment: Enrolment | None, read: str, *, kind: str
) -> Enrolment | None:
    """The place that is meant, read afresh: the cohort's lock is ours by now."""
    if enrolment is not None:
        return reading.places().filter(pk=enrolment.pk).first()
    return None if kind == Kind.UNDO else reading.enrolment_behind(read, cohort=cohort)


def _objection(session: Session, whose: Enrolment | None, *, at: datetime) -> Verdict | None:
    """Why the mark cannot simply be recorded; None when nothing speaks against it."""
    if whose is None:
        return Verdict(Outcome.REFUSED, UNKNOWN)
    if whose.cohort_id != session.cohort_id:
        other = whose.cohort
        title = other.training.title[:100]
        sentence = f"Salah gelombang: tiket ini untuk {title}, gelombang {other.number}."
        return Verdict(Outcome.CONFLICT, sentence)
    if session.cancelled_at or session.cohort.state == Cohort.State.CANCELLED:
        was_on = session.cancelled_at is not None and at < session.cancelled_at
        return Verdict(Outcome.CONFLICT if was_on else Outcome.REFUSED, CANCELLED)
    if at < session.starts_at - EARLY:
        when = format_moment(session.starts_at)
        return Verdict(Outcome.CONFLICT, f"Salah sesi: sesi ini baru mulai {when}.")
    if at > session.ends_at + LATE and _is_during_another(session, at=at):
        when = format_moment(session.starts_at)
        return Verdict(Outcome.CONFLICT, f"Salah sesi: ini sesi {when}.")
    if whose.state not in Enrolment.SEATED:
        return Verdict(Outcome.CONFLICT, _NO_SEAT.get(State(whose.state), "Belum punya kursi."))
    return None


def _is_during_another(session: Session, *, at: datetime) -> bool:
    """Whether the cohort has another session at that hour."""
    others = Session.objects.filter(cohort=session.cohort_id, cancelled_at=None)
    there = others.filter(starts_at__lte=at + EARLY, ends_at__gte=at - LATE)
    return there.exclude(pk=session.pk).exists()


def _record(
    session: Session,
    whose: Enrolment | None,
    *,
    kind: str,
    via: str,
    at: datetime,
    by: User | None,
    now: datetime,
) -> Verdict:
    if whose is None:
        raise ValueError("nobody to record")
    row, is_new = Attendance.objects.get_or_create(
        session=session, enrolment=whose, defaults={"via": via, "changed_at": now}
    )
    verdict = _come(row, at=at) if kind == Kind.IN else _leave(row, at=at)
    row.recorded_by, row.changed_at = by, now
    if is_new or row.came_at is None:
        row.via = via
    row.save()
    if row.came_at is not None:
        _settle_open(session, whose, by=by, now=now)
        arrive(whose, via=via, by=by, now=now, cohort=session.cohort)
    return verdict


def _come(row: Attendance, *, at: datetime) -> Verdict:
    """The earliest arrival counts; who returns after leaving is there again."""
    if row.came_at is None:
        row.came_at = at
        if row.left_at is None or row.left_at >= at:
            return Verdict(Outcome.ACCEPTED, f"Hadir, tercatat pukul {hour(at)}.")
        row.left_at = None
        return Verdict(Outcome.ACCEPTED, f"Hadir lagi, tercatat pukul {hour(at)}.")
    if row.left_at is not None and at > row.left_at:
        row.left_at = None
        return Verdict(Outcome.ACCEPTED, f"Hadir lagi, tercatat pukul {hour(at)}.")
    row.came_at = min(row.came_at, at)
    return Verdict(Outcome.ALREADY, f"Sudah hadir sejak pukul {hour(row.came_at)}.")


def _leave(row: Attendance, *, at: datetime) -> Verdict:
    """The last departure counts. Who never came leaves a time that waits for her arrival."""
    if row.left_at is not None and at <= row.left_at + AGAIN:
        return Verdict(Outcome.ALREADY, f"Sudah pulang pukul {hour(row.left_at)}.")
    if row.came_at is not None and at < row.came_at:
        return Verdict(Outcome.CONFLICT, f"Baru datang pukul {hour(row.came_at)}, sesudah ini.")
    row.left_at = at
    if row.came_at is None:
        return Verdict(Outcome.CONFLICT, "Pulang, tetapi belum tercatat datang.")
    return Verdict(Outcome.ACCEPTED, f"Pulang, tercatat pukul {hour(at)}.")


def _settle_open(session: Session, whose: Enrolment, *, by: User | None, now: datetime) -> None:
    """Earlier marks that did not fit are answered once the person counts as there."""
    open_marks = session.marks.filter(enrolment=whose, settled_at=None, outcome=Outcome.CONFLICT)
    open_marks.update(settled_at=now, settled_by=by)


def _slip(session: Session, read: str) -> AttendanceMark | None:
    try:
        key = UUID(read.strip())
    except ValueError:
        return None
    rows = session.marks.select_related("enrolment")
    return rows.filter(key=key, enrolment__isnull=False).first()


def _undo(
    session: Session,
    whose: Enrolment | None,
    slip: AttendanceMark | None,
    *,
    by: User | None,
    now: datetime,
) -> Verdict:
    """Take one accepted mark back; what was recorded before or since stays."""
    if whose is None or slip is None:
        return Verdict(Outcome.REFUSED, "Catatan yang dibatalkan tidak ditemukan.")
    undone = session.marks.filter(kind=Kind.UNDO, outcome=Outcome.ACCEPTED, read=str(slip.key))
    row = Attendance.objects.filter(session=session, enrolment=whose).first()
    if slip.outcome != Outcome.ACCEPTED or row is None or undone.exists():
        return Verdict(Outcome.ALREADY, "Tidak ada lagi yang perlu dibatalkan.")
    if slip.kind == Kind.OUT:
        row.left_at, row.recorded_by, row.changed_at = None, by, now
        row.save()
    else:
        row.delete()
        _go_back(session.cohort, whose, by=by, now=now)
    return Verdict(Outcome.ACCEPTED, "Dibatalkan. Orang ini belum tercatat hadir.")


def _go_back(cohort: Cohort, whose: Enrolment, *, by: User | None, now: datetime) -> None:
    """Who was at no session of the cohort is expected again, or judged anew where all is over."""
    if cohort.state == Cohort.State.FINISHED:
        closing.judge(cohort, now=now, only=[whose.pk])
    elif whose.state == State.ATTENDED and not whose.attendances.present().exists():
        move(whose, to=State.CONFIRMED, now=now, via="dibatalkan", actor=by)
