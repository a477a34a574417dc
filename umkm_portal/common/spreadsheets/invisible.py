"""Characters that nobody sees: they would make one name two, or turn it around on the screen."""

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
"""Controls but tab and line ends, zero width, direction marks, soft hyphens, tags."""
CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])


def without_invisible(text: str) -> str:
    """Return text as it looks: what has no width, and what turns the direction, is taken out."""
    return text if text.isprintable() else _INVISIBLE.sub("", text)
