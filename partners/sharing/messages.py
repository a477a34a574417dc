"""The messages that ask a partner to delete what it may not keep."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from umkm_portal.messaging import kinds
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

_EMAIL = """{jumlah} pemilik usaha tidak lagi mengizinkan datanya dipakai {mitra}.

Hapus data mereka dari berkas dan sistem Anda paling lambat 3 x 24 jam. Kode pesertanya ada di sini: {halaman}

Daftar berikutnya sudah tanpa mereka. Berkas lama yang memuat mereka tidak bisa diunduh lagi.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501
_CONTACTS = """{jumlah} pemilik usaha tidak lagi mengizinkan nomor HP dan emailnya dipakai {mitra}. Data lainnya boleh tetap dipakai.

Hapus nomor HP dan email mereka dari berkas dan sistem Anda paling lambat 3 x 24 jam. Kode pesertanya ada di sini: {halaman}

Di daftar berikutnya kolom itu kosong untuk mereka. Berkas lama yang memuatnya tidak bisa diunduh lagi.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"""  # noqa: E501
_EXAMPLE = {
    "mitra": "Shopee",
    "jumlah": "2",
    "halaman": "https://contoh.example/mitra/unduhan/",
}


def page_of() -> str:
    """The whole address of the page with the codes: it stays (see the README's list)."""
    return f"{settings.PORTAL_URL}/mitra/unduhan/"


def _always(campaign: Campaign, partner_ids: Sequence[int]) -> set[int]:
    return set(partner_ids)


DATA_WITHDRAWN = CampaignKind(
    name="data_withdrawn",
    label="Data ditarik dari mitra",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables=_EXAMPLE,
    wording={Channel.EMAIL: ("Hapus data {jumlah} pemilik usaha", _EMAIL)},
    still_wanted=_always,
)
CONTACTS_WITHDRAWN = CampaignKind(
    name="contacts_withdrawn",
    label="Nomor HP dan email ditarik dari mitra",
    purpose="service",
    priority=DeliveryBatch.Priority.URGENT,
    variables=_EXAMPLE,
    wording={
        Channel.EMAIL: ("Hapus nomor HP dan email {jumlah} pemilik usaha", _CONTACTS),
    },
    still_wanted=_always,
)


def register() -> None:
    """Tell the sender about the messages."""
    kinds.register(DATA_WITHDRAWN)
    kinds.register(CONTACTS_WITHDRAWN)
