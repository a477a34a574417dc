"""CSV in every shape: same rows whatever delimiter, encoding, line end or title rows."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.common.spreadsheets.conftest import read, refusal
from umkm_portal.common.spreadsheets import csvfile, read_table
from umkm_portal.common.spreadsheets.invisible import without_invisible
from umkm_portal.common.spreadsheets.tables import Limits

HEADER = ["NIK", "Nama", "No. HP"]
SITI = ["3171074503900001", "Siti Nurhaliza", "081234567890"]


def written(delimiter, *, rows=(HEADER, SITI), line_end="\r\n"):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_every_shape_reads_the_same(csv_file, delimiter, encoding, line_end):
    path = csv_file(written(delimiter, line_end=line_end).encode(encoding))

    with csvfile.open_rows(path, words={"nik", "nama"}, limits=Limits()) as rows:
        assert list(rows) == [HEADER, SITI]


def test_a_file_gives_sheet_header_and_rows(csv_file):
    assert read(csv_file(written(";"))) == [("CSV", 1, HEADER, [(2, SITI)])]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "Ibu Renée ☀"), ("utf-16", "Ibu Renée ☀"), ("cp1252", "Ibu Renée")],
)
def test_letters_survive_their_encoding(csv_file, encoding, name):
    content = written(";", rows=[HEADER, ["1", name, ""]]).encode(encoding)

    assert read(csv_file(content))[0][3] == [(2, ["1", name, ""])]


def test_a_sep_line_rules_and_is_not_counted(csv_file):
    content = "sep=|\r\n" + written("|", rows=[HEADER, ["1", "a;b,c", ""]])

    assert read(csv_file(content)) == [("CSV", 1, HEADER, [(2, ["1", "a;b,c", ""])])]


def test_more_commas_than_semicolons_do_not_win(csv_file):
    rows = [HEADER, ["1", "Siti, S.E., M.M., M.Si.", "08"], ["2", "Ani, A, B, C", "08"]]

    assert read(csv_file(written(";", rows=rows)))[0][2] == HEADER


def test_the_header_is_found_below_titles(csv_file):
    rows = [["DAFTAR PESERTA"], [], ["Tahun 2026", "", ""], HEADER, SITI]

    assert read(csv_file(written(";", rows=rows))) == [("CSV", 4, HEADER, [(5, SITI)])]


def test_header_words_ignore_case_marks_and_spaces(csv_file):
    rows = [[" nik ", "NAMA*", "No HP", "Ukuran\nbaju"], ["1", "2", "3", "4"]]

    assert read(csv_file(written(";", rows=rows)))[0][1:3] == (
        1,
        ["nik", "NAMA*", "No HP", "Ukuran baju"],
    )


def test_row_numbers_are_those_of_the_spreadsheet(csv_file):
    rows = [HEADER, SITI, [], ["", " ", ""], ["1", "dua\nbaris", ""], SITI]

    assert [number for number, _ in read(csv_file(written(";", rows=rows)))[0][3]] == [2, 5, 6]


def test_short_rows_are_filled_and_long_ones_kept(csv_file):
    content = "NIK;Nama;No HP\n1\n1;2;3;;\n1;2;3;4\n"

    assert [cells for _, cells in read(csv_file(content))[0][3]] == [
        ["1", "", ""],
        ["1", "2", "3"],
        ["1", "2", "3", "4"],
    ]


def test_no_nul_ever_comes_out(csv_file):
    late = ("NIK;Nama;No HP\n" + "1;2;3\n" * 2000 + "1;\0;3\n").encode()
    wide = "NIK;Nama;No HP\n1;Si\0ti;3\n".encode("utf-16")

    assert "bukan tabel" in refusal(csv_file(late))
    assert read(csv_file(wide))[0][3] == [(2, ["1", "Siti", "3"])]


def test_a_text_that_ends_within_a_line_is_doubted_or_refused(csv_file):
    rows = [HEADER, *[SITI] * 30]
    doubts = []
    for encoding, line_end in (("utf-8", "\n"), ("utf-16-le", "\r\n"), ("utf-16-be", "\n")):
        whole = written(";", rows=rows, line_end=line_end)
        for text in (whole, whole + "  ", whole.rstrip(), whole.rstrip()[:-3]):
            with read_table(csv_file(text.encode(encoding)), header_words=HEADER) as table:
                assert [len(list(sheet.rows)) for sheet in table] == [30]
            doubts.append(table.doubts)
        assert "terpotong: 2 dari 3" in refusal(csv_file(whole.rstrip()[:-15].encode(encoding)))

    assert doubts == [[], [], [("CSV", "unended", 31)], [("CSV", "unended", 31)]] * 3
    wide = written(";", rows=rows).encode("utf-16")
    assert "terpotong" in refusal(csv_file(wide[:-1]))
    assert "terpotong" in refusal(csv_file(wide[:400] + bytes(64) + wide[464:]))


def test_rows_too_long_for_one_message_are_refused(csv_file):
    row = ";".join(["x" * 30_000] * 5) + "\n"

    assert "terlalu panjang" in refusal(csv_file("NIK;Nama;No HP;D;E\n" + row * 450))


def test_excel_formula_quotes_are_undone(csv_file):
    content = 'NIK;Nama;No HP\n="3171074503900001";Siti;="0812"\n'

    assert read(csv_file(content))[0][3] == [(2, ["3171074503900001", "Siti", "0812"])]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "kosong"),
        ("\ufeff\r\n \r\n", "kosong"),
        ("a;b;c\n1;2;3\n", "judul kolom tidak ditemukan"),
        ("NIK;Nama\n", "Tidak ada data"),
        ("NIK;Nama\n;\n\n", "Tidak ada data"),
        ('NIK;Nama\n1;Siti\n2;"Ani\n3;Budi\n', "baris 3 tidak ditutup"),
        ('NIK;Nama\n1;Siti\n2;"Ani" baru;\n', "Tanda kutip pada baris 3"),
        (b"%PDF-1.7\n", "dokumen PDF"),
        (b"\x89PNG\r\n", "gambar"),
        (b"<html><p>NIK</p></html>", "halaman web tanpa tabel"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "XML"),
        (bytes(range(256)) * 20, "bukan tabel"),
        (b"PK\x03\x04 terpotong", "terpotong"),
        (b"\x7fELF" + bytes(100), "program"),
    ],
)
def test_refusals_say_what_to_do(csv_file, content, word):
    assert word in refusal(csv_file(content))


def test_a_never_closed_quote_does_not_swallow_the_file(csv_file):
    content = 'NIK;Nama\n1;"Siti\n' + "2;Ani\n" * 20_000

    assert "baris 2 tidak ditutup" in refusal(csv_file(content))


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        ({"file_bytes": 100}, "lebih besar dari"),
        ({"rows": 3}, "lebih dari 3 baris"),
        ({"columns": 2}, "lebih dari 2 kolom"),
        ({"cells": 10}, "terlalu besar"),
    ],
)
def test_limits_are_told(csv_file, limits, word):
    assert word in refusal(csv_file(written(";", rows=[HEADER, *[SITI] * 10])), **limits)


def test_a_row_with_too_many_columns_is_named(csv_file):
    content = "NIK;Nama\n1;Siti\n2;" + ";".join("x" * 300) + "\n"

    assert "Baris 3" in refusal(csv_file(content))


CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf"], exclude_characters="\ufeff"), max_size=12
).filter(lambda text: not text.startswith('="') and without_invisible(text) == text)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=20),
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read(tmp_path, rows, delimiter, encoding):
    path = tmp_path / "orang.csv"
    path.write_bytes(written(delimiter, rows=[HEADER, *rows]).encode(encoding))

    with csvfile.open_rows(path, words={"nik", "nama", "no hp"}, limits=Limits()) as found:
        assert list(found) == [HEADER, *rows]
