"""One transport per channel."""

from umkm_portal.messaging.transports.base import (
    AccountTrouble,
    Message,
    Outcome,
    Transport,
    off_reason,
    open_transport,
)

__all__ = ["AccountTrouble", "Message", "Outcome", "Transport", "off_reason", "open_transport"]
