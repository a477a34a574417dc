"""What a file really is, by its first bytes and never by its name."""

import re
import zipfile
from enum import Enum

from umkm_portal.common.spreadsheets.tables import SpreadsheetError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HEAD_BYTES = 4096
_SAVE_AS = "Simpan sebagai Excel (.xlsx) atau CSV, lalu unggah lagi."
_ASK = "Minta daftarnya sebagai Excel (.xlsx) atau CSV, lalu unggah."
_COPY = "Salin tabelnya ke Excel, simpan, lalu unggah."
_UNPACK = "Buka arsipnya, lalu unggah berkas Excel atau CSV di dalamnya."
_FOREIGN = (
    (b"%PDF", "dokumen PDF", _ASK),
    (b"\x89PNG", "gambar", _ASK),
    (b"\xff\xd8\xff", "gambar", _ASK),
    (b"GIF8", "gambar", _ASK),
    (b"{\\rtf", "dokumen teks (RTF)", _COPY),
    (b"\x1f\x8b", "arsip terkompresi (gzip)", _UNPACK),
    (b"Rar!", "arsip terkompresi (RAR)", _UNPACK),
    (b"7z\xbc\xaf", "arsip terkompresi (7z)", _UNPACK),
    (b"PK\x05\x06", "arsip zip kosong", _ASK),
    (b"SQLite format 3", "basis data", _ASK),
    (b"\x7fELF", "program", _ASK),
    (b"MZ\x90", "program", _ASK),
    (b"BM", "gambar", _ASK),
    (b"II*\0", "gambar", _ASK),
    (b"MM\0*", "gambar", _ASK),
    (b"BEGIN:VCARD", "daftar kontak HP", _ASK),
    (b"MIME-Version:", "halaman web arsip (MHT) atau email", _COPY),
)
_MEDIA_MARKS = ((b"ftyp", 4), (b"WEBP", 8), (b"WAVE", 8))
"""Photos and films name their kind behind a length."""
_BEFORE_ROOT = re.compile(rb"(?:\s*<(?:\?[^>]*|!--.*?--|!DOCTYPE[^>\[]*)>)*\s*", re.S | re.I)
_ROOT = re.compile(rb"<([A-Za-z][A-Za-z0-9:_-]{0,40})")
_EXCEL_2003 = re.compile(
    rb"<(?:[A-Za-z]+:)?Workbook\b[^>]*urn:schemas-microsoft-com:office:spreadsheet"
)
_TABLE_BELOW_TEXT = re.compile(rb"(?:^|[>\n])\s*<table[\s>].*<tr[\s>]", re.S | re.I)
"""A warning of the system that made the page may stand above its table."""
_PAGE_ROOTS = frozenset({"html", "table", "body", "div"})
_FOREIGN_ROOTS = {
    "svg": ("gambar", _ASK),
    "office:document": ("tabel OpenDocument datar (.fods)", "Simpan sebagai .ods, lalu unggah."),
}
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
    WEB_PAGE = "html"
    XML_TABLE = "xml"


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
    for magic, what, repair in _FOREIGN:
        if head.startswith(magic):
            raise SpreadsheetError(f"Berkas ini {what}, bukan tabel. {repair}")
    if any(head[place : place + 4] == mark for mark, place in _MEDIA_MARKS):
        raise SpreadsheetError(f"Berkas ini gambar atau video, bukan tabel. {_ASK}")
    if head.startswith((b'{"', b'[{"')):
        raise SpreadsheetError(f"Berkas ini data JSON, bukan tabel. {_ASK}")
    return _kind_of_text(head)


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
    what, repair = _kind_of_other_zip(set(names))
    raise SpreadsheetError(f"Berkas ini {what}, bukan tabel. {repair}")


def _kind_of_other_zip(names: set[str]) -> tuple[str, str]:
    """Return what the archive is, and what to do with it."""
    for start, what, repair in (
        ("word/", "dokumen Word", _COPY),
        ("ppt/", "salindia PowerPoint", _COPY),
        ("xl/workbook.bin", "buku kerja biner (.xlsb)", _SAVE_AS),
        ("Index/", "berkas Apple Numbers", _SAVE_AS),
        ("Index.zip", "berkas Apple Numbers", _SAVE_AS),
    ):
        if any(name.startswith(start) for name in names):
            return what, repair
    return "arsip zip", _UNPACK


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
    raise SpreadsheetError(f"Berkas ini dokumen Office lama, bukan tabel. {_COPY}")


def _kind_of_text(head: bytes) -> Kind:
    """Tell a text file from a web page or XML table that goes under the name of one."""
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if not text.startswith(b"<"):
        return Kind.WEB_PAGE if _TABLE_BELOW_TEXT.search(text) else Kind.CSV
    is_xml = text.startswith(b"<?xml") or b"<!ENTITY" in text
    text = _BEFORE_ROOT.sub(b"", text, count=1)
    if _EXCEL_2003.match(text):
        return Kind.XML_TABLE
    root = _ROOT.match(text)
    name = root[1].decode().lower() if root else ""
    if name in _FOREIGN_ROOTS:
        what, repair = _FOREIGN_ROOTS[name]
        raise SpreadsheetError(f"Berkas ini {what}. {repair}")
    if is_xml and name not in _PAGE_ROOTS:
        raise SpreadsheetError(f"Berkas ini data XML, bukan tabel. {_ASK}")
    return Kind.WEB_PAGE
