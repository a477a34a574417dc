"""What was told, in words: for the last look before sending, and as facts of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format

from participants.models import Consent, Participant, SalesChannel, Sector
from participants.registration import drafts
from participants.registration.people import Entry
from umkm_portal.common.money import format_rupiah, in_words
from umkm_portal.pages.registration import places
from umkm_portal.pages.registration.forms import YES, PageForm
from umkm_portal.pages.registration.topics import TOPICS, Topic

Told = Mapping[str, PageForm]
NOT_TOLD = "Tidak diisi"


@dataclass(frozen=True)
class Section:
    """One page as (label, answer) rows."""

    topic: Topic
    rows: list[tuple[str, str]]


def entry_of(told: Told) -> Entry:
    """The facts of the person behind five finished pages."""
    contact, identity = told[drafts.CONTACT].cleaned_data, told[drafts.IDENTITY].cleaned_data
    address, interest = told[drafts.ADDRESS].cleaned_data, told[drafts.INTEREST].cleaned_data
    proved = contact["kontak"]
    return Entry(
        full_name=contact["nama"],
        phone=proved.value if proved.is_phone else "",
        email="" if proved.is_phone else proved.value,
        nik=identity["nik"],
        birth_date=identity["lahir"],
        region=places.region(address["tempat"]),
        address=address["alamat"],
        is_willing=interest["bersedia"] == YES,
        consents={
            Consent.Purpose.PHOTO.value: interest["foto"] == YES,
            **(
                {Consent.Purpose.WHATSAPP.value: interest["whatsapp"] == YES}
                if "whatsapp" in interest
                else {}
            ),
        },
        **_business(told[drafts.BUSINESS].cleaned_data),
    )


def sections(told: Told) -> list[Section]:
    """All pages, in order."""
    rows = {
        drafts.CONTACT: _contact_rows,
        drafts.IDENTITY: _identity_rows,
        drafts.ADDRESS: _address_rows,
        drafts.BUSINESS: _business_rows,
        drafts.INTEREST: _interest_rows,
    }
    return [Section(TOPICS[key], rows[key](form.cleaned_data)) for key, form in told.items()]


def rupiah(amount: int | None) -> str:
    """`Rp1.500.000 (satu juta lima ratus ribu rupiah)`."""
    return NOT_TOLD if amount is None else f"{format_rupiah(amount)} ({in_words(amount)})"


def _business(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    if cleaned["berjalan"] != YES:
        return {"track": Participant.Track.NEW}
    links = cleaned["tautan"] or []
    linked = {platform for platform, _ in links}
    return {
        "track": Participant.Track.SCALING,
        "business_name": cleaned["nama_usaha"],
        "sector": Sector.objects.get(pk=cleaned["sektor"]),
        "products": cleaned["produk"],
        "channels": [*links, *((name, "") for name in cleaned["kanal"] if name not in linked)],
        "nib": cleaned["nib"] if cleaned["punya_nib"] == YES else "",
        "yearly_sales": cleaned["omzet"],
    }


def _contact_rows(cleaned: Mapping[str, Any]) -> list[tuple[str, str]]:
    contact = cleaned["kontak"]
    return [
        ("Nama lengkap", cleaned["nama"]),
        ("Nomor HP" if contact.is_phone else "Email", contact.shown),
    ]


def _identity_rows(cleaned: Mapping[str, Any]) -> list[tuple[str, str]]:
    nik = cleaned["nik"]
    return [
        ("NIK", " ".join(nik[start : start + 4] for start in range(0, 16, 4))),
        ("Tanggal lahir", date_format(cleaned["lahir"], "j F Y")),
    ]


def _address_rows(cleaned: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("Wilayah", places.in_words(cleaned["tempat"])), ("Alamat", cleaned["alamat"])]


def _business_rows(cleaned: Mapping[str, Any]) -> list[tuple[str, str]]:
    if cleaned["berjalan"] != YES:
        return [("Usaha", "Belum berjalan, baru rencana")]
    facts = _business(cleaned)
    platforms = dict(SalesChannel.Platform.choices)
    channels = [link or platforms[platform] for platform, link in facts["channels"]]
    return [
        ("Nama usaha", facts["business_name"]),
        ("Bidang usaha", facts["sector"].name),
        ("Yang dijual", facts["products"] or NOT_TOLD),
        ("Tempat jual", ", ".join(channels) or NOT_TOLD),
        ("Omzet setahun", rupiah(facts["yearly_sales"])),
        ("NIB", facts["nib"] or "Belum punya"),
    ]


def _interest_rows(cleaned: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = [("Ikut pelatihan", "Ya, undang saya" if cleaned["bersedia"] == YES else "Belum")]
    if "whatsapp" in cleaned:
        rows.append(("Undangan lewat WhatsApp", _allowed(cleaned["whatsapp"])))
    return [*rows, ("Foto di media dinas", _allowed(cleaned["foto"]))]


def _allowed(answer: str) -> str:
    return "Boleh" if answer == YES else "Tidak"
