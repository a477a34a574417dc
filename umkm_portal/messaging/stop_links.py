"""The link in the foot of bulk messages, by which their reader stops them.

A message loses its address after 90 days and its row after a year (decision 0038); the promise in
its foot has no end. So the link names person and channel by itself.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from umkm_portal.common import tokens
from umkm_portal.messaging import directory
from umkm_portal.messaging.models import Channel, Delivery

_PERSON, _MESSAGE = "stop-person", "stop"
"""Purposes of the tokens; links that name their message only were sent before the others."""
_CHANNELS = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)
"""Their places are part of every link that was sent."""
_HALF, _KEY = 8, 7
"""Bytes: of the message's own random name, and of the person's key after that of the channel."""


class Reader(NamedTuple):
    """Whose messages a link stops, and at which address; "" when none is known any more."""

    public_id: UUID
    channel: str
    recipient_key: int
    address: str


def sign(public_id: UUID, *, recipient_key: int, channel: str) -> str:
    """The token of one message's link, 40 characters."""
    place = _CHANNELS.index(Channel(channel)).to_bytes(1, "big")
    key = recipient_key.to_bytes(_KEY, "big", signed=True)
    return tokens.sign(_PERSON, UUID(bytes=public_id.bytes[:_HALF] + place + key))


def reader_of(token: str) -> Reader | None:
    """Whom a link is about; None for a link that is not ours.

    While the message knows its address, that one. Later the address at which its person is written
    to now, on the same channel.
    """
    try:
        return _by_person(tokens.unsign(_PERSON, token))
    except tokens.BadToken:
        pass
    try:
        return _by_message(tokens.unsign(_MESSAGE, token))
    except tokens.BadToken:
        return None


def _by_person(mark: UUID) -> Reader:
    half, place, key = mark.bytes[:_HALF], mark.bytes[_HALF], mark.bytes[_HALF + 1 :]
    named = Reader(mark, str(_CHANNELS[place]), int.from_bytes(key, "big", signed=True), "")
    span = (UUID(bytes=half + bytes(_HALF)), UUID(bytes=half + b"\xff" * _HALF))
    rows = Delivery.objects.filter(public_id__range=span, recipient_key=named.recipient_key)
    return _at_her_address(rows.first(), named)


def _by_message(public_id: UUID) -> Reader:
    found = Delivery.objects.filter(public_id=public_id).first()
    return _at_her_address(found, Reader(public_id, "", 0, ""))


def _at_her_address(delivery: Delivery | None, named: Reader) -> Reader:
    if delivery is not None:
        named = Reader(
            delivery.public_id, delivery.channel, delivery.recipient_key, delivery.address
        )
    if named.address or not named.channel:
        return named
    return named._replace(address=directory.address_of(named.recipient_key, named.channel))
