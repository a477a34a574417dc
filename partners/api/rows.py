"""Rows that came as JSON: kept as a text file that goes the same way as any upload."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from partners.api.schemas import Row, SaleRow
from umkm_portal.imports.profiles import Column

NAME = "API {name}.tsv"


def file_of(rows: Sequence[Row | SaleRow], columns: Sequence[Column]) -> bytes:
    """Return rows as a tab-separated text under the headings of ours that any of them uses."""
    used = _used(rows, columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(column.label for column in used)
    writer.writerows([_cell(row, column) for column in used] for row in rows)
    return buffer.getvalue().encode()


def _used(rows: Sequence[Row | SaleRow], columns: Sequence[Column]) -> list[Column]:
    """Columns with a cell, in our order; a list about nothing still has its first columns."""
    known = [column for column in columns if column.key in type(rows[0]).model_fields]
    used = [c for c in known if any(_cell(row, c) for row in rows)]
    return used if len(used) > 1 else known


def _cell(row: Row | SaleRow, column: Column) -> str:
    """One line of text: breaks within a cell become blanks."""
    value = getattr(row, column.key)
    return "" if value is None else " ".join(str(value).split())
