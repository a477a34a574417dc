"""How each column of a curation list is repaired. No sentence asks for a NIK."""

from __future__ import annotations

from participants.importing.repairs import REPAIRS as REGISTER_REPAIRS

REPAIRS = {
    "business_name": "Tulis nama usaha saja, paling banyak 120 huruf.",
    "full_name": "Tulis nama pemilik saja.",
    "nik": "Kosongkan NIK dan isi kode peserta atau nomor HP.",
    "code": "Salin kode peserta dari daftar pelamar, atau kosongkan dan isi nomor HP.",
    "phone": REGISTER_REPAIRS["phone"],
    "email": REGISTER_REPAIRS["email"],
    "store_link": REGISTER_REPAIRS["store_link"],
    "grade": "Tulis A, B, C, atau D, atau kosongkan.",
    "identity": "Isi kode peserta, nomor HP dengan nama, atau tautan toko.",
    "name": "Isi nama pemilik atau nama usaha.",
    "outside": REGISTER_REPAIRS["outside"],
    **dict.fromkeys(
        ("result", "passed_mark", "failed_mark"),
        "Tulis Lolos, Tidak lolos, Cadangan, atau Perbaikan.",
    ),
    **dict.fromkeys(("products", "reason", "note"), "Singkatkan isian itu, atau hapus."),
}
