"""What may stand in a list for a partner, as an agreement allows it.

A NIK, a KK, a date of birth and what a business earns are no fields: nothing can allow them. Phone
and email need a consent of their own besides: without it their cells stay blank, row by row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class SharedField:
    """One column: its key in `Agreement.allowed_fields`, and the heading of its cells."""

    key: str
    label: str
    is_default: bool = True
    is_contact: bool = False


CODE = "Kode peserta"
"""Heads the column that every list has: by it a returned row finds its person."""
FIELDS = (
    SharedField("business_name", "Nama usaha"),
    SharedField("owner_name", "Nama pemilik", is_default=False),
    SharedField("category", "Kategori produk"),
    SharedField("products", "Produk"),
    SharedField("store_link", "Link toko"),
    SharedField("nib", "NIB", is_default=False),
    SharedField("pirt", "No. PIRT", is_default=False),
    SharedField("halal", "No. sertifikat halal", is_default=False),
    SharedField("bpom", "No. BPOM", is_default=False),
    SharedField("city", "Kota/Kab. Administrasi"),
    SharedField("district", "Kecamatan", is_default=False),
    SharedField("phone", "Nomor HP", is_default=False, is_contact=True),
    SharedField("email", "Email", is_default=False, is_contact=True),
)
DEFAULT = [field.key for field in FIELDS if field.is_default]
NEVER = ("nik", "kk", "birth_date", "revenue")
"""Keys that no agreement can hold."""


def choices() -> list[tuple[str, str]]:
    return [(field.key, field.label) for field in FIELDS]


def chosen(keys: Collection[str]) -> list[SharedField]:
    """The fields of these keys, in the order of the columns; unknown keys are no field."""
    return [field for field in FIELDS if field.key in keys]


def has_contact(fields: Collection[SharedField]) -> bool:
    """Whether one of the fields needs the consent for phone and email."""
    return any(field.is_contact for field in fields)
