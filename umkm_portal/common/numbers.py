"""Whole numbers as browsers send them."""

from __future__ import annotations

MOST_DIGITS = 18
"""What a column of the database holds; Python refuses to read some thousands of digits."""


def whole_in(text: str) -> int | None:
    """The number that a text is, or None when no row can have it."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None
