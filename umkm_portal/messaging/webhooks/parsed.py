"""What is in a raw event, in words of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from umkm_portal.messaging.services.news import News, Wish
from umkm_portal.messaging.services.replies import Inbound
from umkm_portal.messaging.services.reported import Report


@dataclass(frozen=True)
class Parsed:
    """Reports about messages of ours, messages of others to us, news about our accounts, and what
    people chose in WhatsApp itself."""

    reports: list[Report] = field(default_factory=list)
    inbound: list[Inbound] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)


def moment(seconds: object, *, otherwise: datetime) -> datetime:
    """A time in seconds since 1970 as providers write it; what cannot be one is `otherwise`."""
    try:
        told = datetime.fromtimestamp(int(str(seconds)), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
    return min(told, otherwise)
