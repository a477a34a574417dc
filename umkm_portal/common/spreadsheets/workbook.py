"""Reading a workbook with calamine: all visible sheets, cells as text or numbers."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import python_calamine

from umkm_portal.common.spreadsheets.precheck import SheetFacts, check_workbook
from umkm_portal.common.spreadsheets.sniff import ENCRYPTED, TRUNCATED, Kind
from umkm_portal.common.spreadsheets.tables import Cell, Limits, SpreadsheetError

_READY = frozenset({str, float})
_NOTHING = SheetFacts()


def open_sheets(
    path: str, kind: Kind, limits: Limits, hidden: list[str]
) -> Iterator[tuple[str, int, Iterator[list[Cell]]]]:
    """Give (name, hidden rows, rows from the first row on) of every visible sheet.

    Names of sheets that are not visible are added to `hidden`.
    """
    facts = {} if kind is Kind.XLS else check_workbook(path, kind, limits)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            for number, sheet in enumerate(workbook.sheets_metadata):
                if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                if sheet.visible != python_calamine.SheetVisibleEnum.Visible:
                    hidden.append(sheet.name)
                    continue
                found = facts.get(sheet.name, _NOTHING)
                yield sheet.name, found.hidden_rows, _rows(workbook, number, found, limits)
    except python_calamine.PasswordError:
        raise SpreadsheetError(ENCRYPTED) from None
    except python_calamine.CalamineError:
        raise SpreadsheetError(TRUNCATED) from None


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
    first_column = sheet.start[1]
    for row_no, row in enumerate(sheet.iter_rows()):
        is_ready = _READY.issuperset(map(type, row)) and not _has_nul(row)
        cells = cast("list[Cell]", row) if is_ready else list(map(_plain, row))
        if row_no in facts.errors:
            for column, name in facts.errors[row_no].items():
                if 0 <= column - first_column < len(cells):
                    cells[column - first_column] = name
        yield cells


def _has_nul(row: list[Any]) -> bool:
    """Tell whether a text holds a NUL, which no database column takes."""
    return any("\0" in cell for cell in row if isinstance(cell, str))


def _plain(cell: object) -> Cell:
    """Return any cell as text or float."""
    if isinstance(cell, str):
        return cell.replace("\0", "")
    if isinstance(cell, float):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return float(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else ""
