"""Small makers of files as clerks and attackers send them; no file is kept in the repository."""

import csv
import io
import struct
import zipfile
from dataclasses import dataclass, field

import xlsxwriter

HEADER = ("Nama", "NIK", "No HP")
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@dataclass(frozen=True)
class Case:
    """One kind of file: what was sent, in words for the guide, and how many rows of people it has.

    `content` gives the bytes; `rows` 0 means the file is refused as a whole. `shown` names the
    clean value of the first row that the guide tells.
    """

    sent: str
    name: str
    content: object
    rows: int = 0
    shown: str = ""
    is_long: bool = field(default=False)

    def make(self):
        return self.content() if callable(self.content) else self.content


def person(number=1, name="Siti Aminah"):
    return [name, f"317107450390{number:04}", f"0812345678{number:02}"]


def people(count, *, start=1):
    return [person(n, f"Siti Aminah {n}") for n in range(start, start + count)]


def text(rows, *, delimiter=";", encoding="utf-8", line_end="\r\n", before=""):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return (before + buffer.getvalue()).encode(encoding)


def cell(heading, value, **others):
    """A CSV of one person with one more column, or with another value in a column of hers."""
    row = dict(zip(HEADER, person(), strict=True)) | {heading: value} | others
    return text([list(row), list(row.values())])


def book(fill):
    """An XLSX that `fill(workbook)` fills."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        fill(workbook)
    return buffer.getvalue()


def sheet(rows, *, name="Data", change=None):
    """An XLSX of one sheet; texts stay texts, numbers numbers, `change(workbook, sheet)` adds."""

    def fill(workbook):
        page = workbook.add_worksheet(name)
        for row_no, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str) and value:
                    page.write_string(row_no, column, value)
                elif value != "":
                    page.write(row_no, column, value)
        if change:
            change(workbook, page)

    return book(fill)


def sheets(pages, *, hidden=()):
    """An XLSX of several sheets by name."""

    def fill(workbook):
        for name, rows in pages.items():
            page = workbook.add_worksheet(name)
            for row_no, row in enumerate(rows):
                page.write_row(row_no, 0, row)
            if name in hidden:
                page.hide()
        next(p for p in workbook.worksheets() if p.name not in hidden).activate()

    return book(fill)


def rezipped(content, parts):
    """A zip with some parts changed (bytes or text), added, or dropped (None)."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    return zipped(old | parts)


def zipped(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)
    return buffer.getvalue()


def raw_sheet(rows, head=""):
    """An XLSX whose sheet is these row elements."""
    xml = f'<worksheet xmlns="{MAIN}">{head}<sheetData>{rows}</sheetData></worksheet>'
    return rezipped(sheet([HEADER]), {SHEET: xml})


def raw_row(number, *values):
    cells = "".join(
        f'<c r="{chr(65 + n)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for n, value in enumerate(values)
    )
    return f'<row r="{number}">{cells}</row>'


# --- OpenDocument -------------------------------------------------------------------------------
_ODS = """<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Data">{}
<table:table-row table:number-rows-repeated="1048000"><table:table-cell
 table:number-columns-repeated="1024"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def ods(*rows, extra=None):
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": _ODS.format("".join(rows)),
    }
    return zipped(parts | (extra or {}))


def ods_row(*cells, attributes=""):
    """A row of texts; a cell that begins with `<` is taken as it is."""
    made = "".join(
        value
        if value.startswith("<")
        else '<table:table-cell office:value-type="string">'
        f"<text:p>{value}</text:p></table:table-cell>"
        for value in cells
    )
    return f"<table:table-row {attributes}>{made}</table:table-row>"


def ods_error(name):
    return (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" '
        f'office:string-value="" calcext:value-type="error"><text:p>{name}</text:p>'
        "</table:table-cell>"
    )


# --- Excel 97-2003 (BIFF8 in an OLE container) ---------------------------------------------------
class Error(str):
    """The name of an error, to be written as an error cell."""


_ERROR_CODES = {"#N/A": 0x2A, "#REF!": 0x17, "#DIV/0!": 0x07}


def xls(rows, *, hidden_rows=(), password=False, lost_rows=(), counted=None):
    """An Excel 97 workbook of one sheet: texts, numbers and errors.

    `lost_rows` are announced, but have no cells; `counted` is how many rows the sheet says it has.
    """
    bof = struct.pack("<HHHHII", 0x0600, 0x05, 0x0DBB, 0x07CC, 0, 6)
    lock = _record(0x2F, bytes(6)) if password else b""
    start = len(_record(0x809, bof)) + len(lock) + 8 + 4 + len("Data") + 4
    bound = struct.pack("<IBBBB", start, 0, 0, 4, 0) + b"Data"
    globals_ = _record(0x809, bof) + lock + _record(0x85, bound) + _record(0x0A, b"")
    assert len(globals_) == start
    page = _record(0x809, struct.pack("<HHHHII", 0x0600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    if counted is not None:
        page += _record(0x200, struct.pack("<IIHHH", 0, counted, 0, 3, 0))
    for row_no, row in enumerate(rows):
        flags = 0x20 if row_no in hidden_rows else 0
        page += _record(
            0x208, struct.pack("<HHHHHHHH", row_no, 0, len(row), 255, 0, 0, flags | 0x100, 15)
        )
    for row_no, row in enumerate(rows):
        for column, value in enumerate(() if row_no in lost_rows else row):
            page += _xls_cell(struct.pack("<HHH", row_no, column, 0), value)
    return _ole(globals_ + page + _record(0x0A, b""))


def _xls_cell(place, value):
    if isinstance(value, Error):
        return _record(0x205, place + bytes([_ERROR_CODES[value], 1]))
    if isinstance(value, str):
        return _record(0x204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return _record(0x203, place + struct.pack("<d", value))


def _record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def _ole(stream, name="Workbook"):
    """A container with one stream: sector 0 the table, 1 the directory, then the stream."""
    total = max(len(stream), 4096)
    sectors = -(-total // 512)
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))
    head = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIII", head, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", head, 76, 0, *[0xFFFFFFFF] * 108)
    directory = _entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1) + _entry(name, 2, 2, total)
    body = stream.ljust(sectors * 512, b"\0")
    return bytes(head) + struct.pack("<128I", *table) + directory.ljust(512, b"\0") + body


def _entry(name, kind, start, size, *, child=0xFFFFFFFF):
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)
