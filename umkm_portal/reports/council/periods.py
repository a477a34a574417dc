"""The time that a report is about: a year, or a half, quarter or month of it, in Jakarta's days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from umkm_portal.common.dates import JAKARTA, MONTHS
from umkm_portal.common.numbers import whole_in

FIRST_YEAR, LAST_YEAR = 2010, 2100
PARTS: dict[str, tuple[str, int, int]] = {
    "": ("Setahun penuh", 1, 12),
    **{f"s{n + 1}": (f"Semester {n + 1}", 6 * n + 1, 6 * n + 6) for n in range(2)},
    **{f"tw{n + 1}": (f"Triwulan {n + 1}", 3 * n + 1, 3 * n + 3) for n in range(4)},
    **{str(n): (name, n, n) for n, name in enumerate(MONTHS, 1)},
}
"""Parts of a year by their word in the address: name, first month, last month."""


@dataclass(frozen=True)
class Window:
    """Days from `first` up to, and without, `after`."""

    first: date
    after: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), tzinfo=JAKARTA)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.after, time(), tzinfo=JAKARTA)


@dataclass(frozen=True)
class Period:
    """A year, or the part of it that `part` names, or all years since `since`."""

    year: int
    part: str = ""
    since: int | None = None

    @property
    def window(self) -> Window:
        if self.since is not None:
            return years(self.since, self.year)
        _, first, last = PARTS[self.part]
        after = date(self.year + last // 12, last % 12 + 1, 1)
        return Window(date(self.year, first, 1), after)

    @property
    def name(self) -> str:
        if self.since is not None:
            return f"Tahun {self.since}–{self.year}"
        return f"{PARTS[self.part][0]} {self.year}" if self.part else f"Tahun {self.year}"

    @property
    def query(self) -> str:
        """The part of an address that leads to this period."""
        facts = {"tahun": self.year, "masa": self.part, "sejak": self.since}
        return urlencode({name: value for name, value in facts.items() if value})


def years(first: int, last: int) -> Window:
    """Whole years, the last one included."""
    return Window(date(first, 1, 1), date(last + 1, 1, 1))


def read_period(query: Mapping[str, str], *, today: date) -> Period:
    """The period that an address asks for; this year where it asks for none that exists."""
    year = whole_in(query.get("tahun", ""))
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        year = today.year
    since = whole_in(query.get("sejak", ""))
    if since is not None and FIRST_YEAR <= since < year:
        return Period(year, since=since)
    part = query.get("masa", "")
    return Period(year, part if part in PARTS else "")
