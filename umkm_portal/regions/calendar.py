"""On which days and hours the dinas may write to people, in Jakarta's time."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from umkm_portal.common.dates import DAYS, JAKARTA
from umkm_portal.regions.models import HolidayOverride

_SUNDAY = 6
_SEARCHED_DAYS = 60
"""Longer than any run of holidays, so that a calendar of nothing but overrides is noticed."""


def is_working_day(day: date) -> bool:
    """Tell whether `day` is neither a Sunday nor a public holiday nor a cuti bersama.

    Staff overrule the calendar by HolidayOverride, in both directions.
    """
    return _is_working(day, _overrides(day, day))


def holiday_name(day: date) -> str:
    """Return what the calendar calls a day off, or '' for other days (Sundays too)."""
    override = HolidayOverride.objects.filter(date=day).first()
    if override:
        return "" if override.is_working else override.name
    return _public_holidays(day.year).get(day, "")


def days_off(first: date, last: date) -> dict[date, str]:
    """Return every day off from `first` to `last`, both included, with its name.

    A Sunday without another name is `Minggu`; asks the overrides once, however long the time.
    """
    overrides = {row.date: row for row in HolidayOverride.objects.filter(date__range=(first, last))}
    found = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day in overrides:
            if not overrides[day].is_working:
                found[day] = overrides[day].name
        elif name := _public_holidays(day.year).get(day, ""):
            found[day] = name
        elif day.weekday() == _SUNDAY:
            found[day] = DAYS[_SUNDAY]
    return found


def next_opening(moment: datetime, *, opens: time = time(8), closes: time = time(20)) -> datetime:
    """Return the first moment from `moment` on that lies in working hours of a working day.

    Hours are WIB, `closes` itself is shut; `moment` is aware, and so is the answer.
    """
    local = moment.astimezone(JAKARTA)
    overrides = _overrides(local.date(), local.date() + timedelta(days=_SEARCHED_DAYS))
    if local.time() < closes and _is_working(local.date(), overrides):
        return moment if local.time() >= opens else _at(local.date(), opens)
    for distance in range(1, _SEARCHED_DAYS + 1):
        day = local.date() + timedelta(days=distance)
        if _is_working(day, overrides):
            return _at(day, opens)
    raise ValueError(f"no working day within {_SEARCHED_DAYS} days of {local.date()}")


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=JAKARTA)


def _is_working(day: date, overrides: Mapping[date, bool]) -> bool:
    if day in overrides:
        return overrides[day]
    return day.weekday() != _SUNDAY and day not in _public_holidays(day.year)


def _overrides(first: date, last: date) -> dict[date, bool]:
    rows = HolidayOverride.objects.filter(date__range=(first, last))
    return dict(rows.values_list("date", "is_working"))


@lru_cache(maxsize=8)
def _public_holidays(year: int) -> Mapping[date, str]:
    """Return public holidays and cuti bersama of a year; dates by the moon are estimates."""
    found = holidays.country_holidays(
        "ID", years=year, categories=("public", "government"), language="id"
    )
    return dict(found.items())
