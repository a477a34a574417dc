"""Two records turn out to be one person: what each was there for counts for the one that stays."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from trainings.attendance import closing
from trainings.attendance.walk_ins import WalkInRefused, seat
from trainings.models import (
    Attendance,
    AttendanceFileRow,
    AttendanceMark,
    Cohort,
    Enrolment,
    TransportItem,
)
from trainings.services import notices, seats
from trainings.services.transitions import SYSTEM, State, move

_JUDGED = (State.ATTENDED, State.NO_SHOW, State.COMPLETED)
_NOTE = "Data digabung."


@transaction.atomic
def hand_over_presence(source: Enrolment, target: Enrolment, *, now: datetime) -> None:
    """Move attendance from one enrolment of a cohort to another, with the seat if need be.

    An arrival that both have stays with the target. The source gives its seat back when it was
    past the point where its owner could; a place still ahead is handed over by `answers`.
    """
    cohort = seats.lock(source.cohort_id)
    source = _afresh(source)
    target = _afresh(target)
    _move_rows(source, target)
    if source.state not in _JUDGED:
        return
    was_there = source.state != State.NO_SHOW
    _give_back(cohort, source, now=now)
    if target.state not in Enrolment.SEATED:
        with suppress(WalkInRefused):
            seat(cohort, target, by=None, now=now)
    if was_there and target.state in (State.CONFIRMED, State.NO_SHOW):
        move(target, to=State.ATTENDED, now=now, via=SYSTEM, note=_NOTE)
    if cohort.state == Cohort.State.FINISHED:
        closing.judge(cohort, now=now, only=[target.pk])
        # Both may have had the step of this class. Now, so that an undo of the merge knows of it.
        closing.credit(cohort.pk, by=None, now=now)


def _afresh(enrolment: Enrolment) -> Enrolment:
    rows = Enrolment.objects.select_related("participant__region", "participant__agency")
    return rows.get(pk=enrolment.pk)


def _move_rows(source: Enrolment, target: Enrolment) -> None:
    known = dict(Attendance.objects.filter(enrolment=target).values_list("session", "pk"))
    own = Attendance.objects.filter(enrolment=source)
    twice = own.filter(session__in=known)
    for one in twice:
        _hand_over_payment(one, known[one.session_id])
    twice.delete()
    own.update(enrolment=target)
    AttendanceMark.objects.filter(enrolment=source).update(enrolment=target)
    AttendanceFileRow.objects.filter(enrolment=source).update(enrolment=target)


def _hand_over_payment(source: Attendance, target_id: int) -> None:
    """What was paid for an arrival that both records had is paid for the one that stays.

    Paid to both, the lists keep both rows; there is nothing left to pay.
    """
    paid = TransportItem.objects.filter(attendance=source)
    if TransportItem.objects.filter(attendance=target_id).exists():
        paid.delete()
    else:
        paid.update(attendance=target_id)


def _give_back(cohort: Cohort, source: Enrolment, *, now: datetime) -> None:
    """Back to a plain seat, and that seat free: each step as the table of moves has it."""
    steps = [State.ATTENDED] if source.state != State.ATTENDED else []
    for to in (*steps, State.CONFIRMED):
        move(source, to=to, now=now, via=SYSTEM, note=_NOTE)
    seats.release(cohort, source)
    move(source, to=State.CANCELLED, now=now, via=SYSTEM, note=_NOTE)
    notices.withdraw_open(source, now=now)
