"""Seats of people who are not there some minutes after the first session began go free.

Only where attendance is being taken: a class in which nobody is marked present keeps its seats.
Staff give the seat back to who comes late, while one is free.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from trainings.models import Attendance, Cohort, Enrolment
from trainings.services import notices, seats
from trainings.services.answers import AnswerRefused, SeatElsewhere
from trainings.services.transitions import SYSTEM, State, move
from umkm_portal.accounts.models import User

VIA = "hangus"
"""`answer_via` of a place that was forfeited; nothing else sets it."""


class NotForfeited(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Kursi orang ini tidak dilepas karena terlambat.")


class SeatGone(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Kursinya sudah dipakai orang lain dan tidak ada kursi kosong lagi.")


def forfeit_due(*, now: datetime) -> int:
    """Free the seats of absent people in every class whose time for that has come."""
    waits = Cohort.objects.filter(
        forfeit_minutes__isnull=False,
        forfeited_at=None,
        state__in=[Cohort.State.OPEN, Cohort.State.CLOSED],
        starts_at__lte=now,
        ends_at__gt=now,
    )
    due = [cohort.pk for cohort in waits.order_by("pk") if _is_due(cohort, now=now)]
    return sum(forfeit(pk, now=now) for pk in due)


@transaction.atomic
def forfeit(cohort_id: int, *, now: datetime) -> int:
    """Free the seats of those not marked present; once in the life of a cohort."""
    cohort = seats.lock(cohort_id)
    if cohort.forfeited_at or not _is_due(cohort, now=now):
        return 0
    marked = Attendance.objects.filter(came_at__isnull=False)
    if not marked.filter(session__cohort=cohort).exists():
        return 0
    Cohort.objects.filter(pk=cohort.pk).update(forfeited_at=now)
    absent = cohort.enrolments.filter(
        ~Exists(marked.filter(enrolment=OuterRef("pk"))), state=State.CONFIRMED
    )
    rows = list(absent.select_related("participant").order_by("pk"))
    note = f"Belum hadir {cohort.forfeit_minutes} menit setelah kelas dimulai."
    for enrolment in rows:
        seats.release(cohort, enrolment)
        event = move(
            enrolment,
            to=State.CANCELLED,
            now=now,
            via=SYSTEM,
            note=note,
            reason=note,
            answer_via=VIA,
        )
        notices.withdraw_open(enrolment, now=now)
        notices.tell_forfeited(enrolment, event=event)
    return len(rows)


@transaction.atomic
def reinstate(enrolment: Enrolment, *, by: User | None, now: datetime) -> Enrolment:
    """Give a forfeited seat back to who came late, when one is free; twice is harmless.

    Returns the enrolment, confirmed. Raises NotForfeited, SeatElsewhere, SeatGone.
    """
    cohort = seats.lock(enrolment.cohort_id)
    fresh = Enrolment.objects.select_related("participant__region", "participant__agency")
    enrolment = fresh.get(pk=enrolment.pk)
    if enrolment.state in Enrolment.SEATED:
        return enrolment
    if not is_forfeited(enrolment):
        raise NotForfeited
    elsewhere = Enrolment.objects.seated().filter(participant=enrolment.participant_id)
    if elsewhere.filter(training=enrolment.training_id).exists():
        raise SeatElsewhere
    if not seats.take(cohort, enrolment):
        raise SeatGone
    note = "Datang terlambat; kursi dikembalikan."
    move(
        enrolment,
        to=State.CONFIRMED,
        now=now,
        via="petugas",
        actor=by,
        note=note,
        reason="",
        answer_via="petugas",
    )
    notices.withdraw_forfeited(enrolment, now=now)
    return enrolment


def is_forfeited(enrolment: Enrolment) -> bool:
    return enrolment.state == State.CANCELLED and enrolment.answer_via == VIA


def _is_due(cohort: Cohort, *, now: datetime) -> bool:
    if cohort.forfeit_minutes is None or cohort.starts_at is None:
        return False
    return cohort.starts_at + timedelta(minutes=cohort.forfeit_minutes) <= now
