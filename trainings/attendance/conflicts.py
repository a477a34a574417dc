"""Marks that do not fit what is on file: staff look at each and say what it meant."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from trainings.attendance.marks import Kind, Marked, Outcome, mark
from trainings.attendance.walk_ins import WalkInRefused, walk_in
from trainings.models import AttendanceMark, Cohort, Enrolment
from trainings.services import seats
from umkm_portal.accounts.models import User


class SettleRefused(Exception):
    """The mark cannot be settled this way; `str()` is the sentence for staff."""


def open_conflicts(cohort: Cohort) -> QuerySet[AttendanceMark]:
    """Marks of all sessions of the cohort that wait for a decision, the oldest first."""
    rows = AttendanceMark.objects.filter(
        session__cohort=cohort, outcome=Outcome.CONFLICT, settled_at=None
    )
    people = ("enrolment__participant", "enrolment__cohort__training", "session", "made_by")
    return rows.select_related(*people).order_by("received_at", "pk")


@transaction.atomic
def accept_conflict(row: AttendanceMark, *, by: User, now: datetime) -> Marked:
    """She was there: record it, with a seat of this cohort if she has none and one is free.

    Raises SettleRefused, and the mark stays open.
    """
    cohort = seats.lock(row.session.cohort_id)
    row = _open(row)
    enrolment = row.enrolment
    if enrolment is None:
        raise SettleRefused("Catatan ini tidak menunjuk siapa pun. Pilih Abaikan.")
    is_seated = enrolment.cohort_id == cohort.pk and enrolment.state in Enrolment.SEATED
    if is_seated and row.kind == Kind.OUT:
        raise SettleRefused("Catat kedatangannya dahulu, lalu jam pulangnya ikut terpakai.")
    try:
        marked = (
            _as_on_time(row, by=by, now=now)
            if is_seated
            else walk_in(
                row.session,
                enrolment.participant,
                key=_key_of(row),
                by=by,
                now=now,
                came_at=row.session.starts_at,
                overrides_rule=True,
            )
        )
    except WalkInRefused as refusal:
        raise SettleRefused(str(refusal)) from refusal
    if marked.outcome not in (Outcome.ACCEPTED, Outcome.ALREADY):
        raise SettleRefused(marked.sentence)
    _settle(row, by=by, now=now)
    return marked


@transaction.atomic
def dismiss_conflict(row: AttendanceMark, *, by: User, now: datetime) -> None:
    """The mark was a slip; it stays on file. Raises SettleRefused when it was settled meanwhile."""
    seats.lock(row.session.cohort_id)
    _settle(_open(row), by=by, now=now)


def _as_on_time(row: AttendanceMark, *, by: User, now: datetime) -> Marked:
    """Record the arrival at the beginning of the session that the officer says it was."""
    return mark(
        row.session,
        enrolment=row.enrolment,
        kind=Kind.IN,
        via=row.via,
        key=_key_of(row),
        happened_at=row.session.starts_at,
        by=by,
        now=now,
    )


def _key_of(row: AttendanceMark) -> uuid.UUID:
    """Two officers who settle the same mark make one record."""
    return uuid.uuid5(row.key, "settled")


def _open(row: AttendanceMark) -> AttendanceMark:
    rows = AttendanceMark.objects.select_related("enrolment__participant", "session__cohort")
    fresh = rows.get(pk=row.pk)
    if fresh.outcome != Outcome.CONFLICT or fresh.settled_at is not None:
        raise SettleRefused("Catatan ini sudah diselesaikan petugas lain.")
    return fresh


def _settle(row: AttendanceMark, *, by: User, now: datetime) -> None:
    AttendanceMark.objects.filter(pk=row.pk).update(settled_at=now, settled_by=by)
