"""Cells pasted from a spreadsheet: kept as a text file that goes the same way as any upload."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from umkm_portal.common.spreadsheets import SpreadsheetError, normalise_header
from umkm_portal.imports import mapping
from umkm_portal.imports.profiles import Column, Profile

MOST_CHARACTERS = 2_000_000
"""Some 10,000 people; more comes as a file."""
_DELIMITERS = "\t;,|"
"""Spreadsheets copy tabs; the others come out of messages."""
_LOOKED_AT = 50
_LIKELY = 0.6
"""The share of filled cells that must look like a column to be taken for it."""
_NUMBERS = re.compile(r"\d{8,}")
"""Phones and NIKs stand in rows of data only."""
GUESSED = "{} (tebakan)"
"""A heading that is recognised, and shown as a guess."""


def file_of(text: str, profile: Profile) -> bytes:
    """Return pasted cells as a tab-separated text file with a header row.

    Where the first row is no header, columns are recognised by what stands in them; those that
    are not get a number, and the page of the file asks what they are. Raises SpreadsheetError
    when nothing was pasted.
    """
    rows = _rows_of(text)
    if not rows:
        raise SpreadsheetError("Tidak ada sel yang ditempel. Salin selnya di Excel, lalu tempel.")
    if not has_header(rows[0], profile):
        rows = [guess_header(rows, profile), *rows]
    width = max(map(len, rows[1:]), default=0)
    header = [*rows[0], *[mapping.NUMBERED.format(n + 1) for n in range(len(rows[0]), width)]]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(header)
    writer.writerows([*row, *[""] * (len(header) - len(row))] for row in rows[1:])
    return buffer.getvalue().encode()


def name_at(now: datetime) -> str:
    """Return how a pasted list is called in the list of files."""
    return f"Tempelan {timezone.localtime(now):%d-%m-%Y %H.%M}.tsv"


def has_header(row: Sequence[str], profile: Profile) -> bool:
    """Tell whether a row names columns: it knows a heading and holds no long number."""
    words = {normalise_header(word) for word in profile.header_words()}
    is_data = any(_NUMBERS.search(cell) for cell in row)
    return not is_data and any(normalise_header(cell) in words for cell in row)


def guess_header(rows: Sequence[Sequence[str]], profile: Profile) -> list[str]:
    """Return a heading for each column: the likeliest of ours by its cells, else its number."""
    width = max(map(len, rows))
    header = [mapping.NUMBERED.format(number + 1) for number in range(width)]
    free = [column for column in profile.columns if column.pattern]
    for index in range(width):
        cells = [row[index].strip() for row in rows[:_LOOKED_AT] if len(row) > index]
        found = _recognise([cell for cell in cells if cell], free)
        if found:
            header[index] = found.label if width == 1 else GUESSED.format(found.label)
            free.remove(found)
    return header


def _recognise(cells: Sequence[str], columns: Sequence[Column]) -> Column | None:
    for column in columns:
        fitting = sum(re.fullmatch(column.pattern, cell, re.I) is not None for cell in cells)
        if cells and fitting >= _LIKELY * len(cells):
            return column
    return None


def _rows_of(text: str) -> list[list[str]]:
    """Return the pasted rows that hold anything."""
    lines = text.replace("\0", "").strip("\r\n")
    head = lines[:5_000]
    delimiter = "\t" if "\t" in head else max(_DELIMITERS, key=head.count)
    csv.field_size_limit(MOST_CHARACTERS)
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        rows += (row for row in reader if any(cell.strip() for cell in row))
    except csv.Error:
        raise SpreadsheetError(
            f"Tanda kutip pada baris {len(rows) + 1} tempelan tidak beres. Hapus tanda kutipnya, "
            "atau unggah sebagai berkas Excel."
        ) from None
    return rows
