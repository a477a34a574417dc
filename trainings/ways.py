"""By which channel a person is told: her own first, else email, WhatsApp, SMS.

WhatsApp only with her consent and a text that WhatsApp approved for the kind; a channel without
credentials is none. An address that bounced is passed over; who asked us to stop is not followed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

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
    ORDER BY {rank}
"""


class Way(NamedTuple):
    """A channel and the address of a person on it; without an address nothing is sent."""

    channel: str
    address: str


def _first(person: str, *, key: str, besides: str = "") -> str:
    """The first open way of the row `person`, which has `email` and `phone` of who is `key`."""
    return f"{_in_order(person, key=key, besides=besides)} LIMIT 1"


def _in_order(person: str, *, key: str, besides: str = "") -> str:
    return _OPEN.format(ways=ways(person, key=key), besides=besides, rank=_RANK.format(key=key))


FIRST = _first("picked", key="picked.participant_id")
"""For a LATERAL join: (channel, address) of the row `picked`, or nothing."""
NEXT = _first(
    "failed",
    key="failed.participant_id",
    besides="AND w.channel <> ALL(failed.tried)",
)
"""The same of the row `failed`, without the channels that were tried."""


EMAIL_FIRST = """
    person.email <> '' AND coalesce((SELECT wish.channels ->> 0 FROM messaging_channelorder wish
        WHERE wish.recipient_key = person.id), 'email') = 'email'
"""
"""Whether the first way of the row `person` is her email, bounced or not."""
_WAYS_OF = f"""
SELECT person.email, way.channel, way.address FROM participants_participant person
LEFT JOIN LATERAL ({_in_order("person", key="person.id")}) way ON TRUE
WHERE person.id = %(person)s
"""  # noqa: S608


def first_way(person_id: int, kind: CampaignKind) -> Way:
    """Her first way by which a single message of a kind can leave; email where there is none.

    One query for who is told by email: whether another channel is ready is asked only for those
    who come to it.
    """
    values: dict[str, Any] = {
        "person": person_id,
        "channels": list(map(str, kind.wording)),
        **_purposes(kind),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAYS_OF, values)
        rows = cursor.fetchall()
    for _, channel, address in rows:
        if channel == Channel.EMAIL or (channel and _is_ready(channel, kind)):
            return Way(channel, address)
    return Way(Channel.EMAIL.value, rows[0][0])


def _is_ready(channel: str, kind: CampaignKind) -> bool:
    try:
        messaging.passable(kind, messaging.Route((channel,)))
    except messaging.RouteClosed:
        return False
    return True


def open_channels(kind: CampaignKind) -> list[str]:
    """Channels by which messages of a kind can leave; email always: its messages wait."""
    route = messaging.Route(tuple(map(str, kind.wording)))
    return list(dict.fromkeys([Channel.EMAIL.value, *messaging.passable(kind, route).channels]))


def values(kind: CampaignKind, *, now: datetime) -> dict[str, Any]:
    """The parameters of `FIRST` and `NEXT`; campaign and accounts stand from here on."""
    channels = open_channels(kind)
    for channel in channels:
        messaging.keep_standing(kind, channel=channel, now=now)
    return {"channels": channels, **_purposes(kind)}


def _purposes(kind: CampaignKind) -> dict[str, list[str]]:
    return {"purposes": [kind.purpose, kind.name, Suppression.EVERYTHING]}


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
