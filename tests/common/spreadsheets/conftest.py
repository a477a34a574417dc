"""Makers of files, good and hostile."""

import io
import zipfile

import pytest
import xlsxwriter

from umkm_portal.common.spreadsheets import Limits, SpreadsheetError, read_table

WORDS = ["NIK", "Nama", "No. HP"]


def read(path, **limits):
    """All sheets of a file as (name, header row, header, rows)."""
    with read_table(path, header_words=WORDS, limits=Limits(**limits)) as table:
        return [(sheet.name, sheet.header_row, sheet.header, list(sheet.rows)) for sheet in table]


def refusal(path, **limits):
    """The sentence with which a file is refused."""
    with pytest.raises(SpreadsheetError) as refused:
        read(path, **limits)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return sentence


@pytest.fixture
def csv_file(tmp_path):
    def make(content, name="orang.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def xlsx_file(tmp_path):
    """Write sheets by a function that gets the workbook."""

    def make(fill, name="orang.xlsx"):
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as book:
            fill(book)
        return path

    return make


@pytest.fixture
def rezip():
    """Change parts of a zipped workbook: name to bytes, or to None to drop it."""

    def change(path, parts, compression=zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, data in (content | parts).items():
                if data is not None:
                    archive.writestr(name, data)
        path.write_bytes(buffer.getvalue())
        return path

    return change


@pytest.fixture
def simple_xlsx(xlsx_file):
    def fill(book):
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["NIK", "Nama"])
        sheet.write_row(1, 0, ["3171074503900001", "Siti"])

    return xlsx_file(fill)
