"""By which channel a person wants to be reached first."""

from __future__ import annotations

from datetime import datetime

from umkm_portal.messaging.models import ChannelOrder


def prefer_channel(recipient_key: int, *, channel: str, now: datetime) -> ChannelOrder:
    """Try this channel first for every campaign that uses it; the others keep their order."""
    found = ChannelOrder.objects.filter(recipient_key=recipient_key).first()
    others = [other for other in (found.channels if found else []) if other != channel]
    row, _ = ChannelOrder.objects.update_or_create(
        recipient_key=recipient_key,
        defaults={"channels": [str(channel), *others], "changed_at": now},
    )
    return row


def preferred_channel(recipient_key: int) -> str:
    """The channel that is tried first, "" where the campaigns decide."""
    found = ChannelOrder.objects.filter(recipient_key=recipient_key).first()
    return found.channels[0] if found and found.channels else ""
