"""Single messages about a seat, queued in the transaction that moved the enrolment."""

from __future__ import annotations

from datetime import datetime

from trainings import change_messages, messages, ways
from trainings.models import Enrolment, EnrolmentEvent
from trainings.reminders import messages as reminders
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.kinds import CampaignKind

OVERTAKEN = [
    kind.name
    for kind in (
        messages.INVITATION,
        messages.WAITING,
        messages.OFFER,
        messages.CONFIRMATION,
        change_messages.CARRIED,
        *reminders.KINDS.values(),
    )
]
"""Messages that an answer makes pointless while they still wait to be sent."""


KINDS = (
    messages.CONFIRMATION,
    messages.WAITING,
    messages.OFFER,
    messages.CANCELLED,
    change_messages.CARRIED,
    change_messages.FORFEITED,
)
"""What is told to one person about her place."""


def tell_seat(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """She has a seat: the ticket and when to come."""
    _queue(messages.CONFIRMATION, enrolment, event)


def tell_waiting(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """All seats are taken: her place in the line."""
    _queue(messages.WAITING, enrolment, event)


def tell_offer(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """A seat is kept for her until a deadline."""
    _queue(messages.OFFER, enrolment, event)


def tell_cancelled(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """Her seat or place in the line was given back."""
    _queue(messages.CANCELLED, enrolment, event)


def tell_carried(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """Her place in the line is now one in the next wave's line."""
    _queue(change_messages.CARRIED, enrolment, event)


def tell_forfeited(enrolment: Enrolment, *, event: EnrolmentEvent) -> None:
    """The class began without her, and her seat is free."""
    _queue(change_messages.FORFEITED, enrolment, event)


def withdraw_open(enrolment: Enrolment, *, now: datetime) -> None:
    """Cancel what still waits to be sent about an enrolment that has answered."""
    _withdraw(enrolment, kinds=OVERTAKEN, now=now, reason="Sudah dijawab.")


def withdraw_forfeited(enrolment: Enrolment, *, now: datetime) -> None:
    """She came after all: cancel what still waits to be sent about her lost seat."""
    _withdraw(
        enrolment, kinds=[change_messages.FORFEITED.name], now=now, reason="Kursi dikembalikan."
    )


def _withdraw(enrolment: Enrolment, *, kinds: list[str], now: datetime, reason: str) -> None:
    messaging.cancel_open(
        recipient_key=enrolment.participant_id,
        subject_id=enrolment.pk,
        kinds=kinds,
        now=now,
        reason=reason,
    )


def _queue(kind: CampaignKind, enrolment: Enrolment, event: EnrolmentEvent) -> None:
    """One message for one event of the enrolment, by the first channel that reaches her."""
    way = ways.first_way(enrolment.participant_id, kind)
    messaging.queue_one(
        kind,
        recipient_key=enrolment.participant_id,
        subject_id=enrolment.pk,
        dedupe_key=f"{enrolment.pk}-{event.pk}",
        address=way.address,
        channel=way.channel,
        now=event.happened_at,
    )
