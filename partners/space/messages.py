"""The message that asks somebody to act for a partner."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from partners.models import MemberInvitation
from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

_EMAIL = """{pengundang} mengundang Anda ke ruang mitra {mitra} di Portal Pelatihan Jakpreneur, sebagai {peran}.

Buka tautan ini untuk masuk: {undangan}

Tautan berlaku tujuh hari dan hanya bisa dipakai satu kali. Setelah itu masuk dengan email ini dan kode 6 angka.

Bila Anda tidak mengenal pengundangnya, abaikan pesan ini.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501


def _still_open(campaign: Campaign, invitation_ids: Sequence[int]) -> set[int]:
    """A link that opens nothing any more would only puzzle its reader."""
    found = MemberInvitation.objects.open(now=timezone.now()).filter(pk__in=invitation_ids)
    return set(found.values_list("pk", flat=True))


PARTNER_INVITATION = CampaignKind(
    name="partner_invitation",
    label="Undangan anggota mitra",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables={
        "undangan": "https://contoh.example/mitra/gabung/AbCdEf/",
        "mitra": "Shopee",
        "peran": "pengunggah",
        "pengundang": "Rina",
    },
    wording={Channel.EMAIL: ("Undangan ke ruang mitra {mitra}", _EMAIL)},
    still_wanted=_still_open,
    secrets=frozenset({"undangan"}),
)


def register() -> None:
    """Tell the sender about the message."""
    kinds.register(PARTNER_INVITATION)
