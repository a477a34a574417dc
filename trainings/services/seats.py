"""Seats: taken, held for an offer, given back, passed on. Never counted before they are given.

Whoever changes a counter holds the lock of the cohort (`lock`), then of its quotas in the order of
their keys. A seat is taken by one UPDATE whose condition is `taken + held < seats`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef

from participants.models import Participant
from trainings.models import Cohort, CohortQuota, Enrolment, Offer
from trainings.services import notices
from trainings.services.transitions import SYSTEM, State, move, note_down

log = logging.getLogger(__name__)


def lock(cohort_id: int) -> Cohort:
    """The cohort, locked until the transaction ends; other rows may still point at it."""
    quotas = CohortQuota.objects.filter(cohort=OuterRef("pk"))
    return (
        Cohort.objects.select_for_update(no_key=True, of=("self",))
        .select_related("training")
        .annotate(has_quotas=Exists(quotas))
        .get(pk=cohort_id)
    )


def lock_quotas(cohort: Cohort) -> list[CohortQuota]:
    """The quotas of a locked cohort, locked in the order of their keys."""
    if not getattr(cohort, "has_quotas", True):
        return []
    return list(
        cohort.quotas.select_for_update(no_key=True, of=("self",)).order_by("kind", "key", "pk")
    )


def take(cohort: Cohort, enrolment: Enrolment, *, draws_number: bool = False) -> bool:
    """Give a free seat to the enrolment; False when the cohort or one of its quotas is full.

    With `draws_number` she gets her number of arrival by the same statement; the caller saves it.
    """
    quotas = lock_quotas(cohort)
    return _count_in(cohort, enrolment, "taken", quotas, draws_number=draws_number)


def hold(cohort: Cohort, enrolment: Enrolment, quotas: list[CohortQuota]) -> bool:
    """Keep a free seat for the enrolment; False when the cohort or one of its quotas is full."""
    return _count_in(cohort, enrolment, "held", quotas)


def take_held(cohort: Cohort) -> None:
    """Turn a held seat into a taken one; its quotas have counted it already."""
    _change(cohort, held=-1, taken=1)


def release(cohort: Cohort, enrolment: Enrolment) -> None:
    """Give back the seat that the enrolment has taken."""
    _change(cohort, taken=-1)
    _count_out(cohort, enrolment)


def release_held(cohort: Cohort, enrolment: Enrolment) -> None:
    """Give back the seat that is held for the enrolment."""
    _change(cohort, held=-1)
    _count_out(cohort, enrolment)


def next_arrival_no(cohort: Cohort) -> int:
    """Draw the next number of arrival; unbroken, since the cohort is locked."""
    number = cohort.next_arrival_no
    Cohort.objects.filter(pk=cohort.pk).update(next_arrival_no=F("next_arrival_no") + 1)
    cohort.next_arrival_no += 1
    return number


def full_quota(quotas: Iterable[CohortQuota], person: Participant) -> CohortQuota | None:
    """The first quota that counts this person and has no seat left."""
    return next((quota for quota in _matching(quotas, person) if quota.taken >= quota.seats), None)


def expire_offers(cohort: Cohort, *, now: datetime) -> int:
    """Close the offers of a locked cohort whose deadline has passed; their seats become free."""
    if not cohort.held:
        return 0
    stale = cohort.offers.filter(state=Offer.State.PENDING, deadline_at__lte=now)
    offers = list(stale.select_related("enrolment").order_by("deadline_at", "pk"))
    for offer in offers:
        move(
            offer.enrolment,
            to=State.EXPIRED,
            now=now,
            via=SYSTEM,
            note="Tawaran kursi tidak dijawab sampai batasnya.",
        )
        close_offer(cohort, offer, to=Offer.State.EXPIRED, now=now)
    return len(offers)


def close_offer(cohort: Cohort, offer: Offer, *, to: Offer.State, now: datetime) -> None:
    """End a pending offer: an accepted seat is taken, any other is given back."""
    offer.state, offer.closed_at = to, now
    offer.save(update_fields=["state", "closed_at"])
    if to == Offer.State.ACCEPTED:
        take_held(cohort)
    else:
        release_held(cohort, offer.enrolment)


def pending_offer(enrolment: Enrolment) -> Offer:
    """The open offer of an enrolment in the state `offered`."""
    return enrolment.offers.select_related("enrolment").get(state=Offer.State.PENDING)


def may_offer(cohort: Cohort, *, now: datetime) -> bool:
    """Whether seats of this cohort still go to the waiting list."""
    is_running = cohort.state in (Cohort.State.OPEN, Cohort.State.CLOSED)
    return is_running and (cohort.starts_at is None or now < cohort.starts_at)


def refill(cohort: Cohort, *, now: datetime) -> list[Offer]:
    """Offer every free seat of a locked cohort to the next in line, and tell them.

    The line is the highest priority first, then the order of arrival. Who belongs to a full quota
    is skipped; so is who has a seat in another wave of the training. A skip is written into the
    history of the one skipped.
    """
    _shrink_to_target(cohort)
    if not cohort.free or not may_offer(cohort, now=now):
        return []
    quotas = lock_quotas(cohort)
    offers: list[Offer] = []
    skipped: list[tuple[Enrolment, CohortQuota]] = []
    for enrolment in _line(cohort):
        blocking = full_quota(quotas, enrolment.participant)
        if blocking:
            skipped.append((enrolment, blocking))
        elif not hold(cohort, enrolment, quotas):
            break
        else:
            offers.append(_offer(cohort, enrolment, now=now))
            _log_skips(skipped, now=now)
            skipped = []
            if not cohort.free:
                break
    return offers


def offer_to(cohort: Cohort, enrolment: Enrolment, *, now: datetime) -> Offer | None:
    """Offer a free seat of a locked cohort to one waiting person, wherever in the line."""
    if not hold(cohort, enrolment, lock_quotas(cohort)):
        return None
    return _offer(cohort, enrolment, now=now)


def _line(cohort: Cohort) -> Iterable[Enrolment]:
    waiting = cohort.enrolments.waiting().not_seated_elsewhere()
    waiting = waiting.select_related("participant__region", "participant__agency")
    return waiting.iterator(chunk_size=50)


def _offer(cohort: Cohort, enrolment: Enrolment, *, now: datetime) -> Offer:
    deadline = now + timedelta(hours=cohort.offer_hours)
    if cohort.starts_at:
        deadline = min(deadline, cohort.starts_at)
    event = move(enrolment, to=State.OFFERED, now=now, via=SYSTEM, note="Kursi menjadi kosong.")
    offer = Offer.objects.create(
        enrolment=enrolment, cohort=cohort, deadline_at=deadline, created_at=now
    )
    notices.withdraw_open(enrolment, now=now)
    notices.tell_offer(enrolment, event=event)
    return offer


def _log_skips(skipped: list[tuple[Enrolment, CohortQuota]], *, now: datetime) -> None:
    for enrolment, quota in skipped:
        log.info("%s skipped: quota %s of cohort %s is full", enrolment, quota.pk, quota.cohort_id)
        note_down(enrolment, now=now, note=f"Dilewati: jatah {quota.label} penuh.")


def _shrink_to_target(cohort: Cohort) -> None:
    """Seats that were to go as soon as somebody leaves do not go to the waiting list."""
    if cohort.seats_target is None:
        return
    seats = max(cohort.seats_target, cohort.taken + cohort.held)
    target = None if seats == cohort.seats_target else cohort.seats_target
    Cohort.objects.filter(pk=cohort.pk).update(seats=seats, seats_target=target)
    cohort.seats, cohort.seats_target = seats, target


def _count_in(
    cohort: Cohort,
    enrolment: Enrolment,
    counter: str,
    quotas: list[CohortQuota],
    *,
    draws_number: bool = False,
) -> bool:
    matching = _matching(quotas, enrolment.participant)
    if any(quota.taken >= quota.seats for quota in matching):
        return False
    free = Cohort.objects.filter(pk=cohort.pk, seats__gt=F("taken") + F("held"))
    steps = [counter, "next_arrival_no"] if draws_number else [counter]
    if not free.update(**{step: F(step) + 1 for step in steps}):
        return False
    if draws_number:
        enrolment.arrival_no = cohort.next_arrival_no
    for step in steps:
        setattr(cohort, step, getattr(cohort, step) + 1)
    for quota in matching:
        CohortQuota.objects.filter(pk=quota.pk).update(taken=F("taken") + 1)
        quota.taken += 1
    if matching:
        enrolment.quotas.set(matching)
    return True


def _count_out(cohort: Cohort, enrolment: Enrolment) -> None:
    if not lock_quotas(cohort):
        return
    for quota in enrolment.quotas.order_by("kind", "key", "pk"):
        CohortQuota.objects.filter(pk=quota.pk).update(taken=F("taken") - 1)
    enrolment.quotas.clear()


def _change(cohort: Cohort, **steps: int) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(
        **{counter: F(counter) + step for counter, step in steps.items()}
    )
    for counter, step in steps.items():
        setattr(cohort, counter, getattr(cohort, counter) + step)


def _matching(quotas: Iterable[CohortQuota], person: Participant) -> list[CohortQuota]:
    quotas = list(quotas)
    if not quotas:
        return []
    groups = {
        (CohortQuota.Kind.CITY, person.region.code[:5] if person.region else ""),
        (CohortQuota.Kind.AGENCY, person.agency.slug if person.agency else ""),
    }
    if any(quota.kind == CohortQuota.Kind.SECTOR for quota in quotas):
        slugs = person.businesses.values_list("sector__slug", flat=True)
        groups |= {(CohortQuota.Kind.SECTOR, slug) for slug in slugs}
    return [quota for quota in quotas if (quota.kind, quota.key) in groups]
