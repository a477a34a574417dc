"""Which column of a file is which of ours: known headings, learned ones, and guesses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from umkm_portal.common.spreadsheets import normalise_header
from umkm_portal.imports.models import ColumnMapping, ImportFile
from umkm_portal.imports.profiles import Profile

IGNORED = ""
"""Stands in a mapping for a column that is not read."""


NUMBERED = "Kolom {}"
"""Heads a column without a heading of its own."""


_REPEATED = re.compile(r"(.+) \(\d+\)")


class Match(NamedTuple):
    """The column key of each heading, and the headings where that is a guess."""

    mapping: dict[str, str]
    guesses: list[str]


def unique_headings(header: Sequence[str]) -> list[str]:
    """Return headings that tell columns apart: the second `Nama` becomes `Nama (2)`."""
    seen: dict[str, int] = {}
    headings = []
    for number, text in enumerate(header, 1):
        heading = text or NUMBERED.format(number)
        seen[heading] = seen.get(heading, 0) + 1
        headings.append(heading if seen[heading] == 1 else f"{heading} ({seen[heading]})")
    return headings


def repeated_headings(headings: Sequence[str]) -> list[str]:
    """Return headings that were made different by a number: `Nama (2)`."""
    found = [(heading, _REPEATED.fullmatch(heading)) for heading in headings]
    return [heading for heading, match in found if match and match[1] in headings]


def match_columns(
    profile: Profile, headings: Sequence[str], learned: Mapping[str, str] | None = None
) -> Match:
    """Match headings: by what was learned, then by known headings, then by a likely guess.

    Every column of ours is given once only, the surest heading first.
    """
    mapping: dict[str, str] = {}
    guesses: list[str] = []
    for heading, key in (learned or {}).items():
        if heading in headings and (key in profile.by_key or key == IGNORED):
            _give(mapping, heading, key)
    known = {
        normalise_header(word): column.key
        for column in profile.columns
        for word in (*column.aliases, column.label)
    }
    for heading in headings:
        key = known.get(normalise_header(heading), IGNORED)
        if heading not in mapping and key:
            _give(mapping, heading, key)
    for heading in headings:
        if heading in mapping:
            continue
        key = _guess(normalise_header(heading), known)
        if key and _give(mapping, heading, key):
            guesses.append(heading)
    return Match(mapping, guesses)


def learned_mapping(file: ImportFile) -> dict[str, str]:
    """What the organisation's last accepted file of this kind taught, or nothing."""
    found = ColumnMapping.objects.filter(profile=file.profile, organisation=file.organisation)
    return found.values_list("mapping", flat=True).first() or {}


def remember_mapping(file: ImportFile) -> None:
    """Keep the mapping of an accepted file for the organisation's next one."""
    ColumnMapping.objects.update_or_create(
        profile=file.profile,
        organisation=file.organisation,
        defaults={"mapping": file.mapping},
    )


def places_of(mapping: Mapping[str, str], headings: Sequence[str]) -> dict[str, int]:
    """Return where in a row each column key stands."""
    return {mapping[h]: index for index, h in enumerate(headings) if mapping.get(h)}


def _give(mapping: dict[str, str], heading: str, key: str) -> bool:
    if key != IGNORED and key in mapping.values():
        return False
    mapping[heading] = key
    return True


def _guess(heading: str, known: Mapping[str, str]) -> str:
    """Return the column whose known heading shares most words with `heading`, or ''."""
    words = set(heading.split())
    best, best_score = "", 0.0
    for text, key in known.items():
        alias = set(text.split())
        shared = len(words & alias)
        if shared != len(alias):
            continue
        score = shared / len(words)
        if score > best_score:
            best, best_score = key, score
    return best if best_score >= 0.5 else ""
