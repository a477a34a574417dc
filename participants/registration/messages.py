"""The copy of a registration that goes to its owner's email."""

from __future__ import annotations

from datetime import datetime

from participants.models import Participant, Registration
from umkm_portal.common import codes
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Channel, DeliveryBatch
from umkm_portal.messaging.services import queue_one

_COPY = """Yth. Bapak/Ibu {nama},

Pendaftaran Anda di Jakpreneur sudah kami terima.

Nomor pendaftaran: {kode}

{kelas}

Langkah P1 (pendaftaran) selesai. Sebutkan nomor ini bila bertanya kepada petugas.

Bila Anda tidak merasa mendaftar, hubungi petugas lewat halaman Bantuan. Pendaftaran dan pelatihan gratis. Petugas tidak pernah meminta kode OTP atau pembayaran.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501

RECEIPT = CampaignKind(
    name="registration_receipt",
    label="Salinan pendaftaran",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={
        "nama": "Siti Aminah",
        "kode": "JKP-7F3K-29XM",
        "kelas": "Kelas Anda: https://contoh.example/u/AbCdEf/",
    },
    wording={Channel.EMAIL: ("Pendaftaran Jakpreneur Anda", _COPY)},
)


def register() -> None:
    """Tell the sender about the message."""
    kinds.register(RECEIPT)


def send_copy(draft: Registration, person: Participant, *, seat: str, now: datetime) -> None:
    """Queue the copy of a sent registration; `seat` is one line about the class, or empty.

    A phone gets none: SMS is for codes, and the receipt page saves itself to WhatsApp.
    """
    if draft.contact_kind != "email":
        return
    queue_one(
        RECEIPT,
        recipient_key=person.pk,
        subject_id=None,
        dedupe_key=f"registration-{draft.pk}",
        address=draft.contact,
        context={"nama": person.full_name, "kode": codes.display(person.code), "kelas": seat},
        now=now,
    )
