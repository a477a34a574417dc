"""By which channel a person is reminded: her own first, else email, WhatsApp, SMS.

WhatsApp only with her consent and a text that WhatsApp approved for the rule; a channel without
credentials is none. An address that bounced is passed over; who asked us to stop is not followed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from participants.consents import has_consent
from participants.models import Consent, Participant
from participants.ways import ways
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Channel, Suppression

_RANK = """coalesce(
        (SELECT wish.ordinality FROM messaging_channelorder o,
                jsonb_array_elements_text(o.channels) WITH ORDINALITY wish
            WHERE o.recipient_key = {key} AND wish.value = w.channel),
        100 + array_position(%(channels)s::text[], w.channel::text))"""
_OPEN = """
    SELECT w.channel, w.address FROM ({ways}) w
    WHERE w.channel = ANY(%(channels)s) AND w.address <> ''
        AND NOT EXISTS (SELECT FROM messaging_suppression s
            WHERE s.channel = w.channel AND s.address = lower(w.address)
                AND s.purpose = ANY(%(purposes)s) AND s.reason = 'hard_bounce')
        {besides}
    ORDER BY {rank} LIMIT 1
"""


def _first(person: str, *, key: str, besides: str = "") -> str:
    """The first open way of the row `person`, which has `email` and `phone` of who is `key`."""
    return _OPEN.format(ways=ways(person, key=key), besides=besides, rank=_RANK.format(key=key))


FIRST = _first("picked", key="picked.participant_id")
"""For a LATERAL join: (channel, address) of the row `picked`, or nothing."""
NEXT = _first(
    "failed",
    key="failed.participant_id",
    besides="AND w.channel <> ALL(failed.tried)",
)
"""The same of the row `failed`, without the channels that were tried."""


def open_channels(kind: CampaignKind) -> list[str]:
    """Channels by which messages of a kind can leave; email always: its messages wait."""
    route = messaging.Route(tuple(map(str, kind.wording)))
    return list(dict.fromkeys([Channel.EMAIL.value, *messaging.passable(kind, route).channels]))


def values(kind: CampaignKind, *, now: datetime) -> dict[str, Any]:
    """The parameters of `FIRST` and `NEXT`; campaign and accounts stand from here on."""
    channels = open_channels(kind)
    for channel in channels:
        messaging.keep_standing(kind, channel=channel, now=now)
    return {
        "channels": channels,
        "purposes": [kind.purpose, kind.name, Suppression.EVERYTHING],
    }


def is_reachable(person: Participant, kind: CampaignKind) -> bool:
    """Whether some open channel reaches her; two queries for who has an email."""
    if person.email:
        return True
    channels = open_channels(kind)
    if Channel.SMS in channels:
        return bool(person.phone)
    return (
        bool(person.phone)
        and Channel.WHATSAPP in channels
        and has_consent(person, Consent.Purpose.WHATSAPP)
    )
