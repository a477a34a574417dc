"""Replies of the practice data: questions that only a person can answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from participants.models import Participant
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Channel, Reply
from umkm_portal.messaging.services.replies import Inbound

_WRITTEN = (
    "Kak, tempatnya dekat halte mana ya?",
    "Boleh bawa anak umur 4 tahun?",
    "Suami saya juga jualan, apa bisa ikut berdua",
)


def write_back(*, now: datetime) -> None:
    """Let three people with a phone ask something by WhatsApp, once."""
    if Reply.objects.exists():
        return
    people = Participant.objects.invitable().exclude(phone="").order_by("-pk")[: len(_WRITTEN)]
    for number, (person, text) in enumerate(zip(people, _WRITTEN, strict=False), 1):
        inbound = Inbound(
            channel=Channel.WHATSAPP,
            key=f"latihan.{number}",
            address=person.phone,
            text=text,
            form="text",
            received_at=now - timedelta(minutes=35 * number),
        )
        messaging.receive_reply(inbound, now=now)
