"""Workbooks: all visible sheets, numbers told from text, and hostile ones answered in words."""

import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from tests.catalogue.builders import people, xls
from tests.common.spreadsheets.conftest import WORDS, read, refusal
from umkm_portal.common.spreadsheets import line_of, read_table, text_of

SHEET = "xl/worksheets/sheet1.xml"


def sheet_xml(rows, head=""):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}">{head}<sheetData>{rows}</sheetData></worksheet>'


HEADER_ROW = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>NIK</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>Nama</t></is></c></row>'
)
DATA_ROW = '<row r="2"><c r="A2" t="str"><v>1</v></c><c r="B2" t="str"><v>Siti</v></c></row>'


def test_numbers_dates_and_errors_keep_their_kind(xlsx_file):
    def fill(book):
        sheet = book.add_worksheet("Data")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(3, 1, ["NIK", "Nama", "Lahir", "Rapat", "Aktif", "Rumus", "Hasil"])
        sheet.write_number(4, 1, 3171074503900001)
        sheet.write_string(4, 2, "Siti")
        sheet.write_datetime(4, 3, datetime(1990, 3, 25), day)
        sheet.write_datetime(
            4, 4, datetime(2026, 3, 25, 9, 30), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        )
        sheet.write_boolean(4, 5, True)
        sheet.write_formula(4, 6, "=1/0", None, "#DIV/0!")
        sheet.write_formula(4, 7, "=1+1", None, 2)

    ((name, header_row, header, rows),) = read(xlsx_file(fill))

    assert (name, header_row, header[0]) == ("Data", 4, "NIK")
    assert rows == [
        (
            5,
            [
                3171074503900001.0,
                "Siti",
                "1990-03-25",
                "2026-03-25 09:30:00",
                "TRUE",
                "#DIV/0!",
                2.0,
            ],
        )
    ]
    assert isinstance(rows[0][1][0], float)


def test_no_nul_ever_comes_out(xlsx_file):
    def fill(book):
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["NIK", "Nama"])
        sheet.write_row(1, 0, ["1", "Si\0ti"])

    assert read(xlsx_file(fill))[0][3] == [(2, ["1", "Siti"])]


def test_all_visible_sheets_with_a_header_are_read(xlsx_file):
    def fill(book):
        for title in ("Petunjuk", "Januari", "Rahasia", "Februari", "Kosong"):
            sheet = book.add_worksheet(title)
            if title not in ("Petunjuk", "Kosong"):
                sheet.write_row(0, 0, ["NIK", "Nama"])
                sheet.write_row(1, 0, ["1", title])
        book.get_worksheet_by_name("Petunjuk").write(0, 0, "Isi lembar berikut")
        book.get_worksheet_by_name("Rahasia").hide()
        book.get_worksheet_by_name("Februari").activate()

    with read_table(xlsx_file(fill), header_words=WORDS) as table:
        names = [sheet.name for sheet in table]

    assert names == ["Januari", "Februari"]
    assert table.skipped_sheets == [
        ("Petunjuk", "untitled"),
        ("Rahasia", "hidden"),
        ("Kosong", "empty"),
    ]


def test_rows_left_unread_do_not_disturb_the_next_sheet(xlsx_file):
    def fill(book):
        for title in ("Satu", "Dua"):
            sheet = book.add_worksheet(title)
            sheet.write_row(0, 0, ["NIK", "Nama"])
            for row in range(1, 2000):
                sheet.write_row(row, 0, [str(row), title])

    with read_table(xlsx_file(fill), header_words=WORDS) as table:
        first = [(sheet.name, next(sheet.rows)) for sheet in table]

    assert first == [("Satu", (2, ["1", "Satu"])), ("Dua", (2, ["1", "Dua"]))]


def test_hidden_rows_are_read_and_counted(xlsx_file):
    def fill(book):
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["NIK", "Nama"])
        sheet.write_row(1, 0, ["1", "Siti"])
        sheet.write_row(2, 0, ["2", "Ani"])
        sheet.set_row(2, None, None, {"hidden": True})

    with read_table(xlsx_file(fill), header_words=WORDS) as table:
        found = [(sheet.hidden_rows, len(list(sheet.rows))) for sheet in table]

    assert found == [(1, 2)]


@pytest.mark.parametrize(
    ("lies", "row_no"),
    [({"counted": 6}, 0), ({"counted": 9}, 7), ({"lost_rows": (3, 5), "counted": 6}, 4)],
)
def test_an_old_workbook_tells_what_it_lost(tmp_path, lies, row_no):
    path = tmp_path / "orang.xls"
    path.write_bytes(xls([["Nama", "NIK", "No. HP"], *people(5)], **lies))

    with read_table(path, header_words=WORDS) as table:
        assert all(len(list(sheet.rows)) >= 3 for sheet in table)

    assert table.doubts == ([("Data", "lost", row_no)] if row_no else [])


def test_an_old_workbook_with_bytes_taken_out_is_refused(tmp_path):
    path = tmp_path / "orang.xls"
    content = xls([["Nama", "NIK", "No. HP"], *people(60)])
    path.write_bytes(content[:3000] + content[3100:] + bytes(100))

    assert "terpotong atau rusak" in refusal(path)


def test_whole_columns_formatted_as_text_cost_nothing(simple_xlsx, rezip):
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(3, 60_000))
    path = rezip(simple_xlsx, {SHEET: sheet_xml(HEADER_ROW + DATA_ROW + empty)})

    assert read(path, rows=1000)[0][3] == [(2, ["1", "Siti"])]


def test_a_false_dimension_hides_nothing(simple_xlsx, rezip):
    path = rezip(simple_xlsx, {SHEET: sheet_xml(HEADER_ROW + DATA_ROW, '<dimension ref="A1"/>')})

    assert read(path)[0][3] == [(2, ["1", "Siti"])]


def test_prefixed_xml_is_checked_too(simple_xlsx, rezip):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cell = '<x:c r="{}" t="str"><x:v>{}</x:v></x:c>'
    rows = (
        f'<x:row r="1">{cell.format("A1", "NIK")}</x:row>'
        f'<x:row r="2">{cell.format("XFD2", "jauh")}</x:row>'
    )
    xml = f'<x:worksheet xmlns:x="{space}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'

    assert "XFD2" in refusal(rezip(simple_xlsx, {SHEET: xml}))


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ('<row r="9"><c r="XFD9"><v>1</v></c></row>', "XFD9"),
        ('<row r="1048576"><c r="A1048576"><v>1</v></c></row>', "500.000 baris"),
        ('<row r="9"><c r="XFD1048576"><v>1</v></c></row>', "XFD9"),
        ('<row r="9"><c r="C9"><f>A1+1</f></c></row>', "Rumus di sel C9"),
    ],
)
def test_what_breaks_parsers_is_named(simple_xlsx, rezip, rows, word):
    path = rezip(simple_xlsx, {SHEET: sheet_xml(HEADER_ROW + DATA_ROW + rows)})

    assert word in refusal(path)


def test_a_far_stray_cell_within_the_limits_is_named(simple_xlsx, rezip):
    stray = '<row r="400000"><c r="GA400000"><v>1</v></c></row>'
    path = rezip(simple_xlsx, {SHEET: sheet_xml(HEADER_ROW + DATA_ROW + stray)})

    assert "GA400000" in refusal(path)


def test_a_cell_hidden_from_the_check_does_not_kill_the_reader(simple_xlsx, rezip):
    stray = "<row r='1048576'><c   r='XFD1048576'><v>1</v></c></row>"
    path = rezip(simple_xlsx, {SHEET: sheet_xml(HEADER_ROW + DATA_ROW + stray)})

    assert "rusak atau terlalu besar" in refusal(path, memory_bytes=500_000_000)


def test_a_false_string_count_is_refused(simple_xlsx, rezip):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = f'<sst xmlns="{space}" count="3" uniqueCount="4000000000"><si><t>NIK</t></si></sst>'

    assert "rusak" in refusal(rezip(simple_xlsx, {"xl/sharedStrings.xml": strings}))


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_bomb_is_refused_before_it_bursts(simple_xlsx, rezip, part):
    path = rezip(simple_xlsx, {part: b"<worksheet>" + b" " * 80_000_000})
    assert path.stat().st_size < 1_000_000

    assert "tidak aman" in refusal(path)


def test_unpacked_bytes_are_limited(simple_xlsx):
    assert "tidak aman" in refusal(simple_xlsx, unpacked_bytes=1000)


def test_entities_are_refused(simple_xlsx, rezip):
    xml = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sheet_xml(HEADER_ROW + DATA_ROW)

    assert "rusak" in refusal(rezip(simple_xlsx, {SHEET: xml}))


def test_macros_are_refused(simple_xlsx, rezip):
    assert "makro" in refusal(rezip(simple_xlsx, {"xl/vbaProject.bin": b"x"}))


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ("word/document.xml", "Word"),
        ("ppt/presentation.xml", "PowerPoint"),
        ("xl/workbook.bin", "xlsb"),
        ("Index/Document.iwa", "Numbers"),
        ("foto.jpg", "arsip zip"),
    ],
)
def test_other_zips_are_named(tmp_path, part, word):
    path = tmp_path / "orang.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "x")

    assert word in refusal(path)


def test_an_old_workbook_is_read():
    assert read(Path(__file__).parent / "data" / "lama.xls") == [
        (
            "Data",
            2,
            ["NIK", "Nama", "Lahir", "Aktif"],
            [
                (3, [3171074503900001.0, "Siti Renée", "1990-03-25", "TRUE"]),
                (5, ["3171074503900002", "Ani", "", ""]),
            ],
        )
    ]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)


@pytest.mark.parametrize(
    ("stream", "word"),
    [
        ("EncryptedPackage", "kata sandi"),
        ("_VBA_PROJECT", "makro"),
        ("WordDocument", "Office lama"),
        ("Workbook", "rusak"),
    ],
)
def test_old_office_files_are_told_apart(tmp_path, stream, word):
    path = tmp_path / "orang.xls"
    path.write_bytes(OLE + stream.encode("utf-16-le") + bytes(1000))

    assert word in refusal(path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_workbook_is_refused(simple_xlsx, part):
    content = simple_xlsx.read_bytes()
    simple_xlsx.write_bytes(content[: int(len(content) * part)])

    assert "terpotong" in refusal(simple_xlsx)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_workbook_gives_rows_or_a_sentence(simple_xlsx, seed):
    content = bytearray(simple_xlsx.read_bytes())
    for place in range(seed * 7, len(content), 97):
        content[place] ^= 0x55
    simple_xlsx.write_bytes(bytes(content))

    assert "Berkas" in refusal(simple_xlsx)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", SHEET])
@pytest.mark.parametrize("content", [b"", b"<worksheet", b"\xff\xfe<\0w\0", None])
def test_a_broken_part_gives_a_sentence(simple_xlsx, rezip, part, content):
    assert refusal(rezip(simple_xlsx, {part: content}))


def test_a_workbook_without_header_is_refused(xlsx_file):
    path = xlsx_file(lambda book: book.add_worksheet("Data").write(0, 0, "halo"))

    assert "judul kolom tidak ditemukan" in refusal(path)


ODS = """<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Data">{}
<table:table-row table:number-rows-repeated="1048000"><table:table-cell
 table:number-columns-repeated="1024"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def ods(path, rows, extra=()):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", ODS.format(rows))
        for name, content in extra:
            archive.writestr(name, content)
    return path


def ods_row(*texts, repeated=1):
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{cells}</table:table-row>'


def test_libreoffice_files_are_read(tmp_path):
    number = (
        '<table:table-row><table:table-cell office:value-type="float" office:value="5">'
        "<text:p>5</text:p></table:table-cell></table:table-row>"
    )
    path = ods(tmp_path / "orang.ods", ods_row("NIK", "Nama") + ods_row("1", "Siti") + number)

    assert read(path) == [("Data", 1, ["NIK", "Nama"], [(2, ["1", "Siti"]), (3, [5.0, ""])])]


def test_an_ods_bomb_of_repeated_rows_is_survived(tmp_path):
    rows = ods_row("NIK", "Nama") + ods_row(*"x" * 150, repeated=1_000_000)

    assert refusal(ods(tmp_path / "orang.ods", rows), memory_bytes=600_000_000)


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        (("META-INF/manifest.xml", "<manifest:encryption-data/>"), "kata sandi"),
        (("Basic/Standard/Module1.xml", "<x/>"), "makro"),
    ],
)
def test_locked_and_macro_ods_are_refused(tmp_path, rezip, extra, word):
    path = ods(tmp_path / "orang.ods", ods_row("NIK", "Nama") + ods_row("1", "Siti"))

    assert word in refusal(rezip(path, dict([extra])))


def test_a_zip_with_a_password_is_refused(simple_xlsx):
    content = bytearray(simple_xlsx.read_bytes())
    central = content.find(b"PK\x01\x02")
    while central >= 0:
        content[central + 8] |= 1
        central = content.find(b"PK\x01\x02", central + 4)
    simple_xlsx.write_bytes(bytes(content))

    assert "kata sandi" in refusal(simple_xlsx)


def test_line_of_is_one_line_without_the_mark_of_a_text():
    cells = ("Siti", "'0812", " Siti\n  Aminah ", "a\u00a0b", "''", 12.0)
    assert [*map(line_of, cells)] == ["Siti", "0812", "Siti Aminah", "a b", "", "12"]


def test_text_of_reads_as_a_person_does():
    assert [text_of(cell) for cell in (" a ", 81234567890.0, 1.5, 3171074503900001.0)] == [
        "a",
        "81234567890",
        "1.5",
        "3171074503900001",
    ]
