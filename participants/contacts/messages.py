"""The messages that go to a contact: a one-time code, and the link back to a registration."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from participants.models import ContactCode, Registration
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

CODE, LINK = "kode", "lanjut"
_NEVER = "Petugas tidak pernah meminta kode ini."

_EMAIL = f"""Kode Anda: {{kode}}

Ketik kode ini di halaman Portal Pelatihan UMKM yang Anda buka. Kode berlaku {{menit}} menit dan hanya bisa dipakai satu kali.

{_NEVER} Jangan berikan kepada siapa pun.

{{catatan}}

Bila Anda tidak meminta kode, abaikan pesan ini.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501

_TEXT = (
    "Jakpreneur Dinas PPKUKM DKI: kode Anda {kode}, berlaku {menit} menit. "
    f"{_NEVER} {{catatan}}"
)


_LINK_EMAIL = """Pendaftaran Anda di Jakpreneur belum selesai.

Lanjutkan di ponsel atau komputer mana pun: {lanjut}

Jawaban Anda tersimpan {hari} hari. Halaman itu mengirim kode baru; tanpa kode, jawaban Anda tidak terlihat.

Bila Anda tidak sedang mendaftar, abaikan pesan ini.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501

_LINK_TEXT = (
    "Jakpreneur Dinas PPKUKM DKI: pendaftaran Anda belum selesai. Lanjutkan di {lanjut} "
    "(tersimpan {hari} hari). Gratis."
)


def register() -> None:
    """Tell the sender about the messages."""
    kinds.register(CONTACT_CODE)
    kinds.register(REGISTRATION_LINK)


def _still_valid(campaign: Campaign, code_ids: Sequence[int]) -> set[int]:
    """A code that came too late would only puzzle its reader."""
    valid = ContactCode.objects.outstanding(now=timezone.now()).filter(pk__in=code_ids)
    return set(valid.values_list("pk", flat=True))


def _still_open(campaign: Campaign, draft_ids: Sequence[int]) -> set[int]:
    """Who has finished meanwhile needs no way back."""
    waiting = Registration.objects.open(now=timezone.now()).filter(pk__in=draft_ids)
    return set(waiting.values_list("pk", flat=True))


CONTACT_CODE = CampaignKind(
    name="contact_code",
    label="Kode kontak",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={
        CODE: "123456",
        "menit": "10",
        "catatan": "Nomor ini sudah terdaftar. Masuk di https://contoh.example/masuk/",
    },
    wording={
        Channel.EMAIL: ("Kode Anda dari Jakpreneur", _EMAIL),
        Channel.WHATSAPP: ("", _TEXT),
        Channel.SMS: ("", _TEXT),
    },
    still_wanted=_still_valid,
    secrets=frozenset({CODE}),
)

REGISTRATION_LINK = CampaignKind(
    name="registration_link",
    label="Tautan melanjutkan pendaftaran",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={LINK: "https://contoh.example/daftar/lanjut/AbCdEf/", "hari": "14"},
    wording={
        Channel.EMAIL: ("Lanjutkan pendaftaran Jakpreneur Anda", _LINK_EMAIL),
        Channel.WHATSAPP: ("", _LINK_TEXT),
        Channel.SMS: ("", _LINK_TEXT),
    },
    still_wanted=_still_open,
)
