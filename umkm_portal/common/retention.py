"""What the portal does not keep for ever: each app registers what goes, when it starts.

The command `purge` and the nightly task do all of it; a dry run tells what would go.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Count, Min, QuerySet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stock:
    """How much is old enough to go, and since when the oldest of it is here."""

    count: int
    oldest: datetime | None = None


@dataclass(frozen=True)
class RetentionJob:
    """One class of things that go by age.

    `find` tells what `run` would take now. `run` goes in chunks, each a transaction of its own, so
    that it can be killed at any time, and returns how many it took: nothing the second time.
    """

    name: str
    label: str
    find: Callable[[datetime], Stock]
    run: Callable[[datetime], int]


@dataclass(frozen=True)
class Purged:
    """What became of one class; `removed` is 0 in a dry run, `error` tells why it stopped."""

    name: str
    label: str
    count: int
    oldest: datetime | None
    removed: int
    error: str


_jobs: dict[str, RetentionJob] = {}


def register(job: RetentionJob) -> None:
    """Have a class of things go by age; called from `AppConfig.ready`."""
    _jobs[job.name] = job


def all_jobs() -> list[RetentionJob]:
    return list(_jobs.values())


def purge(*, now: datetime, is_dry: bool = False) -> list[Purged]:
    """Remove what is too old, class by class; one that fails does not keep the others from it."""
    return [_purge_one(job, now=now, is_dry=is_dry) for job in all_jobs()]


def stock_of(rows: QuerySet[models.Model], since: str) -> Stock:
    """Return how many rows there are and the earliest of their times `since`; one query."""
    found = rows.order_by().aggregate(count=Count("pk"), oldest=Min(since))
    return Stock(found["count"], found["oldest"])


def in_chunks(take: Callable[[int], int], *, size: int) -> int:
    """Call `take(size)` until it takes nothing; return how many it took in all."""
    taken = 0
    while count := take(size):
        taken += count
    return taken


def oldest_of(moments: Iterable[datetime]) -> Stock:
    known = list(moments)
    return Stock(len(known), min(known, default=None))


def _purge_one(job: RetentionJob, *, now: datetime, is_dry: bool) -> Purged:
    stock, removed, error = Stock(0), 0, ""
    try:
        stock = job.find(now)
        removed = 0 if is_dry else job.run(now)
    except Exception as problem:
        logger.exception("retention of %s stopped", job.name)
        error = f"{type(problem).__name__}: {problem}"
    return Purged(job.name, job.label, stock.count, stock.oldest, removed, error)
