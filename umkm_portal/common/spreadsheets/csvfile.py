"""Reading CSV in every shape that Indonesian spreadsheets write it."""

import codecs
import csv
from collections.abc import Iterator, Set
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO, TextIO, cast

from umkm_portal.common.spreadsheets.headers import SEARCHED_ROWS, find_header
from umkm_portal.common.spreadsheets.tables import Cell, Limits, SpreadsheetError

_BLOCK = 1 << 20
_SAMPLE_CHARACTERS = 1 << 16
_DELIMITERS = ";,\t|"
"""Tried in this order: Indonesian Excel writes semicolons."""
_NO_TABLE = "Berkas ini bukan tabel. Simpan sebagai Excel (.xlsx) atau CSV, lalu unggah lagi."
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@contextmanager
def open_rows(path: str, *, words: Set[str], limits: Limits) -> Iterator[Iterator[list[Cell]]]:
    """Open a CSV file and give its records from the first row on, blank ones as []."""
    encoding = find_encoding(path)
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
        file.seek(0)
        delimiter = _declared_delimiter(file, sample) or _find_delimiter(sample, words)
        csv.field_size_limit(limits.cell_characters)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        rows = _explained(reader)
        if '="' in sample:
            rows = map(_without_formula_quotes, rows)
        if encoding.startswith("utf-16"):
            rows = ([cell.replace("\0", "") for cell in row] for row in rows)
        yield cast("Iterator[list[Cell]]", rows)


def find_encoding(path: str) -> str:
    """Return the encoding: by its BOM, else UTF-8 if all of it is, else UTF-16 or cp1252."""
    with open(path, "rb") as file:
        head = file.read(4096)
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return encoding
        if b"\0" in head:
            return _utf16_by_its_zeros(head)
        file.seek(0)
        return _utf8_or_cp1252(file)


def _utf16_by_its_zeros(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 8 > max(even, odd):
        raise SpreadsheetError(_NO_TABLE)
    return "utf-16-le" if odd > even else "utf-16-be"


def _utf8_or_cp1252(file: BinaryIO) -> str:
    decoder, encoding = codecs.getincrementaldecoder("utf-8")(), "utf-8"
    while block := file.read(_BLOCK):
        if b"\0" in block:
            raise SpreadsheetError(_NO_TABLE)
        try:
            if encoding == "utf-8":
                decoder.decode(block)
        except UnicodeDecodeError:
            encoding = "cp1252"
    return encoding


def _declared_delimiter(file: TextIO, sample: str) -> str:
    """Return the delimiter of a `sep=;` first line and move past that line, else ''."""
    first = sample.split("\n", 1)[0].strip().strip('"')
    if len(first) != 5 or not first.lower().startswith("sep="):
        return ""
    file.readline()
    return first[4]


def _find_delimiter(sample: str, words: Set[str]) -> str:
    """Return the delimiter under which the header is understood best."""
    return max(_DELIMITERS, key=lambda delimiter: _fit(sample, delimiter, words))


def _fit(sample: str, delimiter: str, words: Set[str]) -> tuple[int, int]:
    try:
        reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
        rows = list(islice(reader, SEARCHED_ROWS))
    except csv.Error:
        return 0, 0
    index, score = find_header(rows, words)
    return score, len(rows[index]) if rows else 0


def _explained(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Pass records on and turn the parser's complaints into sentences."""
    row_no = 0
    try:
        for row_no, row in enumerate(reader, 1):  # noqa: B007 - the last number is told below
            yield row
    except csv.Error as problem:
        if "field limit" in str(problem) or "unexpected end" in str(problem):
            raise SpreadsheetError(
                f"Tanda kutip yang dibuka pada baris {row_no + 1} tidak ditutup. Perbaiki baris "
                "itu, lalu unggah lagi."
            ) from None
        raise SpreadsheetError(
            f"Tanda kutip pada baris {row_no + 1} tidak beres. Perbaiki baris itu, atau simpan "
            "sebagai Excel (.xlsx), lalu unggah lagi."
        ) from None


def _without_formula_quotes(row: list[str]) -> list[str]:
    """Undo the `="0812"` that some programs write to keep digits whole."""
    return [
        cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell
        for cell in row
    ]
