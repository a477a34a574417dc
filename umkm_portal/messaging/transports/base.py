"""What every channel offers: a kept connection that takes one message after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from umkm_portal.messaging.models import Channel, SendingAccount
from umkm_portal.messaging.transports.practice import PracticePhone, practice_off_reason
from umkm_portal.messaging.transports.senders import email_sender, sms_sender, whatsapp_sender
from umkm_portal.messaging.transports.sms import SmsTransport, sms_off_reason
from umkm_portal.messaging.transports.smtp import SmtpTransport, smtp_off_reason
from umkm_portal.messaging.transports.types import (
    AccountTrouble,
    ConnectionLost,
    Meanwhile,
    Message,
    Outcome,
    TemplateTrouble,
    TooFast,
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
    "TemplateTrouble",
    "TooFast",
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
        better; TooFast of it when the provider wants us slower; TemplateTrouble when no message
        with this text would fare better; ConnectionLost when it surely was not handed over and
        `open` may help.
        """

    def forget(self) -> None:
        """The announced recipient gets nothing now."""

    def close(self) -> None:
        """Say goodbye; never raises."""


@dataclass(frozen=True)
class _Channel:
    make: Callable[[float, SendingAccount | None], Transport]
    off_reason: Callable[[SendingAccount | None], str]


_CHANNELS = {
    Channel.EMAIL: _Channel(SmtpTransport, lambda account: smtp_off_reason(email_sender(account))),
    Channel.WHATSAPP: _Channel(
        WhatsAppTransport, lambda account: whatsapp_off_reason(whatsapp_sender(account))
    ),
    Channel.SMS: _Channel(SmsTransport, lambda account: sms_off_reason(sms_sender(account))),
}


_PHONES = (Channel.WHATSAPP, Channel.SMS)


def make_transport(
    channel: str, *, timeout: float, account: SendingAccount | None = None
) -> Transport:
    """A transport whose single network waits end after `timeout` seconds.

    Without an account it sends with what the settings say.
    """
    return _channel(channel).make(timeout, account)


def off_reason(channel: str) -> str:
    """Why nothing can be sent through a channel on this installation, or "".

    The settings are asked first; only where they are silent the default account's own
    credentials are looked up.
    """
    if channel == Channel.MANUAL:
        return ""
    reason = _channel(channel).off_reason(None)
    if not reason:
        return ""
    account = SendingAccount.objects.filter(channel=channel, is_default=True).first()
    return account_off_reason(account) if account is not None else reason


def account_off_reason(account: SendingAccount) -> str:
    """Why nothing can be sent through this account, or ""."""
    if account.channel == Channel.MANUAL:
        return ""
    return _channel(account.channel).off_reason(account)


def channels_on() -> list[str]:
    return [str(channel) for channel in _CHANNELS if not off_reason(channel)]


def channels_sending() -> list[str]:
    """Channels on which some account can send: one chosen for a campaign, if not the default."""
    on = channels_on()
    others = SendingAccount.objects.filter(channel__in=_CHANNELS, is_default=False)
    found = others.exclude(channel__in=on).exclude(state=SendingAccount.State.OFF)
    more = {row.channel for row in found.order_by("pk") if not account_off_reason(row)}
    return [*on, *sorted(more)]


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
        return _Channel(
            lambda timeout, account: PracticePhone(channel, timeout),
            lambda account: practice_off_reason(channel),
        )
    return _CHANNELS[channel]
