"""Stays in an online meeting: times as the file writes them, and stays joined into minutes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from umkm_portal.common.dates import JAKARTA

_FIGURES = re.compile(
    r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?"
    r"\s*([AaPp])?\.?[Mm]?\.?\s*(Z|[+-]\d{2}:?\d{2})?"
)


class Stay(NamedTuple):
    """From joining to leaving, both aware."""

    begins: datetime
    ends: datetime


def read_moment(text: str, *, day: date, zone: tzinfo = JAKARTA) -> datetime | None:
    """The moment in a cell, or None: ISO, day first, or month first as meetings write it.

    `day` is the session's: of two readings the one that falls on it counts, else month first.
    """
    found = _FIGURES.fullmatch(text.strip())
    if not found:
        return None
    first, second, third = int(found[1]), int(found[2]), int(found[3])
    if len(found[1]) == 4:
        dates = [(first, second, third)]
    else:
        dates = [(third, first, second), (third, second, first)]
    hour = _hour(int(found[4]), (found[7] or "").upper())
    moments = [
        moment
        for parts in dates
        if (moment := _moment(parts, (hour, int(found[5]), int(found[6] or 0)), found[8], zone))
    ]
    fitting = [moment for moment in moments if moment.astimezone(JAKARTA).date() == day]
    return next(iter(fitting or moments), None)


def minutes_of(stays: Iterable[Stay], *, window: Stay) -> int:
    """Whole minutes of the window that the stays cover; what overlaps counts once."""
    total, reached = timedelta(), window.begins
    for stay in sorted(stays):
        begins, ends = max(stay.begins, reached), min(stay.ends, window.ends)
        if ends > begins:
            total += ends - begins
            reached = ends
    return round(total.total_seconds() / 60)


def shifted(stays: Sequence[Stay], *, window: Stay) -> Sequence[Stay]:
    """The stays as they are, or as UTC written down where only that meets the session at all.

    A meeting's times are in the zone of the account that held it.
    """
    as_utc = [
        Stay(stay.begins.replace(tzinfo=UTC), stay.ends.replace(tzinfo=UTC))
        for stay in stays
        if stay.begins.tzinfo is JAKARTA
    ]
    if minutes_of(stays, window=window) or not minutes_of(as_utc, window=window):
        return stays
    return as_utc


def _hour(hour: int, half: str) -> int:
    if half == "P" and hour < 12:
        return hour + 12
    return 0 if half == "A" and hour == 12 else hour


def _moment(
    day: tuple[int, int, int], clock: tuple[int, int, int], offset: str | None, zone: tzinfo
) -> datetime | None:
    try:
        plain = datetime(*day, *clock, tzinfo=zone)
        if not offset:
            return plain
        sign = "+00:00" if offset == "Z" else offset
        return datetime.fromisoformat(f"{plain:%Y-%m-%dT%H:%M:%S}{sign}")
    except ValueError:
        return None
