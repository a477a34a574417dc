"""Single messages about a seat, queued in the transaction that moved the enrolment."""

from __future__ import annotations

from datetime import datetime

from trainings.models import Enrolment, EnrolmentEvent

CONFIRMATION = "confirmation"
WAITING = "waiting"
OFFER = "offer"
CANCELLED = "cancelled"


def tell_seat(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """She has a seat: the ticket and when to come."""
    _queue(CONFIRMATION, enrolment, event)


def tell_waiting(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """All seats are taken: her place in the line."""
    _queue(WAITING, enrolment, event)


def tell_offer(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """A seat is kept for her until a deadline."""
    _queue(OFFER, enrolment, event)


def tell_cancelled(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """Her seat or place in the line was given back."""
    _queue(CANCELLED, enrolment, event)


def withdraw_open(enrolment: Enrolment, *, now: datetime) -> None:
    """Cancel what still waits to be sent about an enrolment that has answered."""


def _queue(kind: str, enrolment: Enrolment, event: EnrolmentEvent) -> None:
    pass
