"""Stacked bars drawn from counts: the numbers stand beside them, so a bar may be skipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Part(NamedTuple):
    """One piece of a bar; `start` and `width` are ready for SVG (`12.50%`)."""

    tone: str
    label: str
    count: int  # type: ignore[assignment]  # tuple.count is not needed here
    start: str
    width: str


class Bar(NamedTuple):
    total: int
    parts: list[Part]
    label: str


def draw(counts: Iterable[tuple[str, str, int]], *, total: int | None = None) -> Bar:
    """A bar of (tone, label, count) in order; `total` below the sum of counts is raised to it."""
    pieces = [piece for piece in counts if piece[2] > 0]
    whole = max(sum(count for _, _, count in pieces), total or 0)
    parts, reached = [], 0
    for tone, label, count in pieces:
        parts.append(Part(tone, label, count, _percent(reached, whole), _percent(count, whole)))
        reached += count
    spoken = ", ".join(f"{label} {_words(count)}" for _, label, count in pieces) or "belum ada"
    return Bar(whole, parts, f"{spoken} dari {_words(whole)}")


def _words(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "0%"
