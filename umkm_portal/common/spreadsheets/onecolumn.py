"""Tables whose lines stand whole in the first column: a CSV opened and saved in the wrong way."""

import csv
from collections.abc import Sequence, Set

from umkm_portal.common.spreadsheets.headers import find_header
from umkm_portal.common.spreadsheets.tables import Cell

DELIMITERS = ";,\t|"
"""Tried in this order: Indonesian Excel writes semicolons."""


def find_inner_delimiter(rows: Sequence[Sequence[Cell]], words: Set[str]) -> str:
    """Return what separates the values inside the first column, or '' where nothing does."""
    if any(any(row[1:]) for row in rows):
        return ""
    scores = {d: find_header([split(row, d) for row in rows], words).score for d in DELIMITERS}
    best = max(DELIMITERS, key=scores.__getitem__)
    return best if scores[best] > 2 else ""


def split(row: Sequence[Cell], delimiter: str) -> list[Cell]:
    """Return the values that stand in the first cell of a row, then those of the others."""
    if not row or not isinstance(row[0], str):
        return [*row]
    line = row[0].replace("\r", " ").replace("\n", " ")
    try:
        values = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        values = line.split(delimiter)
    return [*values, *[cell for cell in row[1:] if cell != ""]]
