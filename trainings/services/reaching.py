"""By which channel each invited person is reached, as parts of the statement that chooses a round.

Her own first channel comes before the round's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from participants.ways import agrees
from umkm_portal.messaging.models import Channel, Suppression
from umkm_portal.messaging.reach import ADDRESSES, first_way

STOPS = """
    SELECT channel, address, bool_or(reason <> %(bounced)s) AS opted_out
    FROM messaging_suppression
    WHERE channel = ANY(%(channels)s) AND purpose = ANY(%(purposes)s) GROUP BY channel, address
"""
"""The relation `stop` that the other parts read: addresses that get no invitation."""


@dataclass(frozen=True)
class Reaching:
    """Parts of SQL about the person `p`.

    `joins` brings in what `channel` and `asked_us_to_stop` read; `channel` is the one that reaches
    her, or null. It may look at her consent: evaluate it for few people, or for all who are told.
    """

    joins: str
    channel: str
    asked_us_to_stop: str


def reaching(channels: Sequence[str]) -> Reaching:
    """For the channels of a round, in their order."""
    known = [Channel(channel) for channel in channels if channel in ADDRESSES]
    stops = " ".join(
        f"LEFT JOIN stop {c}_stop ON {c}_stop.channel = '{c}' AND {c}_stop.address = {ADDRESSES[c]}"
        for c in known
    )
    wish = "LEFT JOIN messaging_channelorder wish_of ON wish_of.recipient_key = p.id"
    opted_out = " OR ".join(f"coalesce({c}_stop.opted_out, FALSE)" for c in known) or "FALSE"
    channel = _by_wish(known)
    return Reaching(
        joins=f"{stops} {wish if len(known) > 1 else ''}",
        channel=channel,
        asked_us_to_stop=f"CASE WHEN {opted_out} THEN {channel} IS NULL ELSE FALSE END",
    )


def values(channels: Sequence[str], *, kind: str) -> dict[str, object]:
    """The parameters of `STOPS` for messages of a bulk kind."""
    return {
        "channels": [str(channel) for channel in channels],
        "purposes": ["bulk", kind, Suppression.EVERYTHING],
        "bounced": Suppression.Reason.HARD_BOUNCE.value,
    }


def _by_wish(known: Sequence[Channel]) -> str:
    usual = _in_order(known)
    if len(known) < 2:
        return usual
    wishes = " ".join(
        f"WHEN '{first}' THEN {_in_order(sorted(known, key=lambda c: c != first))}"
        for first in known[1:]
    )
    return f"CASE wish_of.channels ->> 0 {wishes} ELSE {usual} END"


def _in_order(known: Sequence[Channel]) -> str:
    ways = first_way(known, agrees=agrees("p.id"))
    return f"CASE {ways} END" if known else "NULL::text"
