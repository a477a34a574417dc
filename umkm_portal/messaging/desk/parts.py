"""How many parts of an SMS a text is: that many are paid for."""

from __future__ import annotations

import math

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€\f")
"""Signs of the extension table (3GPP TS 23.038): they take the room of two."""
_ONE, _JOINED = 160, 153
_ONE_WIDE, _JOINED_WIDE = 70, 67


def is_plain(text: str) -> bool:
    """Whether every sign is in the small alphabet of SMS; one other sign halves the room."""
    return all(sign in _GSM or sign in _GSM_DOUBLE for sign in text)


def count_parts(text: str) -> int:
    """Parts of one SMS with this text; 0 for none."""
    if not text:
        return 0
    if is_plain(text):
        length = len(text) + sum(sign in _GSM_DOUBLE for sign in text)
        return 1 if length <= _ONE else math.ceil(length / _JOINED)
    length = len(text.encode("utf-16-be")) // 2
    return 1 if length <= _ONE_WIDE else math.ceil(length / _JOINED_WIDE)
