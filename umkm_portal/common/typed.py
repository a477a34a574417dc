"""What people type or paste, without the signs that nobody sees."""

from __future__ import annotations

import re

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the order of the letters around them: an address can be
hidden behind another with them. Arabic needs none; emoji are joined by others."""


def text_in(value: str) -> str:
    """Lines as they were meant, ended by a line feed."""
    return _UNSEEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def line_in(value: str, *, most: int) -> str:
    """One line of at most `most` characters: no break can add a header to a mail."""
    return " ".join(text_in(value).split())[:most].rstrip()
