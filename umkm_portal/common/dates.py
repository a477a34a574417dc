"""Dates as Indonesians write them, and moments as the portal shows them (always WIB)."""

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

JAKARTA = ZoneInfo("Asia/Jakarta")
EARLIEST, LATEST = 1900, 2100
"""Years that a date of ours can have."""
LONGEST_TEXT = 60
EXAMPLE = "25/03/2026"

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
_MONTH_NUMBERS = {
    **{name.lower(): number for number, name in enumerate(MONTHS, 1)},
    **{name[:3].lower(): number for number, name in enumerate(MONTHS, 1)},
    "agt": 8,
    "agst": 8,
    "ags": 8,
    "sept": 9,
    "nop": 11,
    "nopember": 11,
    "pebruari": 2,
    "peb": 2,
    **{"january": 1, "february": 2, "march": 3, "may": 5, "june": 6, "july": 7, "august": 8},
    **{"aug": 8, "october": 10, "oct": 10, "december": 12, "dec": 12},
}
_FIGURES = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_TIME_TAIL = re.compile(r"(?<=[0-9]{4})\s+[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?$")
_ISO = re.compile(
    r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[ T][0-9:.]+(?:Z|[+-][0-9:]+)?)?", re.I
)
_WORDS = re.compile(r"(?:[a-z']+,?\s+)?([0-9]{1,2})[\s/.-]*([a-z]+)\.?[\s/.-]*([0-9]{4})")
_MONTH_FIRST = re.compile(
    r"(?:[a-z']+,?\s+)?([a-z]+)\.?\s*([0-9]{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+)([0-9]{4})"
)
_SHORT_YEAR = re.compile(r"[0-9]{1,2}(?:[/.-][0-9]{1,2}[/.-]|[\s/.-]*[a-z]+[\s/.-]*)'?[0-9]{2}")


class DateError(ValueError):
    """The text is no date; the message is an Indonesian sentence with the repair."""


def parse_date(text: str | date) -> date:
    """Return the date in `text`: day first, year first, or with the name of the month.

    A date passes; an aware datetime gives its day in Jakarta. Raises DateError for two-digit
    years, month-first order and everything that is not exactly one date.
    """
    if isinstance(text, datetime):
        return _within(text.astimezone(JAKARTA).date() if text.tzinfo else text.date())
    if isinstance(text, date):
        return _within(text)
    figures = _FIGURES.fullmatch(text)
    if figures:
        return _make(int(figures[4]), int(figures[3]), int(figures[1]), text)
    return _parse_words(text)


def format_date(day: date) -> str:
    """Return `Selasa 1 Desember 2026`; an aware datetime is taken in Jakarta."""
    if isinstance(day, datetime) and day.tzinfo:
        day = day.astimezone(JAKARTA)
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def format_moment(moment: datetime) -> str:
    """Return `Selasa 1 Desember 2026, 09.00 WIB` for an aware datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    local = moment.astimezone(JAKARTA)
    return f"{format_date(local)}, {local:%H.%M} WIB"


def _parse_words(text: str) -> date:
    shown = unicodedata.normalize("NFKC", text).strip()
    if len(shown) > LONGEST_TEXT:
        raise DateError(f"Isian tanggal terlalu panjang. Tulis misalnya {EXAMPLE}.")
    bare = _TIME_TAIL.sub("", shown.lower().lstrip("'"))
    if not bare:
        raise DateError(f"Tanggal kosong. Tulis misalnya {EXAMPLE}.")
    iso = _ISO.fullmatch(bare)
    if iso:
        return _make(int(iso[1]), int(iso[3]), int(iso[4]), shown)
    figures = _FIGURES.fullmatch(bare)
    if figures:
        return _make(int(figures[4]), int(figures[3]), int(figures[1]), shown)
    if words := _WORDS.fullmatch(bare):
        return _make(int(words[3]), _month_of(words[2]), int(words[1]), shown)
    if words := _MONTH_FIRST.fullmatch(bare):
        return _make(int(words[3]), _month_of(words[1]), int(words[2]), shown)
    if _SHORT_YEAR.fullmatch(bare):
        raise DateError(f"Tahun pada “{shown}” hanya dua angka. Tulis tahunnya empat angka.")
    raise DateError(
        f"Tanggal “{shown}” tidak terbaca. Tulis misalnya {EXAMPLE} atau 25 Maret 2026."
    )


def _month_of(name: str) -> int:
    month = _MONTH_NUMBERS.get(name)
    if month is None:
        raise DateError(f"Bulan “{name}” tidak dikenal. Tulis misalnya 25 Maret 2026.")
    return month


def _make(year: int, month: int, day: int, shown: str) -> date:
    if month > 12 >= day:
        raise DateError(
            f"Bulan pada “{shown}” lebih dari 12. Tulis hari dulu, baru bulan, misalnya {EXAMPLE}."
        )
    try:
        return _within(date(year, month, day))
    except ValueError as problem:
        if isinstance(problem, DateError):
            raise
        raise DateError(
            f"Tanggal “{shown}” tidak ada di kalender. Periksa lalu ketik ulang."
        ) from None


def _within(day: date) -> date:
    if not EARLIEST <= day.year <= LATEST:
        raise DateError(f"Tahun {day.year} keliru. Tulis tahun antara {EARLIEST} dan {LATEST}.")
    return day
