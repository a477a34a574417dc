"""The cells of one sheet, row by row: each by its column, blank ones left out, repeated ones read
once, and what is wrong with them told under the file's own headings.

Runs for each row of 370,000: what a sheet settles for all its rows is worked out beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from umkm_portal.common.spreadsheets import Cell, text_of
from umkm_portal.imports.profiles import Problem

Row = dict[str, Any]
FieldReader = Callable[[Cell, Row], None]
"""Reads a cell, its text without outer spaces, into a row; a ValueError says why it cannot."""
GroupReader = Callable[[Mapping[str, str], Row], None]
"""Reads the texts of several columns together, by their keys."""

BLANK = frozenset(("", "-", "–", "—", "--", "."))
"""Cells that say nothing: what is known is kept."""
CLEAR = "---"
"""The cell that empties what is known."""
_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
_MARKS = BLANK | _ERRORS | {CLEAR}
MOST_KNOWN = 20_000
"""A column whose cells repeat remembers so many different ones."""


class SheetCells:
    """Reads the rows of one sheet with the readers that a kind of list has for its columns.

    `repairs` says by column what may be done about a cell that cannot be read, `other_repair`
    where it has no sentence of its own; `names` how a column is called that the file lacks.
    """

    def __init__(
        self,
        places: Mapping[str, int],
        labels: Mapping[str, str],
        *,
        repairs: Mapping[str, str],
        other_repair: str = "",
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._places, self._labels, self._names = places, labels, names or {}
        self._repairs, self._other_repair = repairs, other_repair
        self._fields: list[tuple[int, str, FieldReader, dict[Cell, Row] | None]] = []
        self._groups: list[_Group] = []
        self._clear: Callable[[str, Row], None] | None = None
        self.problems: list[Problem] = []
        """What is wrong, or was noticed, in the row that is being read."""

    def read_with(
        self,
        readers: Mapping[str, FieldReader],
        *,
        repeating: Set[str] = frozenset(),
        last: str = "",
        clear: Callable[[str, Row], None] | None = None,
    ) -> None:
        """Say what reads a cell of each column; `last` names the one that looks at the others.

        Readers of `repeating` columns depend on the cell alone. `clear` takes the key of a column
        whose cell is `---`; without it such a cell is blank.
        """
        self._clear = clear
        self._fields = [
            (self._places[key], key, readers[key], {} if key in repeating else None)
            for key in sorted(self._places, key=last.__eq__)
            if key in readers
        ]

    def read_group_with(self, keys: Sequence[str], read: GroupReader) -> None:
        """Say what reads several columns together, where the file has any; depends on them alone.

        It comes after all single cells, and not for a row where they are all empty.
        """
        present = {key: self._places[key] for key in keys if key in self._places}
        if present:
            self._groups.append(_Group([*present], [*present.values()], read))

    def read(self, cells: Sequence[Cell]) -> Row:
        """Return what the cells of a row say; `problems` has what is wrong with them."""
        row: Row = {}
        problems = self.problems = []
        for index, key, read, known in self._fields:
            cell = cells[index]
            if cell == "":
                continue
            if known is not None:
                effect = known.get(cell)
                row.update(self._learn(cell, key, read, known) if effect is None else effect)
                continue
            if isinstance(cell, str):
                cell = cell.strip()
                if cell in _MARKS:
                    self._read_mark(cell, key, row)
                    continue
            try:
                read(cell, row)
            except ValueError as error:
                problems.append(self.problem(key, str(error)))
        for group in self._groups:
            self._read_group(group, cells, row)
        return row

    def problem(self, key: str, message: str) -> Problem:
        """A problem that keeps the row back, in the column `key`."""
        repair = self._repairs.get(key, self._other_repair)
        return {"column": self.heading(key), "message": message, "repair": repair}

    def refuse(self, key: str, message: str) -> None:
        self.problems.append(self.problem(key, message))

    def warn(self, key: str, message: str, repair: str) -> None:
        """Tell what was noticed, where the row goes on."""
        self.problems.append(
            {"column": self.heading(key), "message": message, "repair": repair, "warning": True}
        )

    def heading(self, *keys: str) -> str:
        """What the file calls the first of these columns that it has."""
        for key in keys:
            if key in self._labels:
                return self._labels[key]
        return self._names.get(keys[0], keys[0])

    def is_refused(self, *keys: str) -> bool:
        """Whether one of these columns keeps the row back; without keys, any."""
        refused = {problem["column"] for problem in self.problems if "warning" not in problem}
        if not refused or not keys:
            return bool(refused)
        return not refused.isdisjoint(self.heading(key) for key in keys)

    def _learn(self, cell: Cell, key: str, read: FieldReader, known: dict[Cell, Row]) -> Row:
        """Read a cell of a column that repeats itself, and keep what it does to a row."""
        before, effect = len(self.problems), Row()
        bare = cell.strip() if isinstance(cell, str) else cell
        if bare in _MARKS:
            self._read_mark(str(bare), key, effect)
        else:
            try:
                read(bare, effect)
            except ValueError as error:
                self.refuse(key, str(error))
        if len(self.problems) == before and len(known) < MOST_KNOWN:
            known[cell] = effect
        return effect

    def _read_mark(self, cell: str, key: str, row: Row) -> None:
        """A cell that says nothing, empties a field, or is an error of its formula."""
        if cell in _ERRORS:
            self.refuse(key, f"Sel ini berisi kesalahan rumus {cell}.")
        elif cell == CLEAR and self._clear is not None:
            try:
                self._clear(key, row)
            except ValueError as error:
                self.refuse(key, str(error))

    def _read_group(self, group: _Group, cells: Sequence[Cell], row: Row) -> None:
        told = tuple([cells[index] for index in group.places])
        effect = group.known.get(told)
        if effect is None:
            before, effect = len(self.problems), Row()
            texts = [text_of(cell) for cell in told]
            if any(texts):
                group.read(dict(zip(group.keys, texts, strict=True)), effect)
            if len(self.problems) == before and len(group.known) < MOST_KNOWN:
                group.known[told] = effect
        row.update(effect)


class _Group:
    """Columns that are read together, and what combinations of their cells said."""

    def __init__(self, keys: list[str], places: list[int], read: GroupReader) -> None:
        self.keys, self.places, self.read = keys, places, read
        self.known: dict[tuple[Cell, ...], Row] = {}
