"""Who counts as active in the programme: by the last thing a person did, or by decision."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from django.conf import settings


def active_until_after(day: date) -> date:
    """Return the last day on which an activity on `day` still counts (ACTIVE_MONTHS)."""
    years, month = divmod(day.month - 1 + settings.ACTIVE_MONTHS, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
