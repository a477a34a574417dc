"""One transport per channel."""

from umkm_portal.messaging.transports.base import (
    WAITS_PER_MESSAGE,
    AccountTrouble,
    ConnectionLost,
    Message,
    Outcome,
    Transport,
    carries_news,
    channels_on,
    make_transport,
    off_reason,
)

__all__ = [
    "WAITS_PER_MESSAGE",
    "AccountTrouble",
    "ConnectionLost",
    "Message",
    "Outcome",
    "Transport",
    "carries_news",
    "channels_on",
    "make_transport",
    "off_reason",
]
