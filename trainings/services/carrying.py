"""Places in one wave become places in another: at its end, at its cancellation, or by an officer.

Both cohorts are locked in the order of their keys before any of their people is moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from participants.models import Participant
from trainings.models import Cohort, Enrolment, EnrolmentEvent, Offer
from trainings.services import answers, joining, notices, seats
from trainings.services.transitions import SYSTEM, State, create, move
from umkm_portal.accounts.models import User

BATCH = 100
SEATED_BEFORE, WAITED_BEFORE = 90, 50
"""Priority in the next line of who lost a seat, and of who waited in vain."""
REASON = "pindahan"
LOOK_BACK = timedelta(days=400)
"""People who waited for a wave longer ago are not carried by themselves any more."""
_MAY_BE_BROUGHT = (State.INVITED, State.EXPIRED, State.WAITLISTED, State.OFFERED)
"""States in the other wave in which she has not said no to it."""


class CarryRefused(answers.AnswerRefused):
    """People cannot be moved so; the text is the sentence for the officer."""


@dataclass(frozen=True)
class Carried:
    """What became of a waiting line."""

    moved: int
    left: int
    """Who still waits in the old wave: not eligible there, or said no to that wave."""


def next_wave(cohort: Cohort, *, now: datetime) -> Cohort | None:
    """The next wave of the same training that people may still register for."""
    is_taking = Q(closes_at=None) | Q(closes_at__gt=now)
    waves = Cohort.objects.upcoming(now=now).filter(is_taking, training=cohort.training_id)
    return waves.exclude(pk=cohort.pk).order_by("starts_at", "pk").first()


def carry_over(cohort: Cohort, *, to: Cohort, now: datetime, by: User | None = None) -> Carried:
    """Move everybody who waits to the line of another wave, in order, before others there.

    One transaction for each batch; interrupted it goes on with those who are left. Whoever is
    offered a seat at once gets that message only, everybody else one about her new place.
    Raises CarryRefused.
    """
    check_target(cohort, to, now=now)
    line = list(cohort.enrolments.waiting().values_list("pk", flat=True))
    moved = 0
    for start in range(0, len(line), BATCH):
        moved += _carry(cohort, to, line[start : start + BATCH], now=now, by=by)
    return Carried(moved=moved, left=len(line) - moved)


def carry_due(*, now: datetime) -> int:
    """Carry the lines of waves that have begun to the next wave, where there is one."""
    waiting = Enrolment.objects.filter(cohort=OuterRef("pk"), state=State.WAITLISTED)
    begun = Cohort.objects.filter(
        Exists(waiting.not_seated_elsewhere()),
        starts_at__lte=now,
        starts_at__gt=now - LOOK_BACK,
        state__in=[Cohort.State.OPEN, Cohort.State.CLOSED, Cohort.State.FINISHED],
    )
    moved = 0
    for cohort in begun.select_related("training").order_by("starts_at", "pk"):
        if to := next_wave(cohort, now=now):
            moved += carry_over(cohort, to=to, now=now).moved
    return moved


def check_target(cohort: Cohort, to: Cohort, *, now: datetime) -> None:
    """Raise CarryRefused unless people of the cohort may be moved to the other wave."""
    if to.training_id != cohort.training_id or to.pk == cohort.pk:
        raise CarryRefused("Pilih gelombang lain dari pelatihan yang sama.")
    has_begun = to.starts_at is not None and to.starts_at <= now
    if to.state != Cohort.State.OPEN or has_begun:
        raise CarryRefused("Gelombang tujuan harus dibuka dan belum dimulai.")


def lock_both(first_id: int, second_id: int) -> tuple[Cohort, Cohort]:
    """Both cohorts, locked in the order of their keys."""
    locked = {pk: seats.lock(pk) for pk in sorted({first_id, second_id})}
    return locked[first_id], locked[second_id]


def may_bring(enrolment: Enrolment, to: Cohort) -> bool:
    """Whether she may have a place in the other wave, and has not said no to it."""
    person = enrolment.participant
    if person.status != Participant.Status.ACTIVE or not joining.is_eligible(to, person):
        return False
    theirs = Enrolment.objects.filter(participant=person)
    seated = theirs.seated().filter(training=to.training_id).exclude(pk=enrolment.pk)
    known = theirs.filter(cohort=to).exclude(state__in=_MAY_BE_BROUGHT)
    return not seated.exists() and not known.exists()


def bring(
    enrolment: Enrolment,
    *,
    to: Cohort,
    has_seat: bool,
    now: datetime,
    via: str = SYSTEM,
    by: User | None = None,
) -> tuple[Enrolment, EnrolmentEvent | None]:
    """Her place in the other wave, both cohorts locked: a seat when she had one and one is free.

    Else the head of the line, behind others who were moved before. Tells nobody.
    """
    note = f"Pindahan dari gelombang {enrolment.cohort.number}."
    place = _place_in(to, enrolment, now=now, via=via, by=by, note=note)
    place.cohort = to
    if has_seat and _seat(place, to, now=now):
        return place, move(
            place,
            to=State.CONFIRMED,
            now=now,
            via=via,
            actor=by,
            note=note,
            arrival_no=_arrival(place, to),
        )
    priority = SEATED_BEFORE if has_seat else WAITED_BEFORE
    if place.priority < priority:
        place.priority, place.priority_reason = priority, REASON
        place.save(update_fields=["priority", "priority_reason"])
    if place.state in (State.WAITLISTED, State.OFFERED):
        return place, None
    return place, move(
        place,
        to=State.WAITLISTED,
        now=now,
        via=via,
        actor=by,
        note=note,
        arrival_no=_arrival(place, to),
    )


def _carry(cohort: Cohort, to: Cohort, ids: list[int], *, now: datetime, by: User | None) -> int:
    """One batch of the line, all or nothing; who left the line meanwhile is passed over."""
    with transaction.atomic():
        cohort, to = lock_both(cohort.pk, to.pk)
        check_target(cohort, to, now=now)
        brought = []
        for enrolment in _fresh(ids):
            enrolment.cohort = cohort
            if may_bring(enrolment, to):
                leave(enrolment, note=f"Dipindahkan ke gelombang {to.number}.", now=now, by=by)
                brought.append(bring(enrolment, to=to, has_seat=False, now=now, by=by))
        seats.refill(to, now=now)
        _tell(brought)
    return len(brought)


def leave(enrolment: Enrolment, *, note: str, now: datetime, by: User | None) -> EnrolmentEvent:
    """End a place in the line that goes on in another wave; she is not told of it as a loss."""
    event = move(
        enrolment, to=State.CANCELLED, now=now, via=SYSTEM, actor=by, note=note, reason=note
    )
    notices.withdraw_open(enrolment, now=now)
    return event


def _tell(brought: list[tuple[Enrolment, EnrolmentEvent | None]]) -> None:
    """Who was not offered a seat in the same breath hears of her new place."""
    ids = [place.pk for place, _ in brought]
    waiting = set(
        Enrolment.objects.filter(pk__in=ids, state=State.WAITLISTED).values_list("pk", flat=True)
    )
    for place, event in brought:
        if event and place.pk in waiting:
            notices.tell_carried(place, event=event)


def _fresh(ids: list[int]) -> list[Enrolment]:
    rows = Enrolment.objects.filter(pk__in=ids, state=State.WAITLISTED)
    return list(
        rows.select_related("participant__region", "participant__agency").order_by(
            "-priority", "arrival_no", "pk"
        )
    )


def _place_in(
    to: Cohort,
    enrolment: Enrolment,
    *,
    now: datetime,
    via: str,
    by: User | None,
    note: str,
) -> Enrolment:
    known = Enrolment.objects.filter(cohort=to, participant=enrolment.participant_id)
    place = known.select_related("participant__region", "participant__agency").first()
    if place is None:
        person = enrolment.participant
        return create(to, person, now=now, via=via, actor=by, note=note, carried_from=enrolment)
    place.carried_from = enrolment
    place.save(update_fields=["carried_from"])
    return place


def _seat(place: Enrolment, to: Cohort, *, now: datetime) -> bool:
    """A seat for who had one: the one on offer to her, else a free one."""
    if place.state == State.OFFERED:
        offer = seats.pending_offer(place)
        seats.close_offer(to, offer, to=Offer.State.ACCEPTED, now=now)
        return True
    return place.state != State.WAITLISTED and seats.take(to, place)


def _arrival(place: Enrolment, to: Cohort) -> int:
    return place.arrival_no if place.arrival_no is not None else seats.next_arrival_no(to)
