"""What a person takes home from the counter: on paper, or as a WhatsApp message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.safestring import SafeString

from participants.counter.joining import Place, current
from participants.models import Participant
from umkm_portal.common import codes, dates, phones
from umkm_portal.common.qr import qr_code

OWN_PAGE = "/saya/"
_GREETING = (
    "Yth. Bapak/Ibu {name}, Anda terdaftar sebagai peserta Jakpreneur dengan kode {code}. {places}"
    "Lihat dan perbaiki data Anda di {own_page}. Pendaftaran dan pelatihan gratis. Petugas tidak "
    "pernah meminta kode OTP, kata sandi, atau pembayaran. – Jakpreneur"
)


@dataclass(frozen=True)
class Receipt:
    """`qr` leads to the newest place, or to her own page; `chat_link` is empty without a phone."""

    name: str
    code: str
    registered_on: str
    places: Sequence[Place]
    own_page: str
    qr: SafeString
    chat_link: str


def receipt_of(person: Participant, *, now: datetime) -> Receipt:
    """Read what the register says now, so that a receipt printed again is true."""
    own_page, code = f"{settings.PORTAL_URL}{OWN_PAGE}", codes.display(person.code)
    places = list(current().places(person, now))
    addresses = [place.address for place in places if place.address]
    text = _GREETING.format(
        name=person.full_name,
        code=code,
        places="".join(f"{_in_words(place)} " for place in places),
        own_page=own_page,
    )
    return Receipt(
        name=person.full_name,
        code=code,
        registered_on=dates.format_date(person.created_at),
        places=places,
        own_page=own_page,
        qr=qr_code((addresses or [own_page])[0], label="Kode QR"),
        chat_link=phones.whatsapp_link(person.phone, text) if person.phone else "",
    )


def _in_words(place: Place) -> str:
    return f"{place.sentence} Kode {place.code}: {place.address}." if place.code else place.sentence
