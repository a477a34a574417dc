"""What every PDF of the portal is drawn with: the identity's font, its colours, QR codes, fitting.

Lengths are points (1/72 inch), measured from the lower left corner as PDF does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from umkm_portal.common import qr

REGULAR, BOLD = "Jakarta", "Jakarta-Bold"
INK, MUTED, GREEN, LINE = map(HexColor, ("#15211b", "#46534c", "#0f6548", "#6d7a73"))
_FONTS = Path(__file__).parent / "fonts"
_FILES = {REGULAR: "PlusJakartaSans-Regular.ttf", BOLD: "PlusJakartaSans-Bold.ttf"}
_QUIET = 2
"""Modules left white around a QR code."""


class Column(NamedTuple):
    """One column of a table: its title, and where it begins."""

    title: str
    at: float


def open_canvas(
    target: str | Path | IO[bytes], *, title: str, size: tuple[float, float] = A4
) -> Canvas:
    """Return an empty canvas; the same drawing gives the same bytes. Close it with `save()`."""
    _font(REGULAR), _font(BOLD)
    file = str(target) if isinstance(target, Path) else target
    canvas = Canvas(file, pagesize=size, pageCompression=1, invariant=1, lang="id")
    canvas.setTitle(title)
    return canvas


def write(
    canvas: Canvas,
    text: str,
    at: tuple[float, float],
    *,
    size: float,
    font: str = REGULAR,
    align: str = "left",
    within: float | None = None,
) -> None:
    """Draw one line at its base line; where it is wider than `within` points it gets smaller.

    `align` is left, centre or right of the point. Signs that the font lacks are drawn without
    their accents, or as a question mark.
    """
    shown = printable(text, font=font)
    if within and (width := canvas.stringWidth(shown, font, size)) > within:
        size *= within / width
    canvas.setFont(font, size)
    draw = {"left": canvas.drawString, "centre": canvas.drawCentredString}
    draw.get(align, canvas.drawRightString)(*at, shown)


def lines_of(text: str, *, size: float, width: float, font: str = REGULAR) -> list[str]:
    """Break a text into lines of at most `width` points; a longer word stands alone."""
    lines: list[str] = []
    for word in printable(text, font=font).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pdfmetrics.stringWidth(longer, font, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_grid(
    canvas: Canvas,
    columns: Sequence[Column],
    *,
    top: float,
    right: float,
    row: float,
    rows: int,
) -> None:
    """Draw the titles and lines of a table of `rows` rows, each `row` points high, below `top`."""
    canvas.setFillColor(INK)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    for column in columns:
        write(canvas, column.title, (column.at + 4, top + 8), size=9, font=BOLD)
    for number in range(rows + 1):
        canvas.line(columns[0].at, top - number * row, right, top - number * row)
    for column in columns[1:]:
        canvas.line(column.at, top, column.at, top - rows * row)


def draw_qr(canvas: Canvas, url: str, at: tuple[float, float], *, side: float) -> None:
    """Draw a QR code of `side` points, its quiet zone included, as one filled path."""
    modules = qr.drawn(url).matrix
    unit = side / (len(modules) + 2 * _QUIET)
    path, (left, bottom) = canvas.beginPath(), at
    for row, line in enumerate(reversed(modules)):
        for first, length in _runs(line):
            x, y = left + (first + _QUIET) * unit, bottom + (row + _QUIET) * unit
            path.rect(x, y, length * unit, unit)
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)


def printable(text: str, *, font: str = REGULAR) -> str:
    """The text with nothing that the font cannot draw."""
    known = _font(font).face.charToGlyph
    return "".join(
        sign if ord(sign) in known else _plain(sign, known)
        for sign in unicodedata.normalize("NFC", text)
        if sign.isprintable()
    )


def _plain(sign: str, known: dict[int, int]) -> str:
    base = unicodedata.normalize("NFKD", sign)[0]
    return base if ord(base) in known else "?"


def _runs(line: Iterable[int]) -> Iterable[tuple[int, int]]:
    """(first, length) of each run of dark modules of a line."""
    first = None
    for place, is_dark in enumerate([*line, 0]):
        if is_dark and first is None:
            first = place
        elif not is_dark and first is not None:
            yield first, place - first
            first = None


@cache
def _font(name: str) -> TTFont:
    font = TTFont(name, _FONTS / _FILES[name])
    pdfmetrics.registerFont(font)
    return font
