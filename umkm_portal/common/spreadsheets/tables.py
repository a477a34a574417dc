"""What reading a spreadsheet gives, its limits, and its one kind of refusal."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

Cell = str | float
"""Text, or a number that the file keeps as a number: in a NIK or phone column that is damage.

Dates are text in ISO form, true and false are TRUE and FALSE, an error is its name (#N/A).
"""

Skipped = tuple[str, str]
"""A sheet that was not read, and why: `hidden`, `empty` or `untitled` (no header found)."""

Doubt = tuple[str, str, int]
"""A sheet that may lack something: its name, why (`unended` or `lost`), and the row concerned."""

_NOT_WORD = re.compile(r"[^0-9a-z]+")


class SpreadsheetError(Exception):
    """The file cannot be read; the message is one Indonesian sentence with the repair."""


@dataclass(frozen=True)
class Limits:
    """What one file may cost. The defaults hold the whole register (370,000 people)."""

    file_bytes: int = 150_000_000
    unpacked_bytes: int = 1_000_000_000
    rows: int = 500_000
    columns: int = 200
    cells: int = 10_000_000
    cell_characters: int = 32_767
    memory_bytes: int = 2_000_000_000
    seconds: int = 120


@dataclass
class Sheet:
    """One table: its header and, once only and before the next sheet, its filled rows.

    `rows` gives (row number as the spreadsheet shows it, cells); there are at least as many cells
    as header cells, more only where a row is longer than its header. In a text file that is a row
    whose values stand in wrong columns.
    """

    name: str
    header_row: int
    header: list[str]
    hidden_rows: int
    is_text: bool
    rows: Iterator[tuple[int, list[Cell]]]


def text_of(cell: Cell) -> str:
    """Return a cell as a person reads it: whole numbers without `.0`, no outer spaces."""
    if isinstance(cell, str):
        return cell.strip()
    return f"{cell:.0f}" if cell.is_integer() else repr(cell)


def line_of(cell: Cell) -> str:
    """Return a cell as one line with single spaces, without the ' by which Excel marks a text."""
    text = text_of(cell)
    if text.isprintable() and "  " not in text and text[:1] != "'":  # nearly all
        return text
    return " ".join(text.lstrip("'").split())


def normalise_header(text: str) -> str:
    """Return header text for comparison: lower case words without marks, single spaces."""
    folded = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", plain).strip()


def column_letters(index: int) -> str:
    """Return the letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
