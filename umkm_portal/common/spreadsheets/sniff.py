"""What a file really is, by its first bytes and never by its name."""

import zipfile
from enum import Enum

from umkm_portal.common.spreadsheets.tables import SpreadsheetError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HEAD_BYTES = 4096
_SAVE_AS = "Simpan sebagai Excel (.xlsx) atau CSV, lalu unggah lagi."
_FOREIGN = (
    (b"%PDF", "dokumen PDF"),
    (b"\x89PNG", "gambar"),
    (b"\xff\xd8\xff", "gambar"),
    (b"GIF8", "gambar"),
    (b"{\\rtf", "dokumen teks (RTF)"),
    (b"\x1f\x8b", "arsip terkompresi (gzip)"),
    (b"Rar!", "arsip terkompresi (RAR)"),
    (b"7z\xbc\xaf", "arsip terkompresi (7z)"),
    (b"PK\x05\x06", "arsip zip kosong"),
    (b"SQLite format 3", "basis data"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
    (b"BM", "gambar"),
    (b"II*\0", "gambar"),
    (b"MM\0*", "gambar"),
    (b"BEGIN:VCARD", "daftar kontak HP"),
)
_MEDIA_MARKS = ((b"ftyp", 4), (b"WEBP", 8), (b"WAVE", 8))
"""Photos and films name their kind behind a length."""
ENCRYPTED = (
    "Berkas dilindungi kata sandi. Buka di Excel, hapus kata sandinya, simpan, lalu unggah lagi."
)
MACRO = "Berkas berisi makro. Simpan sebagai buku kerja Excel biasa (.xlsx), lalu unggah lagi."
TRUNCATED = (
    "Berkas terpotong atau rusak. Buka berkas aslinya di Excel, simpan ulang, lalu unggah lagi."
)


class Kind(Enum):
    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"
    XLS = "xls"


def kind_of(path: str) -> Kind:
    """Return the kind of table in the file; raise SpreadsheetError for anything else."""
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf\xfe\xff\xa0 \r\n\t\0"):
        raise SpreadsheetError("Berkas kosong. Periksa berkasnya, lalu unggah lagi.")
    if head.startswith(_ZIP):
        return _kind_of_zip(path)
    if head.startswith(_OLE):
        return _kind_of_ole(path)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise SpreadsheetError(f"Berkas ini {what}, bukan tabel. {_SAVE_AS}")
    if any(head[place : place + 4] == mark for mark, place in _MEDIA_MARKS):
        raise SpreadsheetError(f"Berkas ini gambar atau video, bukan tabel. {_SAVE_AS}")
    if head.startswith((b'{"', b'[{"')):
        raise SpreadsheetError(f"Berkas ini data JSON, bukan tabel. {_SAVE_AS}")
    _refuse_markup(head)
    return Kind.CSV


def _kind_of_zip(path: str) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {info.filename: info for info in archive.infolist()}
            if any(info.flag_bits & 1 for info in names.values()):
                raise SpreadsheetError(ENCRYPTED)
            if "mimetype" in names and b"opendocument.spreadsheet" in archive.open("mimetype").read(
                99
            ):
                return Kind.ODS
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise SpreadsheetError(TRUNCATED) from None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise SpreadsheetError(MACRO)
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    raise SpreadsheetError(f"Berkas ini {_kind_of_other_zip(set(names))}, bukan tabel. {_SAVE_AS}")


def _kind_of_other_zip(names: set[str]) -> str:
    for start, what in (
        ("word/", "dokumen Word"),
        ("ppt/", "salindia PowerPoint"),
        ("xl/workbook.bin", "buku kerja biner (.xlsb)"),
        ("Index/", "berkas Apple Numbers"),
        ("Index.zip", "berkas Apple Numbers"),
    ):
        if any(name.startswith(start) for name in names):
            return what
    return "arsip zip"


def _kind_of_ole(path: str) -> Kind:
    """Tell an old workbook from an encrypted one: stream names stand in UTF-16."""
    with open(path, "rb") as file:
        content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise SpreadsheetError(ENCRYPTED)
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise SpreadsheetError(MACRO)
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book\0")):
        return Kind.XLS
    raise SpreadsheetError(f"Berkas ini dokumen Office lama, bukan tabel. {_SAVE_AS}")


def _refuse_markup(head: bytes) -> None:
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").lower()
    if not start.startswith(b"<"):
        return
    raise SpreadsheetError(
        "Berkas ini sebenarnya halaman web atau XML walau namanya tabel. Buka di Excel, pilih "
        "Simpan Sebagai buku kerja Excel (.xlsx), lalu unggah lagi."
    )
