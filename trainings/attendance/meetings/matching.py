"""Whose seat a name in a meeting means: a ticket's code in it, an address, or the name itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from trainings.attendance.meetings.reading import Line
from trainings.models import AttendanceFileRow, Cohort, Enrolment
from umkm_portal.common import codes

Match = AttendanceFileRow.Match
_SIGN = f"[{codes.ALPHABET}]{{4}}"
_CODE = re.compile(rf"(?=({_SIGN})[\s._-]?({_SIGN}))")
"""At every place, for letters before a code may look like one."""
_NOT_WORD = re.compile(r"[\W\d_]+")
_TITLES = frozenset(
    ("h", "hj", "dr", "drs", "dra", "ir", "se", "sh", "st", "mm", "spd", "skom", "bu", "ibu")
) | {"pak", "bapak", "bpk", "mas", "mbak", "kak"}
_FEWEST = 2
"""Words that a name in part must have to be a guess."""


@dataclass(frozen=True)
class Matched:
    """The seat meant, if any, and how it was found; a match by name is a guess."""

    enrolment_id: int | None
    how: str


class Seats:
    """Everybody who may be meant: the cohort's enrolments, by code, address and name."""

    def __init__(self, cohort: Cohort) -> None:
        self.by_code: dict[str, int] = {}
        self.by_email: dict[str, set[int]] = defaultdict(set)
        self.by_name: dict[frozenset[str], set[int]] = defaultdict(set)
        rows = Enrolment.objects.filter(cohort=cohort).values_list(
            *("pk", "state", "short_code"),
            *("participant__code", "participant__email", "participant__full_name"),
        )
        for pk, state, short_code, code, email, name in rows:
            self.by_code[short_code] = self.by_code[code] = pk
            if state in Enrolment.SEATED:
                self.by_email[email.lower()].add(pk)
                self.by_name[words_of(name)].add(pk)
        self.by_email.pop("", None)
        self.by_name.pop(frozenset(), None)

    def match(self, line: Line) -> Matched:
        for code in _codes_in(line.name):
            if code in self.by_code:
                return Matched(self.by_code[code], Match.CODE)
        if len(found := self.by_email.get(line.email, set())) == 1:
            return Matched(next(iter(found)), Match.EMAIL)
        guess = self._guess(line.name)
        return Matched(guess, Match.NAME) if guess else Matched(None, Match.NOBODY)

    def _guess(self, name: str) -> int | None:
        """The only seat with this name, or with all words of it among its own."""
        plain, _, original = name.partition("(")
        for text in (plain, original):
            words = words_of(text)
            found = self.by_name.get(words, set())
            if len(words) >= _FEWEST and not found:
                found = set().union(*(pks for known, pks in self.by_name.items() if words <= known))
            if len(found) == 1:
                return next(iter(found))
        return None


def words_of(name: str) -> frozenset[str]:
    """The words of a name without titles, signs and digits, in lower case."""
    words = _NOT_WORD.sub(" ", name.lower().replace(".", "")).split()
    return frozenset(word for word in words if word not in _TITLES)


def _codes_in(name: str) -> Iterable[str]:
    for found in _CODE.finditer(name.upper()):
        code = f"{found[1]}{found[2]}"
        if codes.is_valid(code):
            yield code
