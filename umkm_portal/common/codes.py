"""Short codes that people read aloud, copy by hand and type: JKP-7F3K-29XM.

Letters and digits that look or sound alike are left out, and so are vowels (no words appear).
The last character is a check: any one wrong character and any two swapped ones are found.
"""

import secrets
from collections.abc import Iterable
from operator import mul

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
PREFIX = "JKP"
_GROUP = 4
_BASE = len(ALPHABET)
_MODULUS = 29
"""The prime above the base: distinct weights below it catch every swap. See `_check`."""
_WEIGHTS = range(2, _MODULUS)
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_REJECTED = 255
_VALUE_OF_BYTE = bytes(
    byte % _BASE if byte < 256 // _BASE * _BASE else _REJECTED for byte in range(256)
)
"""Spreads random bytes evenly over the alphabet; the few that would tilt it are drawn again."""
_CHARACTER_OF_VALUE = ALPHABET.encode().ljust(256, b"?")
_SEPARATORS = str.maketrans("", "", " -._\u00a0\u2010\u2011\u2013\u2014\t\r\n")


def new_code(length: int = 8) -> str:
    """Return a random code of 4 to 28 characters, the last one a check character.

    Eight characters hold 13 thousand million codes: among 370,000 about five repeat, so the
    column that keeps them is unique and its writer draws again.
    """
    while True:
        values = secrets.token_bytes(length - 1).translate(_VALUE_OF_BYTE)
        if _REJECTED in values:
            continue
        check = _check(values)
        code = (values + bytes((check,))).translate(_CHARACTER_OF_VALUE).decode()
        if check < _BASE and not code.startswith(PREFIX):
            return code


def is_valid(code: str) -> bool:
    """Tell whether a normalised code has only known characters and the right check."""
    try:
        *body, check = [_VALUES[character] for character in code]
    except (KeyError, ValueError):
        return False
    return bool(body) and _check(body) == check


def normalise(text: str) -> str:
    """Return typed text as a code is stored: capitals, no separators, no prefix."""
    return text.upper().translate(_SEPARATORS).removeprefix(PREFIX)


def display(code: str) -> str:
    """Return the code as it is shown: prefixed, in groups of four."""
    groups = [code[start : start + _GROUP] for start in range(0, len(code), _GROUP)]
    return "-".join([PREFIX, *groups])


def _check(body: Iterable[int]) -> int:
    """Return the check value: the weighted sum of the whole code is 0 modulo 29."""
    return -sum(map(mul, _WEIGHTS, body)) % _MODULUS
