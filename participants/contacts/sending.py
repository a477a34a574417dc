"""Sending a one-time code, through the channel that reaches the contact."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from participants.contacts.checking import DIGITS
from participants.contacts.contact import Contact
from participants.contacts.digests import digest_of, index_of, indexes_of, network_index
from participants.contacts.limits import COME, CodeRefused, hold_contact, hold_network, spend
from participants.contacts.messages import CODE, CONTACT_CODE
from participants.models import ContactCode
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.services import queue_one
from umkm_portal.messaging.transports import channels_on


@transaction.atomic
def send_code(
    contact: Contact, *, purpose: str, network: str, now: datetime, note: str = ""
) -> None:
    """Send a new code to a contact; codes sent to it before for this purpose open nothing more.

    `network` is the visitor's address (`common.attempts.address_of`). `note` is one sentence more
    in the message; a WhatsApp template has no room for it, so it prefers SMS. Who the contact
    belongs to is not looked at: known and unknown take the same way. Raises CodeRefused.
    """
    earlier = hold_contact(contact, now=now)
    channel = _channel_for(contact, earlier=earlier, has_note=bool(note))
    place = network_index(network)
    hold_network(place, now=now)
    older = ContactCode.objects.of(indexes_of(contact)).filter(purpose=purpose)
    older.outstanding(now=now).update(expires_at=now)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = ContactCode.objects.create(
        contact=index_of(contact),
        purpose=purpose,
        digest=digest_of(code, contact, purpose=purpose),
        network=place,
        sent_at=now,
        expires_at=now + timedelta(minutes=settings.CODE_MINUTES),
    )
    queue_one(
        CONTACT_CODE,
        recipient_key=-row.pk,  # nobody of the register: keys of people are positive
        subject_id=row.pk,
        dedupe_key=f"{row.pk}",
        address=contact.value,
        context={CODE: code, "menit": str(settings.CODE_MINUTES), "catatan": note},
        channel=channel,
        now=now,
    )
    spend(settings.CODE_COST.get(channel, 0), now=now)


def _channel_for(contact: Contact, *, earlier: int, has_note: bool) -> str:
    """WhatsApp, else SMS; who asks again gets it the other way. Raises CodeRefused."""
    on = channels_on()
    if not contact.is_phone:
        if Channel.EMAIL not in on:
            raise CodeRefused(f"Kode lewat email sedang mati. Pakai nomor HP, atau {COME}.")
        return Channel.EMAIL
    ways = [way for way in (Channel.WHATSAPP, Channel.SMS) if way in on]
    if not ways:
        raise CodeRefused(f"Kode lewat HP sedang mati. Pakai alamat email, atau {COME}.")
    return ways[-1] if has_note else ways[earlier % len(ways)]
