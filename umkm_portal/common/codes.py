"""Short codes that people read aloud, copy by hand and type: JKP-7F3K-29XM.

Letters and digits that look or sound alike are left out, and so are vowels (no words appear).
The last character is a check: any one wrong character and any two swapped ones are found.
"""

import secrets

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
PREFIX = "JKP"
_GROUP = 4
_BASE = len(ALPHABET)
_MODULUS = 29
"""The prime above the base: distinct weights below it catch every swap. See `_check`."""
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_SEPARATORS = str.maketrans("", "", " -._\u00a0\u2010\u2011\u2013\u2014\t\r\n")


def new_code(length: int = 8) -> str:
    """Return a random code of `length` characters, the last one a check character.

    Eight characters hold 13 thousand million codes: among 370,000 a few repeat, so the column
    that keeps them is unique and its writer draws again.
    """
    while True:
        number = secrets.randbelow(_BASE ** (length - 1))
        body = ""
        for _ in range(length - 1):
            number, digit = divmod(number, _BASE)
            body += ALPHABET[digit]
        check = _check(body)
        if check < _BASE and not body.startswith(PREFIX):
            return body + ALPHABET[check]


def is_valid(code: str) -> bool:
    """Tell whether a normalised code has only known characters and the right check."""
    if len(code) < 2 or any(character not in _VALUES for character in code):
        return False
    return _check(code[:-1]) == _VALUES[code[-1]]


def normalise(text: str) -> str:
    """Return typed text as a code is stored: capitals, no separators, no prefix."""
    return text.upper().translate(_SEPARATORS).removeprefix(PREFIX)


def display(code: str) -> str:
    """Return the code as it is shown: prefixed, in groups of four."""
    groups = [code[start : start + _GROUP] for start in range(0, len(code), _GROUP)]
    return "-".join([PREFIX, *groups])


def _check(body: str) -> int:
    """Return the check value: the weighted sum of the whole code is 0 modulo 29."""
    return -sum(weight * _VALUES[c] for weight, c in enumerate(body, 2)) % _MODULUS
