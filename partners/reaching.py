"""How owners are reached about curations: one message a person, and the page it leads to."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from participants.consents import has_consent
from participants.models import Consent, Participant
from participants.segments.register import consents_to
from partners.models import CurationCall
from umkm_portal.messaging.models import Channel
from umkm_portal.messaging.transports import channels_on

PAGE = "/saya/kurasi/"
"""Where owners find their curations: an address that stays (see the README's list)."""


def page_of(call: CurationCall) -> str:
    """The whole address of the owner's page of a call."""
    return f"{settings.PORTAL_URL}{PAGE}{call.slug}/"


def has_whatsapp() -> bool:
    """Whether results can go out by WhatsApp here: the channel is on and has its template."""
    is_ready = settings.DEMO or bool(settings.WHATSAPP_RESULT_TEMPLATE)
    return is_ready and Channel.WHATSAPP in channels_on()


def reachable() -> Q:
    """People whom a message reaches: by email, else by WhatsApp where they agreed to it."""
    reached = ~Q(email="")
    if has_whatsapp():
        reached |= ~Q(phone="") & consents_to(Consent.Purpose.WHATSAPP)
    return reached


def reach_of(person: Participant) -> tuple[Channel, str]:
    """The one channel and address of a person; an empty address for who cannot be reached."""
    if person.email or not (person.phone and has_whatsapp()):
        return Channel.EMAIL, person.email
    if has_consent(person, Consent.Purpose.WHATSAPP):
        return Channel.WHATSAPP, person.phone
    return Channel.EMAIL, ""
