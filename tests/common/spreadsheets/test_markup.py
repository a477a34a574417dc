"""Tables in web pages and XML: what is read, and what no page may cost."""

import pytest

from tests.common.spreadsheets.conftest import read, refusal

EXCEL_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Data"><Table>'
    "{}</Table></Worksheet></Workbook>"
)
HEAD = "<tr><td>Nama<td>NIK"


def test_spans_reach_right_and_down(csv_file):
    page = (
        "<table><tr><th colspan=99999>Nama<th>NIK<tr><td>x"
        "</table><table><tr><th>Nama<th>NIK<tr><td rowspan=2>Siti<td>1<tr><td>2<tr><td>Ani<td>3"
        "</table>"
    )

    assert refusal(csv_file(page)).startswith("Ada isi di sel")
    assert read(csv_file(page.replace("99999", "2")))[1][3] == [
        (2, ["Siti", "1"]),
        (3, ["Siti", "2"]),
        (4, ["Ani", "3"]),
    ]


@pytest.mark.parametrize(
    ("page", "word"),
    [
        ("<table>" + HEAD * 20 + "<tr><td>Siti", "terpotong"),
        ("<html><!--" + "x" * 3_000_000, "tidak bisa dibaca"),
        ("<table><tr><td>" * 2_000, "tidak bisa dibaca"),
        ("<table>" + HEAD + "<tr><td>" + "x" * 40_000 + "</table>", "32.767 huruf"),
        ("<table>" + HEAD + "<tr>" + "<td>x" * 300 + "</table>", "200 kolom"),
        ("<html><frameset></frameset></html>", "tanpa tabel"),
        (EXCEL_2003.format('<Row ss:Index="99999999"/>'), "500.000 baris"),
        (EXCEL_2003.format("<Row><Cell><Data>&x;</Data></Cell></Row>"), "rusak"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]>" + EXCEL_2003.format("")[21:], "data XML"),
    ],
)
def test_pages_that_cost_too_much_or_break_off_are_refused(csv_file, page, word):
    assert word in refusal(csv_file(page))


def test_a_text_file_that_speaks_of_tables_stays_one(csv_file):
    content = "NIK;Nama\n3171;Siti <table><tr>\n"

    assert read(csv_file(content))[0][3] == [(2, ["3171", "Siti <table><tr>"])]
