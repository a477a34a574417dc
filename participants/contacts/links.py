"""Sending the link that leads back to an unfinished registration, wherever codes reach its owner.

It costs like a code and counts like one: the limits of `limits` are the same rows and rupiah.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from participants.contacts.contact import Contact
from participants.contacts.digests import digest_of, index_of, network_index
from participants.contacts.limits import COME, CodeRefused, hold_contact, hold_network, spend
from participants.contacts.messages import LINK, REGISTRATION_LINK
from participants.models import ContactCode, Registration
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.services import queue_one
from umkm_portal.messaging.transports import channels_on

PURPOSE = "tautan"
"""No form asks for a code of this purpose: the row counts, and opens nothing."""


@transaction.atomic
def send_link(
    draft: Registration, contact: Contact, *, link: str, network: str, now: datetime
) -> None:
    """Send `link` to the contact of a draft. Raises CodeRefused.

    `network` is the visitor's address, or "" when the portal sends by itself.
    """
    hold_contact(contact, now=now)
    channel = _channel_for(contact)
    place = network_index(network)
    if network:
        hold_network(place, now=now)
    row = ContactCode.objects.create(
        contact=index_of(contact),
        purpose=PURPOSE,
        digest=digest_of("", contact, purpose=PURPOSE),
        network=place,
        sent_at=now,
        expires_at=now,
    )
    queue_one(
        REGISTRATION_LINK,
        recipient_key=-row.pk,  # nobody of the register: keys of people are positive
        subject_id=draft.pk,
        dedupe_key=f"{row.pk}",
        address=contact.value,
        context={LINK: link, "hari": str(settings.REGISTRATION_DAYS)},
        channel=channel,
        now=now,
    )
    Registration.objects.filter(pk=draft.pk).update(linked_at=now)
    spend(settings.CODE_COST.get(channel, 0), now=now)


def _channel_for(contact: Contact) -> str:
    """WhatsApp where its template for links is approved, else SMS. Raises CodeRefused."""
    on = channels_on()
    if not contact.is_phone:
        ways = [Channel.EMAIL]
    elif settings.WHATSAPP_LINK_TEMPLATE or settings.DEMO:
        ways = [Channel.WHATSAPP, Channel.SMS]
    else:
        ways = [Channel.SMS]
    channel = next((way for way in ways if way in on), None)
    if channel is None:
        raise CodeRefused(f"Pesan ke sini sedang mati. Salin tautan di bawah, atau {COME}.")
    return channel
