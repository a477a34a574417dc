"""Working on a file: one process at a time, and what a dead one left is taken up by the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F
from django.utils import timezone

from umkm_portal.imports.models import ImportFile


class LeaseLost(Exception):
    """Another process has taken the file over; nothing more may be written for it."""


def claim(pk: int, *, states: Iterable[str], now: datetime) -> ImportFile | None:
    """Take a file that waits in one of `states`, or None if it does not or another works on it.

    `attempt` is the fencing token: every later write of this process asks for it. `failures`
    counts the calls in a row that ended without giving the file back.
    """
    won = (
        ImportFile.objects.filter(pk=pk, state__in=[*states])
        .free(now=now)
        .update(
            attempt=F("attempt") + 1,
            failures=F("failures") + 1,
            lease_until=now + ImportFile.LEASE,
        )
    )
    return ImportFile.objects.get(pk=pk) if won else None


def update_claimed(file: ImportFile, *, now: datetime, **facts: object) -> None:
    """Write facts of a claimed file and prolong its lease; raise LeaseLost if it is gone.

    In a transaction this row is locked until the end, so whatever follows is ours alone.
    """
    facts.setdefault("lease_until", now + ImportFile.LEASE)
    if not ImportFile.objects.filter(pk=file.pk, attempt=file.attempt).update(**facts):
        raise LeaseLost(f"{file} is worked on by another process")
    for name, value in facts.items():
        setattr(file, name, value)


@contextmanager
def slice_transaction() -> Iterator[CursorWrapper]:
    """One slice of a file in a transaction of its own, which does not wait for the disk.

    What a slice wrote and how far the file is are committed together, so a crash that loses the
    last slices loses both, and they are done again. Only what the last step of a file says is
    waited for (`release`), and with it all that came before.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        yield cursor


@contextmanager
def held(file: ImportFile) -> Iterator[None]:
    """Work on a claimed file; an exception gives it back at once instead of after the lease.

    The failure stays counted, so that a file which always breaks is not tried for ever.
    """
    try:
        yield
    except BaseException:
        ImportFile.objects.filter(pk=file.pk, attempt=file.attempt).update(lease_until=None)
        raise


def release(file: ImportFile, **facts: object) -> None:
    """Give a claimed file back: what had to be done in this call is done."""
    update_claimed(file, now=timezone.now(), lease_until=None, failures=0, **facts)
