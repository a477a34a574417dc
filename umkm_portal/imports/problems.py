"""What is wrong with the rows of a file, told to people: by repair, as a report, as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import connection

from umkm_portal.common.spreadsheets import Cell, text_of, write_xlsx
from umkm_portal.imports import profiles
from umkm_portal.imports.models import ImportFile, ImportRow
from umkm_portal.imports.raw_cells import mask_niks, unpack_cells

MOST_PROBLEMS = 1_000
SHOWN_ROWS = 20
"""Rows shown of one group; the error file has them all."""
EXACT_CELL = 1e15
EXTRA_COLUMNS = ["baris", "kesalahan"]

_GROUPS = """
    SELECT p ->> 'column', p ->> 'repair', coalesce((p ->> 'warning')::boolean, false) AS warning,
           coalesce(p ->> 'reason', ''), min(r.action), count(*),
           (array_agg(r.id ORDER BY r.row_no))[1:%(shown)s]
    FROM imports_importrow r, jsonb_array_elements(r.problems) AS p
    WHERE r.file_id = %(file)s AND r.problems <> '[]'
    GROUP BY 1, 2, 3, 4
    ORDER BY warning, count(*) DESC, 1, 2
"""


@dataclass
class Example:
    """One row of a group: where, what stood there (masked), and why that is a problem."""

    row: int
    place: str
    """The row, with its sheet where the file has several."""
    value: str
    message: str
    row_no: int
    title: str
    """The name in the row, to know her by."""


@dataclass
class Group:
    """Rows that need the same repair; `reason` where the register or another row stands against
    them, so that no other cell would help."""

    column: str
    repair: str
    is_warning: bool
    reason: str
    action: str
    count: int
    examples: list[Example]

    @property
    def hidden_count(self) -> int:
        return self.count - len(self.examples)


def group_problems(file: ImportFile) -> list[Group]:
    """Return what must be repaired, most rows first, warnings last; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, {"file": file.pk, "shown": SHOWN_ROWS})
        found = cursor.fetchall()
    rows = ImportRow.objects.in_bulk({pk for group in found for pk in group[6]})
    return [
        Group(
            column=column,
            repair=repair,
            is_warning=is_warning,
            reason=reason,
            action=action,
            count=count,
            examples=[_example(file, rows[pk], column, repair) for pk in shown if pk in rows],
        )
        for column, repair, is_warning, reason, action, count, shown in found
    ]


def list_problems(file: ImportFile, *, limit: int = MOST_PROBLEMS) -> list[dict[str, object]]:
    """Return the first problems that keep rows back: `{row, column, message, repair}`."""
    rows = file.rows.exclude(problems=[]).order_by("row_no")
    found = []
    for row in rows.filter(action__in=["reject", "review"]).iterator(chunk_size=500):
        for problem in row.problems:
            if "warning" not in problem:
                found.append({"row": row.shown_row, **problem})
        if len(found) >= limit:
            break
    return found[:limit]


def write_error_file(file: ImportFile, target: str | Path | BinaryIO) -> int:
    """Write the refused rows as XLSX: the file's own columns, then `baris` and `kesalahan`.

    A repaired copy can be uploaded as it is. Returns the number of rows.
    """
    headings = _all_headings(file)
    return write_xlsx(target, [*headings, *EXTRA_COLUMNS], _error_rows(file, headings))


def _error_rows(file: ImportFile, headings: list[str]) -> Iterator[list[object]]:
    refused = file.rows.filter(action=ImportRow.Action.REJECT).order_by("row_no")
    refused = refused.exclude(problems__contains=[{"reason": "skip"}])
    for row in refused.iterator(chunk_size=500):
        cells = cells_of(file, row)
        told = "; ".join(
            f"{p['column']}: {p['message']}" for p in row.problems if "warning" not in p
        )
        yield [*(_rewritten(cells.get(h, "")) for h in headings), row.place_in(file.sheets), told]


def cells_of(file: ImportFile, row: ImportRow) -> dict[str, Cell]:
    """Return the cells of a staged row by heading."""
    headings = file.sheets[row.sheet_no]["header"]
    return dict(zip(headings, unpack_cells(str(row.raw or "")), strict=False))


def _all_headings(file: ImportFile) -> list[str]:
    """The headings of all sheets, without those that an error file added."""
    found = dict.fromkeys(heading for sheet in file.sheets for heading in sheet["header"])
    return [heading for heading in found if heading not in EXTRA_COLUMNS]


def _rewritten(cell: Cell) -> str:
    """Return a cell for the error file.

    A long number that has lost digits must not come back as text that looks whole, so it keeps
    the shape in which it is refused again until somebody types it anew.
    """
    if isinstance(cell, float) and cell >= EXACT_CELL and text_of(cell).endswith("0"):
        return f"{cell:.4E}".replace(".", ",")
    return text_of(cell)


def _example(file: ImportFile, row: ImportRow, column: str, repair: str) -> Example:
    cells = cells_of(file, row)
    value = mask_niks(text_of(cells.get(column, "")))[:60]
    messages = [p["message"] for p in row.problems if p.get("repair") == repair]
    return Example(
        row=row.shown_row,
        place=row.place_in(file.sheets),
        value=value,
        message=messages[0] if messages else "",
        row_no=row.row_no,
        title=title_of(file, cells),
    )


def title_of(file: ImportFile, cells: Mapping[str, Cell]) -> str:
    """The first cell of a row that is matched, not private and no number: mostly a name."""
    profile = profiles.get(file.profile)
    headings = {key: heading for heading, key in file.mapping.items()}
    for column in profile.columns:
        text = text_of(cells.get(headings.get(column.key, ""), ""))
        if not column.is_private and any(map(str.isalpha, text)):
            return mask_niks(text)[:60]
    return ""
