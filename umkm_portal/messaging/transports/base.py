"""What every channel offers: a kept connection that takes one message after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from django.conf import settings

from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.transports.practice import PracticePhone
from umkm_portal.messaging.transports.sms import SmsTransport, sms_off_reason
from umkm_portal.messaging.transports.smtp import SmtpTransport, smtp_off_reason
from umkm_portal.messaging.transports.types import (
    AccountTrouble,
    ConnectionLost,
    Meanwhile,
    Message,
    Outcome,
    nothing,
)
from umkm_portal.messaging.transports.whatsapp import WhatsAppTransport, whatsapp_off_reason

WAITS_PER_MESSAGE = 4

__all__ = [
    "WAITS_PER_MESSAGE",
    "AccountTrouble",
    "ConnectionLost",
    "Message",
    "Outcome",
    "Transport",
    "make_transport",
    "off_reason",
]


class Transport(Protocol):
    """A connection of one channel, kept while a batch is worked."""

    def open(self) -> None:
        """Connect unless connected; may take several network waits. Raises AccountTrouble."""

    def send(
        self, message: Message, *, next_address: str = "", meanwhile: Meanwhile = nothing
    ) -> Outcome:
        """Hand over one message, in at most WAITS_PER_MESSAGE network waits.

        `next_address` may be announced to the server; who changes her mind calls `forget`.
        `meanwhile` may be called while the server takes the message; it must not raise.

        Raises AccountTrouble when it surely was not handed over and the next one would fare no
        better; ConnectionLost when it surely was not and `open` may help.
        """

    def forget(self) -> None:
        """The announced recipient gets nothing now."""

    def close(self) -> None:
        """Say goodbye; never raises."""


@dataclass(frozen=True)
class _Channel:
    make: Callable[[float], Transport]
    off_reason: Callable[[], str]


_CHANNELS = {
    Channel.EMAIL: _Channel(SmtpTransport, smtp_off_reason),
    Channel.WHATSAPP: _Channel(WhatsAppTransport, whatsapp_off_reason),
    Channel.SMS: _Channel(SmsTransport, sms_off_reason),
}


_PHONES = (Channel.WHATSAPP, Channel.SMS)


def make_transport(channel: str, *, timeout: float) -> Transport:
    """A transport whose single network waits end after `timeout` seconds."""
    return _channel(channel).make(timeout)


def off_reason(channel: str) -> str:
    """Why nothing can be sent through a channel on this installation, or ""."""
    return "" if channel == Channel.MANUAL else _channel(channel).off_reason()


def channels_on() -> list[str]:
    return [str(channel) for channel in _CHANNELS if not off_reason(channel)]


def carries_news(channel: str) -> bool:
    """Whether a channel takes sentences of ours: WhatsApp only with a template for them."""
    if off_reason(channel):
        return False
    is_practice = settings.DEMO and channel in _PHONES
    return is_practice or channel != Channel.WHATSAPP or bool(settings.WHATSAPP_NEWS_TEMPLATE)


def _channel(name: str) -> _Channel:
    """On practice data phones are addresses of the local mailbox."""
    channel = Channel(name)
    if settings.DEMO and channel in _PHONES:
        return _Channel(partial(PracticePhone, channel), smtp_off_reason)
    return _CHANNELS[channel]
