"""`{nama}`-style placeholders of wordings."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


def names_in(text: str) -> set[str]:
    """Names of all placeholders of a text."""
    return set(PLACEHOLDER.findall(text))


def one_line(value: object) -> str:
    """A value as it may stand in a message: no line break, no control character."""
    text = str(value)
    return text if text.isprintable() else _BREAKS.sub(" ", text).strip()


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace each placeholder once; one without a value becomes empty."""
    return PLACEHOLDER.sub(lambda match: one_line(values.get(match[1], "")), text)
