"""Written tables: no digit changes, no formula runs, and our own reader reads them back."""

import csv
import io
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.common.spreadsheets.conftest import read
from umkm_portal.common import phones
from umkm_portal.common.spreadsheets import write_csv, write_xlsx

HEADER = ["NIK", "Nama", "No. HP"]
ROW = ["3171074503900001", "=HYPERLINK(0)", "+6281234567890"]


def csv_bytes(rows):
    buffer = io.BytesIO()
    write_csv(buffer, HEADER, rows)
    return buffer.getvalue()


def test_xlsx_cells_come_back_as_text(tmp_path):
    path = tmp_path / "hasil.xlsx"

    assert write_xlsx(path, HEADER, [ROW, ["0812", "-1+1", None]]) == 2

    assert read(path) == [("Data", 1, HEADER, [(2, ROW), (3, ["0812", "-1+1", ""])])]


def test_xlsx_goes_into_an_open_file_too(tmp_path):
    buffer = io.BytesIO()
    write_xlsx(buffer, HEADER, [ROW])
    path = tmp_path / "hasil.xlsx"
    path.write_bytes(buffer.getvalue())

    assert read(path)[0][3] == [(2, ROW)]


def test_values_are_written_as_people_write_them(tmp_path):
    path = tmp_path / "hasil.xlsx"

    write_xlsx(path, HEADER, [[3171074503900001.0, date(2026, 3, 25), 5]])

    assert read(path)[0][3] == [(2, ["3171074503900001", "25/03/2026", "5"])]


def test_a_failing_source_leaves_no_temporary_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def rows():
        yield ROW
        raise RuntimeError("sumber putus")

    with pytest.raises(RuntimeError, match="sumber putus"):
        write_xlsx(io.BytesIO(), HEADER, rows())

    assert list(tmp_path.iterdir()) == []


def test_csv_is_what_indonesian_excel_opens():
    assert csv_bytes([["1", "Siti; S.E.", ""]]) == (
        b'\xef\xbb\xbfNIK;Nama;No. HP\r\n1;"Siti; S.E.";\r\n'
    )


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1"])
def test_csv_formulas_are_inert(text):
    content = csv_bytes([["1", text, ""]]).decode("utf-8-sig")

    cell = list(csv.reader(io.StringIO(content), delimiter=";"))[1][1]

    assert cell == "'" + text


def test_csv_phones_stay_phones():
    content = csv_bytes([["1", "Siti", "+6281234567890"]]).decode("utf-8-sig")

    cell = list(csv.reader(io.StringIO(content), delimiter=";"))[1][2]

    assert cell == "0812-3456-7890"
    assert phones.to_e164(cell) == "+6281234567890"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn"])),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_comes_back_from_xlsx(tmp_path, rows):
    path = tmp_path / "hasil.xlsx"
    write_xlsx(path, HEADER, [["ada", *row[1:]] for row in rows])

    assert [cells[1:] for _, cells in read(path)[0][3]] == [row[1:] for row in rows]


def test_rows_past_the_end_of_a_sheet_go_on_in_a_further_one(tmp_path, monkeypatch):
    monkeypatch.setattr("umkm_portal.common.spreadsheets.writing.ROWS_A_SHEET", 2)

    count = write_xlsx(tmp_path / "long.xlsx", ["Kode"], [["a"], ["b"], ["c"], ["d"], ["e"]])

    sheets = load_workbook(tmp_path / "long.xlsx")
    found = {sheet.title: [row[0].value for row in sheet.rows] for sheet in sheets}
    assert count == 5
    assert found == {
        "Data": ["Kode", "a", "b"],
        "Data 2": ["Kode", "c", "d"],
        "Data 3": ["Kode", "e"],
    }
