"""What happened to one person, newest first, from every app that keeps rows about her."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from participants.models import Participant
from umkm_portal.messaging.models import Delivery

SHOWN = 50
"""Rows read of each source, and lines shown."""


class Moment(NamedTuple):
    """One line of a timeline; `tone` is green, yellow, red, blue or grey."""

    at: datetime
    title: str
    detail: str
    tone: str = "grey"


Source = Callable[[Participant], Iterable[Moment]]
_sources: list[Source] = []

TONES = {
    Delivery.State.ACCEPTED: "green",
    Delivery.State.DELIVERED: "green",
    Delivery.State.READ: "green",
    Delivery.State.FAILED_PERMANENT: "red",
    Delivery.State.FAILED_TEMPORARY: "yellow",
    Delivery.State.UNCERTAIN: "yellow",
}


def register_source(source: Source) -> None:
    """Let an app above add its rows to the timeline; called in `AppConfig.ready`."""
    if source not in _sources:
        _sources.append(source)


def of(person: Participant) -> list[Moment]:
    """The newest lines of all sources together; one query per source."""
    moments = [
        moment for source in (_messages, _stages, _consents, *_sources) for moment in source(person)
    ]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)[:SHOWN]


def _messages(person: Participant) -> Iterable[Moment]:
    rows = Delivery.objects.filter(recipient_key=person.pk).select_related("campaign")
    for row in rows.order_by("-pk")[:SHOWN]:
        yield Moment(
            row.changed_at,
            f"Pesan: {row.campaign.title}",
            f"{row.get_channel_display()}: {row.get_state_display().lower()}"
            + (f" ({row.error})" if row.error else ""),
            TONES.get(Delivery.State(row.state), "grey"),
        )


def _stages(person: Participant) -> Iterable[Moment]:
    rows = person.stage_events.select_related("stage", "organisation")
    for row in rows.order_by("-occurred_on", "-pk")[:SHOWN]:
        detail = ", ".join(
            filter(None, [f"{row.occurred_on:%d/%m/%Y}", str(row.organisation or "")])
        )
        title = "Koreksi langkah" if row.corrects_id else "Langkah"
        what = "tidak pernah terjadi" if row.is_void else row.stage
        yield Moment(row.created_at, f"{title}: {what}", detail, "blue")


def _consents(person: Participant) -> Iterable[Moment]:
    rows = person.consents.select_related("organisation")
    for row in rows.order_by("-happened_at", "-pk")[:SHOWN]:
        yield Moment(
            row.happened_at,
            f"{row.get_purpose_display()}: {row.get_event_display().lower()}",
            ", ".join(filter(None, [str(row.organisation or ""), row.channel, row.source])),
        )
