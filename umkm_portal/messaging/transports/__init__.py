"""One transport per channel."""

from umkm_portal.messaging.transports.base import (
    WAITS_PER_MESSAGE,
    AccountTrouble,
    ConnectionLost,
    Message,
    Outcome,
    TemplateTrouble,
    TooFast,
    Transport,
    account_off_reason,
    carries_news,
    channels_on,
    channels_sending,
    make_transport,
    off_reason,
)

__all__ = [
    "WAITS_PER_MESSAGE",
    "AccountTrouble",
    "ConnectionLost",
    "Message",
    "Outcome",
    "TemplateTrouble",
    "TooFast",
    "Transport",
    "account_off_reason",
    "carries_news",
    "channels_on",
    "channels_sending",
    "make_transport",
    "off_reason",
]
