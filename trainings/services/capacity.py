"""More or fewer seats, and another order of the waiting line. An override never adds a seat."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from trainings.models import Cohort, Enrolment, Offer
from trainings.services import notices, seats
from trainings.services.transitions import SYSTEM, State, move, note_down
from umkm_portal.accounts.models import User


class ReasonMissing(Exception):
    """A change of priority was asked for without saying why."""


@transaction.atomic
def change_seats(cohort: Cohort, *, seats_wanted: int, now: datetime) -> Cohort:
    """Set the number of seats and pass on the new ones.

    Never below what is taken: open offers are withdrawn, the newest first; what is still too much
    is kept in `seats_target` and goes as soon as people cancel.
    """
    cohort = seats.lock(cohort.pk)
    seats.expire_offers(cohort, now=now)
    _withdraw_newest_offers(cohort, seats_wanted=seats_wanted, now=now)
    cohort.seats = max(seats_wanted, cohort.taken + cohort.held)
    cohort.seats_target = seats_wanted if seats_wanted < cohort.seats else None
    cohort.save(update_fields=["seats", "seats_target", "updated_at"])
    seats.refill(cohort, now=now)
    return cohort


@transaction.atomic
def change_priority(
    enrolment: Enrolment, *, priority: int, reason: str, now: datetime, actor: User | None
) -> Enrolment:
    """Move a person up or down the line. Raises ReasonMissing without a reason."""
    if not reason.strip():
        raise ReasonMissing("Tulis alasan perubahan prioritas.")
    cohort = seats.lock(enrolment.cohort_id)
    enrolment.refresh_from_db()
    note = f"Prioritas {enrolment.priority} menjadi {priority}: {reason}"
    enrolment.priority, enrolment.priority_reason = priority, reason.strip()[:160]
    enrolment.save(update_fields=["priority", "priority_reason"])
    note_down(enrolment, now=now, note=note, actor=actor)
    seats.refill(cohort, now=now)
    return enrolment


def _withdraw_newest_offers(cohort: Cohort, *, seats_wanted: int, now: datetime) -> None:
    pending = cohort.offers.filter(state=Offer.State.PENDING).select_related("enrolment")
    for offer in pending.order_by("-created_at", "-pk"):
        if cohort.taken + cohort.held <= seats_wanted:
            return
        seats.close_offer(cohort, offer, to=Offer.State.REVOKED, now=now)
        note = "Tawaran ditarik karena jumlah kursi dikurangi."
        event = move(offer.enrolment, to=State.WAITLISTED, now=now, via=SYSTEM, note=note)
        notices.withdraw_open(offer.enrolment, now=now)
        notices.tell_waiting(offer.enrolment, event=event)
