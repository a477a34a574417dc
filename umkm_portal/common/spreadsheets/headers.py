"""Finding the header: the row among the first fifteen that knows the most header words."""

from collections.abc import Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from umkm_portal.common.spreadsheets.tables import Cell, normalise_header, text_of

SEARCHED_ROWS = 15
LONGEST_HEADING = 120
_LIKELY = 0.5
"""The share of known words that makes a longer heading (`Nama lengkap Bapak/Ibu`) likely."""
_FEWEST_LIKELY = 2


class Header(NamedTuple):
    """Where the header is: its first row, counted from 0, how many rows it has, its texts.

    `score` is 0 where there is none; a known heading counts two, a likely one counts one.
    """

    first: int
    height: int
    texts: list[str]
    score: int


NO_HEADER = Header(0, 1, [], 0)


def find_header(rows: Sequence[Sequence[Cell]], words: Set[str]) -> Header:
    """Return the best header: one row, or two where groups of columns stand above their names.

    `words` are normalised header texts; the first of equally good rows wins, one row before two.
    """
    best = NO_HEADER
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        single = score_header(row, words)
        if single > best.score:
            best = Header(index, 1, header_texts(row), single)
        if index + 1 == len(rows) or not single:
            continue
        joined = _joined(row, rows[index + 1], words)
        score = score_header(joined, words) if joined else 0
        if score > max(best.score, score_header(rows[index + 1], words)):
            best = Header(index, 2, header_texts(joined), score)
    return best


def score_header(row: Sequence[Cell], words: Set[str]) -> int:
    """Return how well a row is understood, each heading once; 0 where it is no header."""
    texts = {normalise_header(cell) for cell in row if isinstance(cell, str) and cell}
    texts.discard("")
    known = texts & words
    index = _by_first_word(frozenset(words))
    likely = sum(_is_likely(text, index) for text in texts - known)
    return 2 * len(known) + likely if known or likely >= _FEWEST_LIKELY else 0


def header_texts(row: Sequence[Cell]) -> list[str]:
    """Return the header cells as text on one line each, without the empty ones at the end."""
    texts = [" ".join(text_of(cell).split())[:LONGEST_HEADING] for cell in row]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _joined(upper: Sequence[Cell], lower: Sequence[Cell], words: Set[str]) -> list[Cell]:
    """Return two rows read as one header, or [] where the lower one is data.

    Below a known heading (a cell merged over both rows) a second header row is empty; a row of
    data is not.
    """
    width = max(len(upper), len(lower))
    above = [*upper, *[""] * (width - len(upper))]
    below = [*lower, *[""] * (width - len(lower))]
    texts: list[Cell] = []
    for top, bottom in zip(above, below, strict=True):
        if not (isinstance(top, str) and isinstance(bottom, str)):
            return []
        is_known = normalise_header(top) in words
        if is_known and bottom.strip():
            return []
        is_name = is_known or normalise_header(bottom) in words
        texts.append((top if is_known else bottom) if is_name else f"{top} {bottom}".strip())
    return texts


def _is_likely(text: str, index: dict[str, list[frozenset[str]]]) -> bool:
    """Tell whether at least half of the words of a heading are all words of a known one."""
    parts = frozenset(text.split())
    return any(
        alias <= parts and len(alias) >= _LIKELY * len(parts)
        for part in parts
        for alias in index.get(part, ())
    )


@lru_cache(maxsize=4)
def _by_first_word(words: frozenset[str]) -> dict[str, list[frozenset[str]]]:
    found: dict[str, list[frozenset[str]]] = {}
    for word in words:
        parts = word.split()
        if parts:
            found.setdefault(parts[0], []).append(frozenset(parts))
    return found
