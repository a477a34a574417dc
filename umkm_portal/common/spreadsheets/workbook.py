"""Reading a workbook with calamine: all visible sheets, cells as text or numbers."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import python_calamine

from umkm_portal.common.spreadsheets.facts import SheetFacts
from umkm_portal.common.spreadsheets.invisible import without_invisible
from umkm_portal.common.spreadsheets.oldexcel import check_xls
from umkm_portal.common.spreadsheets.precheck import check_workbook
from umkm_portal.common.spreadsheets.sniff import ENCRYPTED, TRUNCATED, Kind
from umkm_portal.common.spreadsheets.tables import Cell, Doubt, Limits, Skipped, SpreadsheetError

_READY = frozenset({str, float})
_NOTHING = SheetFacts()


def open_sheets(
    path: str, kind: Kind, limits: Limits, skipped: list[Skipped], doubts: list[Doubt]
) -> Iterator[tuple[str, int, Iterator[list[Cell]]]]:
    """Give (name, hidden rows, rows from the first row on) of every visible sheet.

    Sheets that are not visible are added to `skipped`, those that lost rows to `doubts`.
    """
    facts = check_xls(path) if kind is Kind.XLS else check_workbook(path, kind, limits)
    try:
        with _open(path, kind) as workbook:
            for number, sheet in enumerate(workbook.sheets_metadata):
                if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
                    skipped.append((sheet.name, "hidden"))
                    continue
                found = facts.get(sheet.name, _NOTHING)
                if found.lost_row:
                    doubts.append((sheet.name, "lost", found.lost_row))
                yield sheet.name, found.hidden_rows, _rows(workbook, number, found, limits)
    except python_calamine.PasswordError:
        raise SpreadsheetError(ENCRYPTED) from None
    except python_calamine.CalamineError:
        raise SpreadsheetError(TRUNCATED) from None


def _open(path: str, kind: Kind) -> python_calamine.CalamineWorkbook:
    """Open a workbook by what it is: given a path, the parser believes the ending of its name."""
    if path.lower().endswith(f".{kind.value}"):
        return python_calamine.CalamineWorkbook.from_path(path)
    with open(path, "rb") as file:
        return python_calamine.CalamineWorkbook.from_filelike(file)


def _rows(
    workbook: python_calamine.CalamineWorkbook, number: int, facts: SheetFacts, limits: Limits
) -> Iterator[list[Cell]]:
    sheet = workbook.get_sheet_by_index(number)
    if sheet.start is None:
        return
    if sheet.total_height * sheet.width > limits.cells or sheet.width > limits.columns:
        raise SpreadsheetError(
            f"Lembar “{sheet.name}” terlalu besar. Hapus isi di luar tabel, atau bagi menjadi "
            "beberapa berkas."
        )
    fill = _Merged(sheet, facts)
    first_column = sheet.start[1]
    for row_no, row in enumerate(sheet.iter_rows()):
        cells = cast("list[Cell]", row) if _is_ready(row) else list(map(_plain, row))
        if row_no in facts.errors:
            for column, name in facts.errors[row_no].items():
                if 0 <= column - first_column < len(cells):
                    cells[column - first_column] = name
        yield fill.down(row_no, cells) if fill else cells


class _Merged:
    """Repeats the value of cells that are merged over several rows in each of these rows."""

    def __init__(self, sheet: python_calamine.CalamineSheet, facts: SheetFacts) -> None:
        first_column = sheet.start[1] if sheet.start else 0
        found = [
            (top[1], top[0], bottom[0])
            for top, bottom in sheet.merged_cell_ranges or ()
            if bottom[0] > top[0]
        ]
        self._starts: dict[int, list[tuple[int, int]]] = {}
        for column, first, last in (*found, *facts.merged):
            self._starts.setdefault(first, []).append((column - first_column, last))
        self._open: dict[int, tuple[Cell, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._starts)

    def down(self, row_no: int, cells: list[Cell]) -> list[Cell]:
        if self._open and any(cell != "" for cell in cells):
            for column, (value, last) in [*self._open.items()]:
                if row_no > last:
                    del self._open[column]
                elif cells[column] == "":
                    cells[column] = value
        for column, last in self._starts.get(row_no, ()):
            if 0 <= column < len(cells):
                self._open[column] = (cells[column], last)
        return cells


def _is_ready(row: list[Any]) -> bool:
    """Tell whether all cells are texts, without invisible characters, or floats."""
    if not _READY.issuperset(map(type, row)):
        return False
    return "".join([cell for cell in row if cell.__class__ is str]).isprintable()


def _plain(cell: object) -> Cell:
    """Return any cell as text or float."""
    if isinstance(cell, str):
        return without_invisible(cell)
    if isinstance(cell, float):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return float(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else ""
