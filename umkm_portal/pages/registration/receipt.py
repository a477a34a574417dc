"""What a person takes home after sending: her code, her seat, the next step, a copy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from participants.models import CityOffice, Participant, Registration
from participants.offices import office_of
from participants.registration import drafts
from umkm_portal.common import codes
from umkm_portal.pages.registration.services import Seat, seat_of
from umkm_portal.regions.models import Region


@dataclass(frozen=True)
class Receipt:
    person: Participant
    code: str
    sent_on: str
    seat: Seat | None
    city: Region | None
    """Where outside Jakarta she belongs to, or None."""
    office: CityOffice | None
    """What is known about the dinas there."""
    city_url: str
    copied_to: str
    """Where a copy was sent, masked, or empty."""
    chat: str
    """A chat in which she sends the copy to herself."""


def receipt_of(draft: Registration, *, now: datetime) -> Receipt:
    """The receipt of a sent registration."""
    people = Participant.objects.select_related("region__parent", "account")
    person = people.get(registrations=draft)
    city = person.region if person.region and not person.region.is_in_jakarta else None
    sent_on = date_format(timezone.localtime(draft.sent_at or now), "l j F Y, H.i")
    code = codes.display(person.code)
    seat = seat_of(draft)
    return Receipt(
        person=person,
        code=code,
        sent_on=f"{sent_on} WIB",
        seat=seat,
        city=city,
        office=office_of(city),
        city_url=f"{reverse('registration:outside')}?{urlencode({'kota': city.code})}"
        if city
        else "",
        copied_to=drafts.contact_of(draft).masked if draft.contact_kind == "email" else "",
        chat=_chat(code, sent_on=f"{sent_on} WIB", seat=seat),
    )


def _chat(code: str, *, sent_on: str, seat: Seat | None) -> str:
    lines = [f"Pendaftaran Jakpreneur terkirim {sent_on}.", f"Nomor pendaftaran: {code}"]
    if seat and seat.url:
        lines.append(f"Kelas saya: {settings.PORTAL_URL}{seat.url}")
    return f"https://wa.me/?text={quote(chr(10).join(lines), safe='')}"
