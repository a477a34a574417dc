"""Writing tables that spreadsheets open without changing a digit or running a formula."""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from umkm_portal.common import phones

LONGEST_CELL = 32_767
ROWS_A_SHEET = 1_048_575
"""Rows below the header that one sheet of Excel can hold; more go on in a further sheet."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the same signs in full width, which some Excels read as the narrow ones."""
_MARKUP = "<r>"
"""xlsxwriter takes text that begins so for finished XML and writes it as it is."""


def write_xlsx(
    path_or_file: str | os.PathLike[str] | BinaryIO,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    above: Sequence[str] = (),
    choices: Mapping[int, Sequence[str]] = MappingProxyType({}),
    formats: Mapping[int, str] = MappingProxyType({}),
) -> int:
    """Write a sheet of text cells and return the number of rows.

    Every cell has the text format, so a NIK keeps its digits and a formula stays text; only whole
    numbers and dates in the columns of `formats` are such, shown as their format says. The lines
    of `above` stand over the header; cells of the columns in `choices` are chosen from a list.
    """
    with tempfile.TemporaryDirectory(prefix="portal-xlsx-") as folder:
        finished = os.path.join(folder, "table.xlsx")
        book = xlsxwriter.Workbook(finished, {"constant_memory": True, "tmpdir": folder})
        try:
            count = _fill(book, header, rows, above, choices, formats)
        finally:
            book.close()
        if isinstance(path_or_file, str | os.PathLike):
            shutil.copyfile(finished, path_or_file)
        else:
            with open(finished, "rb") as source:
                shutil.copyfileobj(source, path_or_file)
    return count


def write_csv(file: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write UTF-8 with BOM and semicolons, as Indonesian Excel opens it; return the rows.

    A cell that would run as a formula gets an apostrophe; phones are written as 0812-3456-7890,
    which spreadsheets keep as text.
    """
    stream = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    try:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([_inert(_text(name)) for name in header])
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
            writer.writerow([_inert(_text(value)) for value in row])
    finally:
        stream.detach()
    return count


def _fill(
    book: xlsxwriter.Workbook,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    above: Sequence[str],
    choices: Mapping[int, Sequence[str]],
    formats: Mapping[int, str],
) -> int:
    shown = {column: book.add_format({"num_format": told}) for column, told in formats.items()}
    text = book.add_format({"num_format": "@"})
    title = book.add_format({"num_format": "@", "bold": True})
    top, count = len(above), 0
    sheet, line = _add_sheet(book, "Data", header, text, title, above), top
    for count, row in enumerate(rows, 1):
        if line == ROWS_A_SHEET:
            _offer(sheet, choices, first=top + 1, last=line)
            name = f"Data {count // (ROWS_A_SHEET - top) + 1}"
            sheet, line = _add_sheet(book, name, header, text, title, above), top
        line += 1
        if shown:
            row = _write_numbers(sheet, line, row, shown)
        write = sheet.write_string  # looked up once a row, of millions of cells
        for column, value in enumerate(row):
            if cell := value if type(value) is str else _text(value):
                if cell[0] == "<" and cell.startswith(_MARKUP):
                    cell = f" {cell}"
                write(line, column, cell[:LONGEST_CELL], text)
    _offer(sheet, choices, first=top + 1, last=line)
    return count


def _write_numbers(
    sheet: Worksheet, line: int, row: Sequence[object], shown: Mapping[int, Format]
) -> list[object]:
    """Write the numbers and dates of a row; return what is left of it, to be written as text."""
    left = list(row)
    for column, told in shown.items():
        value = row[column] if column < len(row) else ""
        if type(value) is int:
            sheet.write_number(line, column, value, told)
        elif isinstance(value, date):
            sheet.write_datetime(line, column, value, told)
        else:
            continue
        left[column] = ""
    return left


def _offer(
    sheet: Worksheet, choices: Mapping[int, Sequence[str]], *, first: int, last: int
) -> None:
    """Let the cells of some columns be chosen from a list; other words are refused by Excel."""
    for column, words in choices.items() if last >= first else ():
        sheet.data_validation(
            first,
            column,
            last,
            column,
            {
                "validate": "list",
                "source": list(words),
                "error_title": "Pilih dari daftar",
                "error_message": f"Isi salah satu: {', '.join(words)}."[:255],
            },
        )


def _add_sheet(
    book: xlsxwriter.Workbook,
    name: str,
    header: Sequence[str],
    text: Format,
    title: Format,
    above: Sequence[str],
) -> Worksheet:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, max(len(header) - 1, 0), 20, text)
    sheet.freeze_panes(len(above) + 1, 0)
    for line, words in enumerate(above):
        sheet.write_string(line, 0, _text(words), title)
    for column, heading in enumerate(header):
        sheet.write_string(len(above), column, _text(heading), title)
    return sheet


def _text(value: object) -> str:
    if isinstance(value, str):
        return value[:LONGEST_CELL]
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return str(value)[:LONGEST_CELL]


def _inert(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    if not text.lstrip(" ").startswith(_FORMULA_STARTS):
        return text
    try:
        return phones.display(phones.to_e164(text))
    except phones.PhoneError:
        return "'" + text
