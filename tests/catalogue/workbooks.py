"""Workbooks from inside: old and open formats, locks, macros, lies and bombs."""

import gzip
import io
import zipfile

from tests.catalogue.builders import (
    HEADER,
    MAIN,
    SHEET,
    Case,
    Error,
    ods,
    ods_error,
    ods_row,
    people,
    person,
    raw_row,
    raw_sheet,
    rezipped,
    sheet,
    text,
    xls,
    zipped,
)

GOOD = sheet([HEADER, *people(2)])
TOP = raw_row(1, *HEADER) + raw_row(2, *person())
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
ODS_ROWS = [ods_row(*HEADER), ods_row(*person())]
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100)
HEIC = b"\0\0\0\x18ftypheic" + bytes(100)
DOCX = zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


def strict():
    """The same workbook under the names of the ISO standard."""
    spaces = (
        (MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )
    parts = {}
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
            for old, new in spaces:
                parts[name] = parts[name].replace(old, new)
    return zipped(parts)


def uncached():
    cells = '<c r="A2"><f>B1&amp;C1</f></c>'
    return raw_sheet(raw_row(1, *HEADER) + f'<row r="2">{cells}</row>')


def prefixed_strings():
    strings = f'<sst xmlns="{MAIN}" count="3" uniqueCount="4000000000"><si><t>NIK</t></si></sst>'
    return rezipped(GOOD, {"xl/sharedStrings.xml": strings})


def locked_zip():
    content = bytearray(GOOD)
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        content[place + 8] |= 1
        place = content.find(b"PK\x01\x02", place + 4)
    return bytes(content)


def million_empty_rows():
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 1_048_577))
    return raw_sheet(TOP + rows)


def row_bomb():
    wide = "".join(
        '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
        for _ in range(150)
    )
    return ods(
        *ODS_ROWS, f'<table:table-row table:number-rows-repeated="1000000">{wide}</table:table-row>'
    )


CASES = [
    # --- Good ones ---
    Case("XLSX biasa", "biasa.xlsx", GOOD, 2),
    Case("XLS (Excel 97-2003)", "lama.xls", xls([HEADER, *people(2)]), 2),
    Case("ODS (LibreOffice)", "libre.ods", ods(*ODS_ROWS, ods_row(*person(2))), 2),
    Case(
        "XLS dengan sel #N/A dan #REF!",
        "galat.xls",
        xls(
            [
                HEADER,
                ["Siti", Error("#N/A"), person()[2]],
                [Error("#REF!"), *person(2)[1:]],
            ]
        ),
        2,
    ),
    Case(
        "XLS dengan NIK angka dan baris tersembunyi",
        "angka.xls",
        xls(
            [HEADER, ["Siti", 3171074503900001.0, 81234567801.0], person(2)],
            hidden_rows=[2],
        ),
        2,
    ),
    Case(
        "ODS dengan sel #N/A",
        "galat.ods",
        ods(
            ods_row(*HEADER),
            ods_row("Siti", ods_error("#N/A"), person()[2]),
        ),
        1,
    ),
    Case(
        "ODS dengan baris tersaring",
        "saring.ods",
        ods(
            *ODS_ROWS,
            ods_row(*person(2), attributes='table:visibility="filter"'),
        ),
        2,
    ),
    # --- Locked and macro ---
    Case(
        "Buku kerja berkata sandi",
        "sandi.xlsx",
        OLE + "EncryptedPackage".encode("utf-16-le") + bytes(1000),
    ),
    Case("XLS berkata sandi", "sandi.xls", xls([HEADER, person()], password=True)),
    Case(
        "ODS berkata sandi",
        "sandi.ods",
        ods(
            *ODS_ROWS,
            extra={"META-INF/manifest.xml": "<manifest:encryption-data/>"},
        ),
    ),
    Case("XLSX dalam zip berkata sandi", "kunci.xlsx", locked_zip),
    Case("Buku kerja makro (.xlsm)", "makro.xlsm", rezipped(GOOD, {"xl/vbaProject.bin": b"x"})),
    Case(
        "Buku kerja makro yang diganti nama",
        "makro.xlsx",
        rezipped(GOOD, {"xl/vbaProject.bin": b"x"}),
    ),
    Case("XLS bermakro", "makro.xls", OLE + "_VBA_PROJECT".encode("utf-16-le") + bytes(1000)),
    Case("ODS bermakro", "makro.ods", ods(*ODS_ROWS, extra={"Basic/Standard/Module1.xml": "<x/>"})),
    # --- Something else under a name of ours ---
    Case("PDF bernama .xlsx", "daftar.xlsx", PDF),
    Case("Foto JPG bernama .xlsx", "foto.xlsx", JPEG),
    Case("Foto HEIC dari HP", "IMG_001.HEIC", HEIC),
    Case("Word bernama .xlsx", "surat.xlsx", DOCX),
    Case("Word lama (.doc)", "surat.doc", OLE + "WordDocument".encode("utf-16-le") + bytes(1000)),
    Case("PowerPoint", "paparan.pptx", zipped({"ppt/presentation.xml": "<p/>"})),
    Case("Arsip zip berisi Excel", "kumpulan.zip", zipped({"januari.xlsx": GOOD})),
    Case("Arsip RAR", "kumpulan.rar", b"Rar!\x1a\x07\x00" + bytes(100)),
    Case("Berkas Apple Numbers", "daftar.numbers", zipped({"Index/Document.iwa": b"x"})),
    Case("Excel biner (.xlsb)", "daftar.xlsb", zipped({"xl/workbook.bin": b"x"})),
    Case("Program (.exe)", "daftar.exe", b"MZ\x90\x00" + bytes(100)),
    Case("Daftar kontak HP (.vcf)", "kontak.vcf", b"BEGIN:VCARD\r\nFN:Siti\r\nEND:VCARD\r\n"),
    Case("JSON", "daftar.json", b'[{"nama": "Siti", "nik": "3171074503900001"}]'),
    Case("CSV di dalam gzip", "daftar.csv.gz", lambda: gzip.compress(text([HEADER, *people(2)]))),
    Case("CSV bernama .xlsx", "teks.xlsx", text([HEADER, *people(2)]), 2),
    Case("XLSX bernama .csv", "buku.csv", GOOD, 2),
    Case("XLSX bernama .xls", "buku.xls", GOOD, 2),
    # --- Broken and hostile ---
    Case("XLSX terpotong", "terpotong.xlsx", GOOD[: len(GOOD) * 2 // 3]),
    Case(
        "XLS yang isinya hilang sebagian",
        "hilang.xls",
        xls([HEADER, *people(4)], lost_rows=(3, 4)),
        2,
    ),
    Case("XLS terpotong", "terpotong.xls", xls([HEADER, person()])[:1800]),
    Case("XLSX tanpa lembar di dalamnya", "hilang.xlsx", rezipped(GOOD, {SHEET: None})),
    Case("XLSX dengan XML rusak", "xml.xlsx", rezipped(GOOD, {SHEET: "<worksheet"})),
    Case("Rumus yang belum dihitung", "rumus.xlsx", uncached),
    Case(
        "Rumus tanpa hasil (dibuat program)",
        "rumus2.xlsx",
        lambda: raw_sheet(TOP + '<row r="3"><c r="A3"><f>A2</f><v></v></c></row>'),
    ),
    Case(
        "Rumus ODS tanpa hasil",
        "rumus.ods",
        lambda: ods(*ODS_ROWS, ods_row("Ani", '<table:table-cell table:formula="of:=B2"/>')),
    ),
    Case("XLSX ketat (Strict Open XML)", "ketat.xlsx", strict, 2),
    Case("Ukuran tabel palsu (A1 saja)", "ukuran.xlsx", raw_sheet(TOP, '<dimension ref="A1"/>'), 1),
    Case(
        "Sel nyasar di kolom XFD",
        "nyasar.xlsx",
        raw_sheet(TOP + '<row r="9"><c r="XFD9"><v>1</v></c></row>'),
    ),
    Case(
        "Sel nyasar di baris 1.048.576",
        "nyasar2.xlsx",
        raw_sheet(TOP + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
    ),
    Case("Jumlah teks palsu", "palsu.xlsx", prefixed_strings),
    Case(
        "Entitas XML bertingkat (billion laughs)",
        "tawa.xlsx",
        lambda: rezipped(
            GOOD,
            {
                SHEET: LAUGHS
                + f'<worksheet xmlns="{MAIN}"><sheetData>{TOP}&j;</sheetData></worksheet>'
            },
        ),
    ),
    Case(
        "Bom zip (80 MB spasi)",
        "bom.xlsx",
        lambda: rezipped(GOOD, {SHEET: b"<worksheet>" + b" " * 80_000_000}),
        is_long=True,
    ),
    Case("ODS dengan sejuta baris berulang", "ulang.ods", row_bomb),
    Case("Sejuta baris kosong berformat", "kosong.xlsx", million_empty_rows, 1, is_long=True),
    Case(
        "Zip dengan 6.000 bagian",
        "bagian.xlsx",
        lambda: rezipped(GOOD, {f"xl/media/{n}.xml": "<x/>" for n in range(6_000)}),
    ),
]
