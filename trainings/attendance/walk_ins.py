"""People who come without a seat: they get one while any is free, and count as there at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from participants.models import Participant
from trainings.attendance.marks import Kind, Marked, Via, mark
from trainings.models import Cohort, Enrolment, Offer, Session
from trainings.services import notices, seats
from trainings.services.joining import is_eligible
from trainings.services.transitions import State, create, move
from umkm_portal.accounts.models import User

VIA = "datang langsung"


class WalkInRefused(Exception):
    """The person gets no seat at the door; `str()` is the sentence for the officer."""


@transaction.atomic
def walk_in(
    session: Session,
    person: Participant,
    *,
    key: UUID,
    by: User,
    now: datetime,
    came_at: datetime | None = None,
    overrides_rule: bool = False,
) -> Marked:
    """Give a free seat to a registered person who stands at the door, and mark her as there.

    `came_at` is when she came, if not now; `overrides_rule` an officer's decision for a cohort
    that takes nobody at the door. Raises WalkInRefused. A seat is taken as always: by the one
    conditional UPDATE.
    """
    cohort = seats.lock(session.cohort_id)
    seats.expire_offers(cohort, now=now)
    enrolment = _place(cohort, person, now=now, by=by)
    if enrolment.state not in Enrolment.SEATED:
        _check(cohort, session, person, overrides_rule=overrides_rule)
        seat(cohort, enrolment, by=by, now=now)
    return mark(
        session,
        enrolment=enrolment,
        kind=Kind.IN,
        via=Via.WALK_IN,
        key=key,
        happened_at=came_at or now,
        by=by,
        now=now,
    )


def seat(cohort: Cohort, enrolment: Enrolment, *, by: User | None, now: datetime) -> None:
    """Take a free seat of the locked cohort for her. Raises WalkInRefused when there is none."""
    if enrolment.state == State.NOT_MINE:
        raise WalkInRefused("Undangannya ditandai salah alamat. Periksa dahulu di tab Jawaban.")
    is_waiting = enrolment.state in (State.WAITLISTED, State.OFFERED)
    is_taken = _take_offered(cohort, enrolment, now=now) if is_waiting else _take(cohort, enrolment)
    if not is_taken:
        full = "Semua kursi terisi." if not cohort.free else "Jatah kelompoknya sudah penuh."
        raise WalkInRefused(f"{full} Orang ini belum bisa ikut.")
    try:
        with transaction.atomic():
            move(
                enrolment,
                to=State.CONFIRMED,
                now=now,
                via=VIA,
                actor=by,
                answered_at=now,
                answer_via=VIA,
                answered_by=by,
                reason="",
                arrival_no=enrolment.arrival_no,
            )
    except IntegrityError as error:
        raise WalkInRefused("Sudah punya kursi di gelombang lain pelatihan ini.") from error
    notices.withdraw_open(enrolment, now=now)


def takes_walk_ins(cohort: Cohort) -> bool:
    return cohort.walk_ins == Cohort.WalkIn.FREE_SEATS


def _place(cohort: Cohort, person: Participant, *, now: datetime, by: User) -> Enrolment:
    """Her enrolment in the cohort, made if there is none; it goes again with a refusal."""
    rows = Enrolment.objects.select_related("participant__region", "participant__agency")
    enrolment = rows.filter(cohort=cohort, participant=person).first()
    return enrolment or create(cohort, person, now=now, via=VIA, actor=by)


def _check(cohort: Cohort, session: Session, person: Participant, *, overrides_rule: bool) -> None:
    if session.cancelled_at or cohort.state in (Cohort.State.CANCELLED, Cohort.State.DRAFT):
        raise WalkInRefused("Sesi ini dibatalkan.")
    if overrides_rule:
        return
    if not takes_walk_ins(cohort):
        raise WalkInRefused("Gelombang ini hanya untuk yang sudah punya kursi.")
    if not is_eligible(cohort, person):
        whom = cohort.get_eligibility_display().lower()
        raise WalkInRefused(f"Gelombang ini hanya untuk {whom}.")


def _take(cohort: Cohort, enrolment: Enrolment) -> bool:
    if not seats.take(cohort, enrolment):
        return False
    if enrolment.arrival_no is None:
        enrolment.arrival_no = seats.next_arrival_no(cohort)
    return True


def _take_offered(cohort: Cohort, enrolment: Enrolment, *, now: datetime) -> bool:
    """Whoever waits in the line goes through an offer, accepted in the same breath."""
    if enrolment.state == State.WAITLISTED and not seats.offer_to(cohort, enrolment, now=now):
        return False
    offer = seats.pending_offer(enrolment)
    seats.close_offer(cohort, offer, to=Offer.State.ACCEPTED, now=now)
    return True
