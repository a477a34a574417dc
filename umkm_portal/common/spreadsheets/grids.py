"""Tables that come out of markup: rows with gaps, spans and bounds, gathered before they are told.

Markup says only at its end whether a sheet is hidden, so a sheet is kept until it is whole.
"""

from collections.abc import Iterator

from umkm_portal.common.spreadsheets.invisible import without_invisible
from umkm_portal.common.spreadsheets.sizes import refuse_outside
from umkm_portal.common.spreadsheets.tables import Cell, Limits, SpreadsheetError

MOST_CELLS = 5_000_000
"""Markup is for reports; the whole register comes as XLSX or CSV."""


class Budget:
    """How many cells all sheets of one file hold, so that a bomb is refused while it is read."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = min(MOST_CELLS, limits.cells)

    def take(self, cells: int) -> None:
        self._left -= cells
        if self._left < 0:
            raise SpreadsheetError(
                "Tabel ini terlalu besar untuk dibaca. Bagi menjadi beberapa berkas, atau simpan "
                "sebagai CSV."
            )


class Grid:
    """One sheet: filled rows by number, counted from 0."""

    def __init__(self, name: str, budget: Budget) -> None:
        self.name, self.hidden_rows, self.is_hidden = name, 0, False
        self.row_no = self.column = -1
        self._budget = budget
        self._rows: dict[int, dict[int, Cell]] = {}
        self._down: dict[int, tuple[Cell, int]] = {}
        """Cells that reach down: by column their value and how many rows are left."""
        self._reached: set[int] = set()

    def begin_row(self, number: int | None = None) -> None:
        """Go to the next row, or to a later one."""
        steps = 1 if number is None else max(number - self.row_no, 1)
        self.row_no += steps
        self._reached = set()
        for column, (value, left) in [*self._down.items()]:
            if left < steps:
                del self._down[column]
                continue
            self._down[column] = value, left - steps
            self._reached.add(column)
            self._put(column, value)
        self.column = self._next_free(0)

    def add(self, value: Cell, *, across: int = 1, down: int = 1, at: int | None = None) -> None:
        """Put a value where the row has got to; spans are numbers of columns and rows."""
        if self.row_no < 0:
            self.begin_row()
        limits = self._budget.limits
        column = self.column if at is None else at
        across = min(max(across, 1), limits.columns)
        if isinstance(value, str):
            value = self._plain(value)
        self._put(column, value)
        if down > 1:
            for spanned in range(column, min(column + across, limits.columns)):
                self._down[spanned] = (value if spanned == column else "", down - 1)
        self.column = self._next_free(column + across)

    def rows(self) -> Iterator[list[Cell]]:
        """Give all rows from the first one on, those without cells as []."""
        for number in range(max(self._rows, default=-1) + 1):
            cells = self._rows.get(number)
            if not cells:
                yield []
                continue
            yield [cells.get(column, "") for column in range(max(cells) + 1)]

    def is_filled(self) -> bool:
        return bool(self._rows)

    def _next_free(self, column: int) -> int:
        while column in self._reached:
            column += 1
        return column

    def _put(self, column: int, value: Cell) -> None:
        if value == "":
            return
        refuse_outside(self.name, self.row_no + 1, column + 1, self._budget.limits)
        self._budget.take(1)
        self._rows.setdefault(self.row_no, {})[column] = value

    def _plain(self, text: str) -> str:
        most = self._budget.limits.cell_characters
        if len(text) > most:
            shown = f"{most:,}".replace(",", ".")
            raise SpreadsheetError(
                f"Baris {self.row_no + 1} berisi sel lebih dari {shown} huruf. Singkatkan isinya, "
                "lalu unggah lagi."
            )
        return without_invisible(text.strip())
