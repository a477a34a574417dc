"""Work that needs people for itself, and steps back rather than let a circle of waiting form.

Others lock a cohort or a request first and the person after; a merge locks the person first. So it
waits for each lock for a shorter time than PostgreSQL takes to look for a circle (a second): it is
always the merge that gives way, and then tries again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

PATIENCE = 0.5
"""Seconds that one lock is waited for."""
TRIES = 5
_GAVE_WAY = ("55P03", "40P01")
"""SQLSTATE of a lock that did not come free in time, and of a circle."""

Result = TypeVar("Result")


class InUse(Exception):
    """Others hold what the work needs, try after try."""


def alone(work: Callable[[], Result]) -> Result:
    """What `work` returns, done in one transaction of its own; raises InUse after TRIES."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _waiting_briefly(work)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in _GAVE_WAY:
                raise
            if not tries_left:
                raise InUse from error
            time.sleep(PATIENCE / 5)
    raise InUse


def _waiting_briefly(work: Callable[[], Result]) -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        limit = "SELECT set_config('lock_timeout', %s, true)"
        cursor.execute(limit, [f"{PATIENCE * 1000:.0f}ms"])
        result = work()
        cursor.execute(limit, [before])
        return result
