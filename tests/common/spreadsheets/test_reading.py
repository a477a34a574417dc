"""The child process: limited, ended in time, and gone without a trace."""

import os
import time
from pathlib import Path

import pytest

from tests.catalogue.builders import ods, ods_row, person, raw_row, raw_sheet, sheet, text, xls
from tests.common.spreadsheets.conftest import WORDS, read, refusal
from umkm_portal.common.spreadsheets import SpreadsheetError, read_table


def children():
    """Process ids of the children of this process."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(status.parent.name))
    return found


@pytest.fixture
def many_rows(csv_file):
    return csv_file("NIK;Nama\n" + "3171074503900001;Siti\n" * 300_000)


def test_every_row_of_a_long_file_arrives_in_order(csv_file):
    path = csv_file("NIK;Nama\n" + "".join(f"{n};Siti\n" for n in range(20_000)))

    rows = read(path)[0][3]

    assert rows == [(n + 2, [str(n), "Siti"]) for n in range(20_000)]


def test_leaving_early_ends_the_child(many_rows):
    before = children()

    with read_table(many_rows, header_words=WORDS) as table:
        sheet = next(iter(table))
        next(sheet.rows)
        started = children() - before

    assert len(started) == 1
    assert children() == before


def test_a_refusal_ends_the_child_and_leaves_no_file(csv_file, tmp_path):
    path, before = csv_file("apa;ini\n1;2\n"), children()

    refusal(path)

    assert children() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_child_out_of_time_is_told(csv_file):
    endless_blanks = csv_file("NIK;Nama\n" + ";\n" * 10_000_000)

    assert "terlalu lama" in refusal(endless_blanks, seconds=1)


def test_a_child_that_hangs_is_ended(tmp_path):
    pipe = tmp_path / "pipa.csv"
    os.mkfifo(pipe)
    start = time.monotonic()

    assert "terlalu lama" in refusal(pipe, seconds=1)
    assert time.monotonic() - start < 5


def test_a_child_out_of_memory_is_told(xlsx_file):
    def fill(book):
        sheet = book.add_worksheet("Data")
        for number in range(20_000):
            sheet.write_row(number, 0, [f"NIK {number}", f"Nama {number}"])

    assert "Berkas" in refusal(xlsx_file(fill), memory_bytes=20_000_000)


ALL_KINDS = {
    "csv": text([WORDS, person()]),
    "xlsx": sheet([WORDS, person()]),
    "ods": ods(ods_row(*WORDS), ods_row(*person())),
    "xls": xls([WORDS, person()]),
}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_kind_is_read_by_the_same_bounded_child(csv_file, kind):
    path = csv_file(ALL_KINDS[kind], f"orang.{kind}")

    assert len(read(path)[0][3]) == 1
    assert "Berkas lebih besar" in refusal(path, file_bytes=10)


MANY = 400_000
LONG_FILES = {
    "csv": lambda: text([WORDS]) + b";\n" * 10_000_000,
    "xlsx": lambda: raw_sheet(raw_row(1, *WORDS) + raw_row(2, *person()) * MANY),
    "ods": lambda: ods(ods_row(*WORDS), ods_row(*person()) * MANY),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", LONG_FILES)
def test_every_kind_is_ended_in_time(csv_file, kind):
    path = csv_file(LONG_FILES[kind](), f"lama.{kind}")
    start = time.monotonic()

    assert "terlalu lama" in refusal(path, seconds=1)
    assert time.monotonic() - start < 20


@pytest.mark.long
def test_a_large_workbook_is_bounded_in_memory(csv_file):
    path = csv_file(LONG_FILES["ods"](), "besar.ods")

    assert "terlalu besar" in refusal(path, memory_bytes=100_000_000)


def test_memory_stays_flat_for_csv(many_rows):
    peak = 0
    before = children()

    with read_table(many_rows, header_words=WORDS) as table:
        for sheet in table:
            (child,) = children() - before
            for number, _ in sheet.rows:
                if number % 50_000 == 0:
                    status = Path(f"/proc/{child}/status").read_text()
                    peak = max(peak, int(status.partition("VmRSS:")[2].split()[0]))

    assert 0 < peak < 60_000


def test_the_child_knows_no_secret(many_rows, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "jangan-bocor")
    before = children()

    with read_table(many_rows, header_words=WORDS) as table:
        next(iter(table))
        (child,) = children() - before
        environment = Path(f"/proc/{child}/environ").read_bytes()

    assert b"jangan-bocor" not in environment


def test_a_missing_file_is_the_callers_mistake(tmp_path):
    with pytest.raises(FileNotFoundError), read_table(tmp_path / "x.csv", header_words=WORDS):
        pass


def test_refusals_are_raised_in_the_loop(csv_file):
    with read_table(csv_file("x"), header_words=WORDS) as table, pytest.raises(SpreadsheetError):
        list(table)
