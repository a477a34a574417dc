"""What curations add to the page of one person."""

from __future__ import annotations

from collections.abc import Iterable

from participants.models import Participant
from participants.timeline import SHOWN, Moment
from partners.models import ApplicationEvent, CurationResult
from partners.models.lists import Outcome


def applications_of(person: Participant) -> Iterable[Moment]:
    """Every step of her applications."""
    events = ApplicationEvent.objects.filter(application__participant=person)
    rows = events.select_related("application__call", "actor").order_by("-happened_at", "-pk")
    for event in rows[:SHOWN]:
        title = f"{event.application.call.title}: {event.get_state_display().lower()}"
        detail = ", ".join(filter(None, [str(event.actor or ""), event.note]))
        yield Moment(event.happened_at, title, detail, "blue")


def results_of(person: Participant) -> Iterable[Moment]:
    """Her announced results."""
    results = CurationResult.objects.filter(participant=person).select_related("call")
    for result in results.order_by("-announced_at", "-pk")[:SHOWN]:
        words = "ditarik kembali" if result.withdrawn_at else result.get_outcome_display().lower()
        tone = "green" if result.outcome == Outcome.PASSED and not result.withdrawn_at else "yellow"
        title = f"Kurasi {result.call.title}: {words}"
        yield Moment(result.announced_at, title, result.reason, tone)
