"""Finding the header: the row among the first fifteen that knows the most header words."""

from collections.abc import Sequence, Set

from umkm_portal.common.spreadsheets.tables import Cell, normalise_header, text_of

SEARCHED_ROWS = 15


def find_header(rows: Sequence[Sequence[Cell]], words: Set[str]) -> tuple[int, int]:
    """Return (index, score) of the best header row; score 0 means there is none.

    `words` are normalised header texts; the first of equally good rows wins.
    """
    scores = [score_header(row, words) for row in rows[:SEARCHED_ROWS]]
    best = max(scores, default=0)
    return (scores.index(best) if best else 0), best


def score_header(row: Sequence[Cell], words: Set[str]) -> int:
    """Return how many different header words stand in a row, each in a cell of its own."""
    texts = {normalise_header(cell) for cell in row if isinstance(cell, str) and cell}
    return len(texts & words)


def header_texts(row: Sequence[Cell]) -> list[str]:
    """Return the header cells as text on one line each, without the empty ones at the end."""
    texts = [" ".join(text_of(cell).split()) for cell in row]
    while texts and not texts[-1]:
        texts.pop()
    return texts
