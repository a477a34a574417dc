"""The columns of a report of sales; who a row is about is told as in a curation list."""

from __future__ import annotations

from partners.curation.columns import COLUMNS as CURATION_COLUMNS
from umkm_portal.imports.profiles import Column

_WHO = {column.key: column for column in CURATION_COLUMNS}
NEEDS_ONE_OF = ("code", "phone", "store_link", "nik")
COLUMNS = (
    *(_WHO[key] for key in ("row_no", "business_name", "full_name", "code", "nik", "phone")),
    _WHO["store_link"],
    Column(
        "period_from",
        "Dari tanggal",
        (
            *("dari", "mulai", "tanggal mulai", "periode dari", "awal periode", "from"),
            *("start date", "tanggal", "periode mulai"),
        ),
        is_required=True,
        example="16/11/2026",
    ),
    Column(
        "period_to",
        "Sampai tanggal",
        (
            *("sampai", "selesai", "tanggal selesai", "periode sampai", "akhir periode", "to"),
            *("end date", "periode selesai", "s/d", "sd"),
        ),
        example="20/11/2026",
    ),
    Column(
        "channel",
        "Kanal",
        ("channel", "platform", "tempat jual", "saluran", "marketplace"),
        example="Shopee",
    ),
    Column(
        "orders",
        "Pesanan",
        ("jumlah pesanan", "order", "orders", "transaksi", "jumlah transaksi", "jumlah order"),
        example="24",
    ),
    Column(
        "amount",
        "Penjualan (rupiah)",
        (
            *("penjualan", "omzet", "omset", "nilai penjualan", "total penjualan", "gmv"),
            *("sales", "revenue", "amount", "rupiah", "nilai transaksi"),
        ),
        is_required=True,
        example="1.500.000",
    ),
)
EXAMPLES = ("business_name", "code", "period_from", "period_to", "channel", "orders", "amount")
LABELS = {column.key: column.label for column in COLUMNS}
REPAIRS = {
    "full_name": "Tulis nama pemilik saja.",
    "nik": "Kosongkan NIK dan isi kode peserta atau nomor HP.",
    "code": "Salin kode peserta dari daftar pelamar, atau kosongkan dan isi nomor HP.",
    "phone": "Tulis satu nomor HP, misalnya 0812-3456-7890.",
    "store_link": "Tulis tautan toko yang lengkap.",
    "period_from": "Tulis tanggal, misalnya 16/11/2026.",
    "period_to": "Tulis tanggal yang sama atau sesudah tanggal mulai.",
    "channel": "Tulis nama kanal paling banyak 40 huruf.",
    "orders": "Tulis jumlah pesanan dengan angka bulat.",
    "amount": "Tulis rupiah dengan angka, misalnya 1.500.000.",
    "identity": "Isi kode peserta, nomor HP dengan nama, atau tautan toko.",
    "stranger": "Isi kode peserta dari daftar pelamar, atau hapus baris ini.",
}
"""How each column is repaired. No sentence asks for a NIK."""
