"""The message that carries a one-time code."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from participants.models import ContactCode
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

CODE = "kode"
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


def register() -> None:
    """Tell the sender about the message."""
    kinds.register(CONTACT_CODE)


def _still_valid(campaign: Campaign, code_ids: Sequence[int]) -> set[int]:
    """A code that came too late would only puzzle its reader."""
    valid = ContactCode.objects.outstanding(now=timezone.now()).filter(pk__in=code_ids)
    return set(valid.values_list("pk", flat=True))


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
