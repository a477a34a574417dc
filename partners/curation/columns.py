"""The columns of a curation list, and the headings under which curators send them."""

from __future__ import annotations

from collections.abc import Iterable

from participants.importing.columns import COLUMNS as REGISTER_COLUMNS
from umkm_portal.imports.profiles import Column

_REGISTER = {column.key: column for column in REGISTER_COLUMNS}


def _as_in_register(key: str, label: str, *more: str, source: str = "") -> Column:
    """A column of the register under the label of curation lists."""
    known = _REGISTER[source or key]
    return Column(
        key=key,
        label=label,
        aliases=(*_without(known.aliases, more), *more, known.label),
        is_private=known.is_private,
        example=known.example,
        pattern=known.pattern,
    )


def _without(words: Iterable[str], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in more)


COLUMNS = (
    Column(
        "row_no", "No", ("no", "nomor", "nomor urut", "no urut", "number"), pattern=r"\d{1,4}\.?"
    ),
    Column(
        "business_name",
        "Nama usaha",
        (
            *("nama toko", "toko", "brand", "merek", "merk", "nama brand", "nama merek", "umkm"),
            *("nama umkm", "usaha", "nama usaha toko", "nama seller", "seller"),
            *("shop name", "store name", "shop", "store", "brand name", "business name"),
            *("seller name", "merchant", "merchant name"),
        ),
        example="Dapur Bu Siti",
    ),
    Column(
        "full_name",
        "Nama pemilik",
        (
            *("nama", "nama lengkap", "nama pelaku usaha", "pemilik", "nama peserta"),
            *("nama penanggung jawab", "penanggung jawab", "pic", "nama pic"),
            *("owner", "owner name", "name", "full name"),
        ),
        example="Siti Aminah",
        pattern=r"(?!ya$|tidak|lolos|cadangan|perbaikan|revisi|oke?$)[a-z][a-z .,'’-]{2,59}",
    ),
    Column(
        "code",
        "Kode peserta",
        (
            *("id jakpreneur", "no peserta", "nomor peserta", "id peserta", "kode"),
            *("kode jakpreneur", "participant code"),
        ),
        pattern=r"jkp[ -]?[2-9b-z]{4}[ -]?[2-9b-z]{4}",
    ),
    _as_in_register("nik", "NIK"),
    _as_in_register("phone", "No. HP/WhatsApp", "no hp wa", "hp", "wa", "kontak"),
    _as_in_register("email", "Email"),
    Column(
        "store_link",
        "Link toko",
        (
            *(
                "tautan toko",
                "url toko",
                "username toko",
                "link shopee",
                "link tiktok",
                "akun toko",
            ),
            *("toko online", "link toko online", "link tokopedia", "username shopee", "username"),
            *("akun shopee", "akun tiktok", "username tiktok", "shop link", "store link", "link"),
            *("shop url", "store url", "url", "tautan", "nama akun"),
        ),
        example="https://shopee.co.id/dapurbusiti",
        pattern=r"https?://\S+|(?:www\.)?(?:shopee|tiktok|tokopedia)\.\S+|@\S+",
    ),
    Column(
        "products",
        "Produk",
        ("nama produk", "produk unggulan", "jenis produk", "product", "products", "product name"),
        example="Keripik singkong",
    ),
    Column(
        "category",
        "Kategori produk",
        ("kategori", "jenis usaha", "komoditas", "sektor", "sektor usaha", "category"),
        example="Makanan",
    ),
    Column("nib", "NIB", ("nomor induk berusaha", "no nib", "nomor nib")),
    Column("pirt", "No. PIRT", ("pirt", "p irt", "spp irt", "nomor pirt")),
    Column(
        "halal", "No. sertifikat halal", ("halal", "sertifikat halal", "no halal", "nomor halal")
    ),
    Column("bpom", "No. BPOM", ("bpom", "izin edar", "md", "nomor bpom", "no izin edar")),
    _as_in_register("city", "Kota/Kab. Administrasi"),
    _as_in_register("district", "Kecamatan"),
    _as_in_register("village", "Kelurahan"),
    Column(
        "result",
        "Hasil kurasi",
        (
            *("hasil", "status", "keterangan lolos", "lolos tidak", "lolos tidak lolos", "result"),
            *("status kurasi", "hasil seleksi", "status seleksi", "keputusan", "decision"),
            *("hasil akhir", "kesimpulan", "rekomendasi", "status lolos", "curation result"),
            *("status akhir", "approval", "approval status", "hasil verifikasi"),
        ),
        example="Lolos",
        pattern=r"(?:tidak |tdk |belum )?(?:lolos|lulus|diterima)|ditolak|tl|cadangan|"
        r"(?:perlu )?(?:perbaikan|revisi)|approved|rejected|passed|failed|accepted",
    ),
    Column(
        "passed_mark",
        "Tanda lolos",
        ("lolos", "lulus", "diterima", "approved", "accepted", "pass", "passed"),
    ),
    Column(
        "failed_mark",
        "Tanda tidak lolos",
        ("tidak lolos", "tdk lolos", "tidak lulus", "ditolak", "rejected", "failed", "gugur"),
    ),
    Column("grade", "Grade", ("nilai", "kelas", "grade kurasi", "nilai kurasi"), pattern=r"[a-d]"),
    Column(
        "reason",
        "Alasan",
        ("alasan tidak lolos", "alasan penolakan", "alasan ditolak", "reason", "feedback"),
    ),
    Column(
        "note",
        "Catatan",
        ("keterangan", "ket", "catatan kurator", "notes", "note", "remark", "remarks", "komentar"),
    ),
)
"""Names first: a heading that fits two columns goes to the first."""

NEEDS_ONE_OF = ("code", "phone", "store_link", "nik")
"""What tells who a row is about; the sentence that asks for one leaves the NIK out."""
EXAMPLES = ("business_name", "full_name", "code", "phone", "store_link", "products", "result")
"""The columns of the sample that partners download: none of them holds a NIK."""
DECIDING = ("result", "passed_mark", "failed_mark")
