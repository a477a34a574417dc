"""Reading the XML tables of Excel 2003 (SpreadsheetML), which many systems send as .xls."""

from collections.abc import Callable, Iterator
from xml.parsers import expat

from umkm_portal.common.spreadsheets.grids import Budget, Grid
from umkm_portal.common.spreadsheets.sizes import refuse_uncounted, too_many_rows
from umkm_portal.common.spreadsheets.sniff import MACRO, TRUNCATED
from umkm_portal.common.spreadsheets.tables import (
    Cell,
    Limits,
    Skipped,
    SpreadsheetError,
    column_letters,
)

_BLOCK = 1 << 16
_EXCEL = "urn:schemas-microsoft-com:office:spreadsheet "
_SHEET, _ROW, _CELL = (_EXCEL + name for name in ("Worksheet", "Row", "Cell"))
_DATA, _COMMENT = (_EXCEL + name for name in ("Data", "Comment"))
_VISIBLE = "urn:schemas-microsoft-com:office:excel Visible"


def open_sheets(
    path: str, limits: Limits, skipped: list[Skipped]
) -> Iterator[tuple[str, int, Iterator[list[Cell]]]]:
    """Give (name, hidden rows, rows from the first row on) of every visible sheet.

    Raises SpreadsheetError for XML that breaks off, or that declares entities.
    """
    for grid in _Workbook(limits).read(path):
        if grid.is_hidden:
            skipped.append((grid.name, "hidden"))
        else:
            yield grid.name, grid.hidden_rows, grid.rows()


class _Workbook:
    """Walks the elements of a workbook of Excel 2003."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._budget = limits, Budget(limits)
        self._grids: list[Grid] = []
        self._grid = Grid("", self._budget)
        self._cell: dict[str, str] = {}
        self._type = ""
        self._text: list[str] | None = None
        self._begins: dict[str, Callable[[dict[str, str]], None]] = {
            _SHEET: self._begin_sheet,
            _ROW: self._begin_row,
            _CELL: self._begin_cell,
            _DATA: self._begin_data,
            _COMMENT: self._begin_comment,
            _VISIBLE: self._begin_text,
        }
        self._is_comment = False

    def read(self, path: str) -> list[Grid]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._hear
        parser.buffer_text = True
        try:
            with open(path, "rb") as file:
                while block := file.read(_BLOCK):
                    parser.Parse(block)
                parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError):
            raise SpreadsheetError(TRUNCATED) from None
        return self._grids

    # --- Elements -----------------------------------------------------------------------------
    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        if name in self._begins:
            self._begins[name]({key.removeprefix(_EXCEL): v for key, v in attributes.items()})
        elif name.endswith(" binData"):
            raise SpreadsheetError(MACRO)

    def _end(self, name: str) -> None:
        if name == _COMMENT:
            self._is_comment = False
        elif name == _CELL:
            self._end_cell()
        elif name == _VISIBLE and self._text is not None:
            self._grid.is_hidden = "".join(self._text).strip() in ("SheetHidden", "SheetVeryHidden")
            self._text = None

    def _hear(self, text: str) -> None:
        if self._text is not None and not self._is_comment:
            self._text.append(text)

    def _begin_sheet(self, attributes: dict[str, str]) -> None:
        self._grid = Grid(attributes.get("Name", f"Lembar {len(self._grids) + 1}"), self._budget)
        self._budget.take(1)
        self._grids.append(self._grid)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = _number(attributes, "Index", 0)
        if number > self._limits.rows:
            raise SpreadsheetError(too_many_rows(self._limits))
        self._grid.begin_row(number - 1 if number else None)
        self._grid.hidden_rows += attributes.get("Hidden") == "1"

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._cell, self._type, self._text = attributes, "", None
        if at := _number(attributes, "Index", 0):
            self._grid.column = at - 1

    def _begin_data(self, attributes: dict[str, str]) -> None:
        if not self._is_comment:
            self._type = attributes.get("Type", "String")
            self._text = []

    def _begin_comment(self, attributes: dict[str, str]) -> None:
        self._is_comment = True

    def _begin_text(self, attributes: dict[str, str]) -> None:
        self._text = []

    def _end_cell(self) -> None:
        grid, text = self._grid, "".join(self._text or [])
        if self._text is None and "Formula" in self._cell:
            refuse_uncounted(grid.name, f"{column_letters(grid.column)}{grid.row_no + 1}")
        across = _number(self._cell, "MergeAcross", 0) + 1
        down = _number(self._cell, "MergeDown", 0) + 1
        grid.add(_value_of(self._type, text), across=across, down=down)
        self._text = None


def _value_of(kind: str, text: str) -> Cell:
    if kind == "Number" and text.strip():
        return float(text)
    if kind == "Boolean":
        return "TRUE" if text.strip() == "1" else "FALSE"
    if kind == "DateTime":
        day, _, clock = text.strip().partition("T")
        return f"{day} {clock.split('.')[0]}" if clock and clock[:8] != "00:00:00" else day
    return text


def _number(attributes: dict[str, str], name: str, otherwise: int) -> int:
    text = attributes.get(name, "")[:9]
    return int(text) if text.isascii() and text.isdigit() else otherwise


def _refuse(*_: object) -> None:
    raise SpreadsheetError(TRUNCATED)
