"""What the owner of a business answers: yes, no, another date, not me; and later: cancel, swap.

Every answer locks the cohort, closes offers whose deadline has passed, moves the enrolment, keeps
the seats and queues the message, all in one transaction; a plain yes does so in one statement.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TypedDict

from django.db import IntegrityError, transaction

from participants.models import Participant
from trainings.models import Cohort, Enrolment, Offer
from trainings.models.enrolments import EnrolmentQuerySet
from trainings.services import notices, plain_yes, seats
from trainings.services.refusals import (
    AnswerRefused,
    CohortNotOpen,
    CohortStarted,
    HoldsSeat,
    NoSeatThere,
    NothingToCancel,
    SeatElsewhere,
    TrainingDiffers,
    WrongPerson,
)
from trainings.services.transitions import SYSTEM, State, create, move
from umkm_portal.accounts.models import User
from umkm_portal.common import codes
from umkm_portal.messaging.models import Delivery

VIA_LINK = "tautan"
VIA_CODE = "kode"
VIA_PHONE = "telepon"
VIA_ACCOUNT = "akun"
VIA_WHATSAPP = "WhatsApp"


_PLACES = (State.INVITED, State.WAITLISTED, State.OFFERED, State.CONFIRMED)
"""States in which a class is still ahead of a person."""


class _Answered(TypedDict):
    answered_at: datetime
    answer_via: str
    answered_by: User | None


def enrolment_for_delivery(delivery: Delivery) -> Enrolment | None:
    """The enrolment that a message was about, with its cohort and training."""
    return _with_cohort().filter(pk=delivery.subject_id or 0).first()


def enrolment_for_code(code: str) -> Enrolment | None:
    """The enrolment of a short code as people type it, or None."""
    plain = codes.normalise(code)
    return _with_cohort().filter(short_code=plain).first() if codes.is_valid(plain) else None


def waiting_position(enrolment: Enrolment) -> int:
    """The place in the waiting line, from 1; 0 for who does not wait."""
    if enrolment.state != State.WAITLISTED:
        return 0
    return Enrolment.objects.ahead_of(enrolment).count() + 1


def accept(
    enrolment: Enrolment, *, now: datetime, via: str, actor: User | None = None
) -> Enrolment:
    """Say yes: a seat when one is free, else a place in the waiting line. Twice is harmless.

    Raises AnswerRefused with the sentence for the person.
    """
    if plain_yes.take_seat(enrolment, now=now, via=via, actor=actor):
        return enrolment
    return _accept(enrolment, now=now, via=via, actor=actor)


@transaction.atomic
def _accept(enrolment: Enrolment, *, now: datetime, via: str, actor: User | None) -> Enrolment:
    """The yes that is not plain: said before, offered, refused, in a quota, or to a full cohort."""
    cohort, enrolment = _open(enrolment, now=now)
    if enrolment.state in (*Enrolment.SEATED, State.WAITLISTED):
        return enrolment
    if enrolment.state == State.NOT_MINE:
        raise WrongPerson
    _check_running(cohort, now=now)
    _check_one_seat(enrolment)
    if enrolment.state == State.OFFERED:
        offer = seats.pending_offer(enrolment)
        seats.close_offer(cohort, offer, to=Offer.State.ACCEPTED, now=now)
        return _settle(enrolment, to=State.CONFIRMED, now=now, via=via, actor=actor)
    _check_registration(cohort, now=now)
    is_new = enrolment.arrival_no is None
    if seats.take(cohort, enrolment, draws_number=is_new):
        return _settle(enrolment, to=State.CONFIRMED, now=now, via=via, actor=actor)
    if is_new:
        enrolment.arrival_no = seats.next_arrival_no(cohort)
    return _settle(enrolment, to=State.WAITLISTED, now=now, via=via, actor=actor)


@transaction.atomic
def join(
    cohort: Cohort,
    participant: Participant,
    *,
    now: datetime,
    via: str,
    actor: User | None = None,
) -> Enrolment:
    """Say yes without an invitation, as accept does."""
    enrolment = Enrolment.objects.filter(cohort=cohort, participant=participant).first()
    if enrolment is None:
        enrolment = create(cohort, participant, now=now, via=via, actor=actor)
    return accept(enrolment, now=now, via=via, actor=actor)


@transaction.atomic
def decline(
    enrolment: Enrolment, *, reason: str, now: datetime, via: str, actor: User | None = None
) -> Enrolment:
    """Say no; an offered seat goes to the next in line. A confirmed person cancels instead."""
    return _turn_down(enrolment, to=State.DECLINED, reason=reason, now=now, via=via, actor=actor)


@transaction.atomic
def ask_other_date(
    enrolment: Enrolment, *, note: str, now: datetime, via: str, actor: User | None = None
) -> Enrolment:
    """Would come on another day; `note` is her wish, for the staff who plan the next wave."""
    to = State.WANTS_OTHER_DATE
    return _turn_down(enrolment, to=to, reason=note, now=now, via=via, actor=actor)


@transaction.atomic
def not_mine(
    enrolment: Enrolment, *, now: datetime, via: str, actor: User | None = None
) -> Enrolment:
    """The address belongs to somebody else: a task for the staff."""
    return _turn_down(enrolment, to=State.NOT_MINE, reason="", now=now, via=via, actor=actor)


@transaction.atomic
def cancel(
    enrolment: Enrolment,
    *,
    now: datetime,
    via: str,
    actor: User | None = None,
    reason: str = "",
) -> Enrolment:
    """Give back a seat, an offered seat or a place in the line; the next in line is told.

    Raises NothingToCancel when there is nothing to give back.
    """
    cohort, enrolment = _open(enrolment, now=now)
    if enrolment.state == State.CANCELLED:
        return enrolment
    if enrolment.state not in (State.CONFIRMED, State.WAITLISTED, State.OFFERED):
        raise NothingToCancel
    _check_running(cohort, now=now)
    _leave(cohort, enrolment, to=State.CANCELLED, reason=reason, now=now, via=via, actor=actor)
    seats.refill(cohort, now=now)
    return enrolment


@transaction.atomic
def swap(
    enrolment: Enrolment, *, to: Cohort, now: datetime, via: str, actor: User | None = None
) -> Enrolment:
    """Move a confirmed person to another wave of the same training: release, then take.

    Returns the enrolment in the other wave. Raises AnswerRefused, and the old seat stays.
    """
    if enrolment.training_id != to.training_id or enrolment.cohort_id == to.pk:
        raise TrainingDiffers
    for cohort_id in sorted({enrolment.cohort_id, to.pk}):
        seats.lock(cohort_id)
    cohort, enrolment = _open(enrolment, now=now)
    if enrolment.state != State.CONFIRMED:
        raise NothingToCancel
    _check_running(cohort, now=now)
    reason = f"Pindah ke gelombang {to.number}."
    _leave(
        cohort,
        enrolment,
        to=State.CANCELLED,
        reason=reason,
        now=now,
        via=via,
        actor=actor,
        is_told=False,
    )
    moved = join(to, enrolment.participant, now=now, via=via, actor=actor)
    if moved.state != State.CONFIRMED:
        raise NoSeatThere
    Enrolment.objects.filter(pk=moved.pk).update(carried_from=enrolment)
    seats.refill(cohort, now=now)
    return moved


@transaction.atomic
def withdraw(enrolment: Enrolment, *, now: datetime, note: str) -> Enrolment:
    """Take a person who left the register out of her place, without a message; passes it on."""
    cohort, enrolment = _open(enrolment, now=now)
    if enrolment.state in _PLACES:
        to = State.DECLINED if enrolment.state == State.INVITED else State.CANCELLED
        _leave(
            cohort,
            enrolment,
            to=to,
            reason=note,
            now=now,
            via=SYSTEM,
            actor=None,
            is_told=False,
        )
        seats.refill(cohort, now=now)
    return enrolment


@transaction.atomic
def hand_over(source: Enrolment, target: Enrolment, *, now: datetime, via: str) -> None:
    """Give the place of one enrolment to another of the same cohort: both are one person."""
    cohort, source = _open(source, now=now)
    held = source.state
    if held not in _PLACES:
        return
    to = State.DECLINED if held == State.INVITED else State.CANCELLED
    note = "Data digabung."
    _leave(cohort, source, to=to, reason=note, now=now, via=via, actor=None, is_told=False)
    target = Enrolment.objects.select_related("participant__region").get(pk=target.pk)
    if held == State.CONFIRMED and target.state == State.WAITLISTED:
        seats.offer_to(cohort, target, now=now)
    if held != State.INVITED:
        with suppress(AnswerRefused):
            accept(target, now=now, via=via)
    seats.refill(cohort, now=now)


def _open(enrolment: Enrolment, *, now: datetime) -> tuple[Cohort, Enrolment]:
    """Lock the cohort, pass on the seats of stale offers, and read the enrolment afresh."""
    cohort = seats.lock(enrolment.cohort_id)
    if seats.expire_offers(cohort, now=now):
        seats.refill(cohort, now=now)
    fresh = Enrolment.objects.select_related("participant__region", "participant__agency")
    enrolment = fresh.get(pk=enrolment.pk)
    enrolment.cohort = cohort
    return cohort, enrolment


def _check_running(cohort: Cohort, *, now: datetime) -> None:
    if cohort.starts_at and now >= cohort.starts_at:
        raise CohortStarted
    if cohort.state not in (Cohort.State.OPEN, Cohort.State.CLOSED):
        raise CohortNotOpen


def _check_registration(cohort: Cohort, *, now: datetime) -> None:
    if cohort.state != Cohort.State.OPEN or (cohort.closes_at and now >= cohort.closes_at):
        raise CohortNotOpen


def _check_one_seat(enrolment: Enrolment) -> None:
    """A person has one seat per training; the unique constraint holds it, this explains it."""
    elsewhere = Enrolment.objects.seated().exclude(pk=enrolment.pk)
    if elsewhere.filter(
        participant=enrolment.participant_id, training=enrolment.training_id
    ).exists():
        raise SeatElsewhere


def _settle(
    enrolment: Enrolment, *, to: State, now: datetime, via: str, actor: User | None
) -> Enrolment:
    """Write down the yes and tell the person what it brought."""
    try:
        event = move(
            enrolment,
            to=to,
            now=now,
            via=via,
            actor=actor,
            arrival_no=enrolment.arrival_no,
            **_answered(now=now, via=via, actor=actor),
        )
    except IntegrityError as error:
        # Another wave of the training seated her while we waited for this cohort's lock.
        raise SeatElsewhere from error
    notices.withdraw_open(enrolment, now=now)
    tell = notices.tell_seat if to == State.CONFIRMED else notices.tell_waiting
    tell(enrolment, event=event)
    return enrolment


def _turn_down(
    enrolment: Enrolment,
    *,
    to: State,
    reason: str,
    now: datetime,
    via: str,
    actor: User | None,
) -> Enrolment:
    cohort, enrolment = _open(enrolment, now=now)
    if enrolment.state == to:
        return enrolment
    if enrolment.state in Enrolment.SEATED:
        raise HoldsSeat
    if enrolment.state == State.NOT_MINE:
        raise WrongPerson
    if enrolment.state == State.CANCELLED:
        raise NothingToCancel
    _check_running(cohort, now=now)
    _leave(cohort, enrolment, to=to, reason=reason, now=now, via=via, actor=actor, is_told=False)
    seats.refill(cohort, now=now)
    return enrolment


def _leave(
    cohort: Cohort,
    enrolment: Enrolment,
    *,
    to: State,
    reason: str,
    now: datetime,
    via: str,
    actor: User | None,
    is_told: bool = True,
) -> None:
    """Take the person out of her place; what she held becomes free."""
    if enrolment.state == State.CONFIRMED:
        seats.release(cohort, enrolment)
    elif enrolment.state == State.OFFERED:
        offer = seats.pending_offer(enrolment)
        seats.close_offer(cohort, offer, to=Offer.State.DECLINED, now=now)
    event = move(
        enrolment,
        to=to,
        now=now,
        via=via,
        actor=actor,
        note=reason,
        reason=reason[:300],
        **_answered(now=now, via=via, actor=actor),
    )
    notices.withdraw_open(enrolment, now=now)
    if is_told:
        notices.tell_cancelled(enrolment, event=event)


def _answered(*, now: datetime, via: str, actor: User | None) -> _Answered:
    return {"answered_at": now, "answer_via": via, "answered_by": actor}


def _with_cohort() -> EnrolmentQuerySet:
    return Enrolment.objects.select_related("cohort__training", "participant__region")
