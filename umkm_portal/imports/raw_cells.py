"""The cells of a row as they were read, kept as one text; and text in which no NIK is left."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from umkm_portal.common.spreadsheets import Cell

_BETWEEN = "\x1f"
"""Stands between cells: the unit separator, which no spreadsheet writes."""
_NIK_LENGTH = 16
_NIK_DIGITS = re.compile(r"(?<!\d)\d{16}(?!\d)")
_dump = json.JSONEncoder(ensure_ascii=False).encode


def mask_niks(text: str) -> str:
    """Return text in which no 16-digit number can be read."""
    if len(text) < _NIK_LENGTH:
        return text
    return _NIK_DIGITS.sub(lambda found: f"{found[0][:4]}••••••••{found[0][-4:]}", text)


def pack_cells(cells: Sequence[Cell]) -> str:
    """Return cells as one text; `unpack_cells` gives them back, numbers as numbers."""
    try:
        text = _BETWEEN.join(cells)  # type: ignore[arg-type]
        if text.count(_BETWEEN) == len(cells) - 1:
            return _BETWEEN + text
    except TypeError:  # a number
        pass
    return _dump(cells)


def unpack_cells(text: str) -> list[Cell]:
    if text.startswith(_BETWEEN):
        return [*text[1:].split(_BETWEEN)]
    return json.loads(text or "[]")
