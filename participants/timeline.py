"""What happened to one person, newest first, from every app that keeps rows about her."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from participants.erasing import records_merged_into
from participants.models import Participant
from umkm_portal.accounts.models import User
from umkm_portal.messaging.archive.history import messages_of
from umkm_portal.messaging.masking import reason_in_words
from umkm_portal.messaging.models import Delivery, Reply

SHOWN = 50
"""Rows read of each source, and lines shown."""


class Moment(NamedTuple):
    """One line of a timeline; `tone` is green, yellow, red, blue or grey.

    `link` is for those who have `permission`; a link without one is for nobody.
    """

    at: datetime
    title: str
    detail: str
    tone: str = "grey"
    link: str = ""
    permission: str = ""


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


def of(person: Participant, *, user: User) -> list[Moment]:
    """The newest lines of all sources together as a member of staff sees them.

    A few queries per source.
    """
    moments = [
        moment
        for source in (_messages, _replies, _stages, _consents, *_sources)
        for moment in source(person)
    ]
    shown = sorted(moments, key=lambda moment: moment.at, reverse=True)[:SHOWN]
    return [m if user.has_perm(m.permission) else m._replace(link="") for m in shown]


def _messages(person: Participant) -> Iterable[Moment]:
    # Messages keep the number of the record they went to; joined records are hers as well.
    keys = [person.pk, *(record.pk for record in records_merged_into(person))]
    rows = Delivery.objects.filter(recipient_key__in=keys).select_related("campaign")
    for row in rows.order_by("-pk")[:SHOWN]:
        yield Moment(
            row.changed_at,
            f"Pesan: {row.campaign.title}",
            f"{row.get_channel_display()}: {row.get_state_display().lower()}"
            + (f" ({reason_in_words(row.error)})" if row.error else ""),
            TONES.get(Delivery.State(row.state), "grey"),
            reverse("admin:messaging_campaign_message", args=[row.campaign_id, row.pk]),
            "messaging.view_campaign",
        )
    yield from _archived(keys)


def _archived(keys: Collection[int]) -> Iterable[Moment]:
    for row in messages_of(keys, most=SHOWN):
        yield Moment(
            row.changed_at,
            f"Pesan: {row.title}",
            f"{row.channel_in_words}: {row.state_in_words.lower()} (arsip)",
            TONES.get(Delivery.State(row.state), "grey"),
            reverse("admin:messaging_campaign_change", args=[row.campaign_id]),
            "messaging.view_campaign",
        )


def _replies(person: Participant) -> Iterable[Moment]:
    rows = Reply.objects.filter(recipient_key=person.pk)
    for row in rows.order_by("-pk")[:SHOWN]:
        yield Moment(
            row.received_at,
            f"Membalas lewat {row.get_channel_display()}: {row.get_word_display().lower()}",
            row.note,
            "yellow" if row.state == Reply.State.OPEN else "blue",
            reverse("admin:messaging_reply_change", args=[row.pk]),
            "messaging.view_reply",
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
