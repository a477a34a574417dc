"""Spreadsheets in and out: hostile files read in a limited process, plain text cells written."""

from umkm_portal.common.spreadsheets.reading import Table, read_table
from umkm_portal.common.spreadsheets.tables import (
    Cell,
    Doubt,
    Limits,
    Sheet,
    Skipped,
    SpreadsheetError,
    line_of,
    normalise_header,
    text_of,
)
from umkm_portal.common.spreadsheets.writing import write_csv, write_xlsx

__all__ = [
    "Cell",
    "Doubt",
    "Limits",
    "Sheet",
    "Skipped",
    "SpreadsheetError",
    "Table",
    "line_of",
    "normalise_header",
    "read_table",
    "text_of",
    "write_csv",
    "write_xlsx",
]
