"""How each column of a list is repaired, and how long its cells may be."""

from __future__ import annotations

from umkm_portal.common import phones

LONGEST = {"full_name": 120, "address": 200, "products": 300, "market": 80, "stall": 40}
LONGEST |= {"business_name": 120, "whatsapp_source": 120, "email": 254}
NAMES = {"full_name": "Nama", "address": "Alamat", "products": "Produk", "market": "Nama pasar"}
NAMES |= {"stall": "Nomor kios", "business_name": "Nama usaha", "whatsapp_source": "Sumber"}
_SHORTEN = "Hapus isian itu, atau singkatkan."
REPAIRS = {
    "full_name": "Tulis nama lengkap seperti di KTP.",
    "nik": "Ketik ulang NIK dari KTP: 16 angka, dengan format kolom Teks.",
    "phone": f"Isi satu nomor HP yang aktif, misalnya {phones.EXAMPLE}.",
    "email": "Isi satu alamat email yang lengkap, atau kosongkan.",
    "birth_date": "Tulis tanggal lahir seperti di KTP, misalnya 25/03/1990.",
    "city": "Tulis nama kota atau kabupaten seperti di KTP, misalnya Jakarta Pusat.",
    "district": "Tulis nama kecamatan yang benar di kota itu.",
    "village": "Tulis nama kelurahan yang benar di kecamatan itu.",
    "sector": "Pilih sektor dari daftar portal.",
    "agency": "Tulis singkatan dinas, misalnya PPKUKM.",
    "track": "Tulis Pemula atau Naik kelas.",
    "nib": "Tulis NIB 13 angka, atau kosongkan bila belum punya.",
    "yearly_sales": "Tulis omzet dalam rupiah penuh, misalnya Rp120.000.000.",
    "code": "Salin kode peserta dari portal, atau kosongkan.",
    "whatsapp": "Lengkapi tanggal dan sumber persetujuan WhatsApp.",
    "platforms": "Tulis nama tempat jual, misalnya Shopee, TikTok.",
    "store_link": "Tulis tautan toko yang lengkap, misalnya https://shopee.co.id/dapurbusiti.",
    "active_until": "Tulis tanggal seperti 31/12/2026.",
    "identity": "Isi NIK, nomor HP, atau email agar orangnya bisa dikenali.",
    "outside": "Tidak perlu diperbaiki: peserta tetap diterima dan dirujuk ke dinas di kotanya.",
    **dict.fromkeys(("is_active", "is_willing", "sells_live"), "Tulis ya atau tidak."),
    **dict.fromkeys(("address", "products", "market", "stall"), _SHORTEN),
    **dict.fromkeys(("business_name", "whatsapp_source"), _SHORTEN),
}
PLACE_COLUMNS = {"kecamatan": "district", "kelurahan": "village"}
DATE_REPAIR = "Tulis tanggal seperti 25/03/2026; tidak boleh di masa depan."
