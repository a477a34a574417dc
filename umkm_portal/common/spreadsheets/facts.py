"""What the parser does not tell of a sheet, found by looks of our own into the file."""

from dataclasses import dataclass, field


@dataclass
class SheetFacts:
    """Rows and columns are counted from 0; `merged` has (column, first row, last row).

    `errors` gives the names of error cells by row and column. `lost_row` is the first row, counted
    from 1, of which the file says that it is filled although it is not; 0 when there is none.
    """

    hidden_rows: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    error_cells: int = 0
    lost_row: int = 0

    def note_error(self, row: int, column: int, name: str) -> None:
        self.error_cells += 1
        self.errors.setdefault(row, {})[column] = name
