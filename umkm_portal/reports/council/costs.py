"""What cohorts cost, in whole rupiah: their own budget lines and a share of their programme's.

The programme's own lines are shared among all its cohorts that take place, by seats. Money of a
cancelled cohort counts as far as it is promised or paid. A city bears of each cohort the part that
its people were of those who came; what nobody came for is borne by no city.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import connection

from trainings.models import Cohort
from umkm_portal.reports.council import places
from umkm_portal.reports.council.periods import Window

NOBODY_CAME = -2
"""Key of the line of cities for money that cannot be divided among them."""
CameFrom = Mapping[int, Mapping[int, int]]

_HELD = """
SELECT c.id, c.code, t.title, c.number, c.state, c.starts_at, COALESCE(t.programme_id, 0),
    t.topic_id, t.organiser_id,
    (SELECT count(*) FROM trainings_session s WHERE s.cohort_id = c.id AND s.cancelled_at IS NULL),
    COALESCE(own.planned, 0)::bigint, COALESCE(own.committed, 0)::bigint,
    COALESCE(own.spent, 0)::bigint, c.seats,
    COALESCE(whole.seats, 0)::bigint, COALESCE(common.planned, 0)::bigint,
    COALESCE(common.committed, 0)::bigint, COALESCE(common.spent, 0)::bigint
FROM trainings_cohort c
JOIN trainings_training t ON t.id = c.training_id
LEFT JOIN (
    SELECT cohort_id, sum(planned) AS planned, sum(committed) AS committed, sum(spent) AS spent
    FROM trainings_budgetline GROUP BY cohort_id
) AS own ON own.cohort_id = c.id
LEFT JOIN (
    SELECT programme_id, sum(planned) AS planned, sum(committed) AS committed, sum(spent) AS spent
    FROM trainings_budgetline GROUP BY programme_id
) AS common ON common.programme_id = t.programme_id
LEFT JOIN (
    SELECT other.programme_id, sum(o.seats) AS seats
    FROM trainings_cohort o JOIN trainings_training other ON other.id = o.training_id
    WHERE o.state <> ALL(%(uncounted)s) AND o.starts_at IS NOT NULL GROUP BY other.programme_id
) AS whole ON whole.programme_id = t.programme_id
WHERE c.state <> %(draft)s AND c.starts_at >= %(start)s AND c.starts_at < %(end)s
ORDER BY c.id
"""


@dataclass(frozen=True)
class Cost:
    """Rupiah as exact fractions; `begun_*` of cohorts that have begun or were cancelled."""

    planned: Fraction = Fraction(0)
    committed: Fraction = Fraction(0)
    spent: Fraction = Fraction(0)
    begun_planned: Fraction = Fraction(0)
    begun_spent: Fraction = Fraction(0)

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(a + b for a, b in zip(self._amounts, other._amounts, strict=True)))

    def part(self, share: Fraction) -> Cost:
        return Cost(*(amount * share for amount in self._amounts))

    @property
    def is_any(self) -> bool:
        return any(self._amounts)

    @property
    def _amounts(self) -> tuple[Fraction, ...]:
        return (self.planned, self.committed, self.spent, self.begun_planned, self.begun_spent)


@dataclass(frozen=True)
class Held:
    """One cohort of a window, cancelled ones included, with its sessions and its money."""

    pk: int
    code: str
    title: str
    number: int
    state: str
    starts_at: datetime
    programme: int
    topic: int
    agency: int
    sessions: int
    cost: Cost

    @property
    def is_counted(self) -> bool:
        """Whether its people count; of a cancelled one only the money does."""
        return self.state != Cohort.State.CANCELLED

    @property
    def state_name(self) -> str:
        return str(Cohort.State(self.state).label)


def held_in(window: Window, *, now: datetime) -> list[Held]:
    """The cohorts of a window, drafts left out; one query."""
    facts: dict[str, Any] = {
        "uncounted": list(places.UNCOUNTED),
        "draft": Cohort.State.DRAFT,
        "start": window.start,
        "end": window.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HELD, facts)
        rows = cursor.fetchall()
    return [Held(*[*row[:10], _cost(row, now=now)]) for row in rows]


def by_group(held: Iterable[Held], came_from: CameFrom) -> dict[places.Group, Cost]:
    """The cost of every group that has any cohort."""
    sums: dict[places.Group, Cost] = defaultdict(Cost)
    for cohort in held:
        for group, share in shares_of(cohort, came_from):
            sums[group] += cohort.cost.part(share)
    return {
        group: cost
        for group, cost in sums.items()
        if cost.is_any or group != (places.CITY, NOBODY_CAME)
    }


def shares_of(cohort: Held, came_from: CameFrom) -> Iterator[tuple[places.Group, Fraction]]:
    """The groups that bear the cost of a cohort, and what part of it each."""
    yield (places.TOTAL, 0), Fraction(1)
    yield (places.PROGRAMME, cohort.programme), Fraction(1)
    yield (places.TOPIC, cohort.topic), Fraction(1)
    yield (places.AGENCY, cohort.agency), Fraction(1)
    cities = came_from.get(cohort.pk, {})
    everybody = sum(cities.values())
    for city, count in cities.items():
        yield (places.CITY, city), Fraction(count, everybody)
    if not everybody:
        yield (places.CITY, NOBODY_CAME), Fraction(1)


def groups_of(cohort: Held, came_from: CameFrom) -> list[places.Group]:
    return [group for group, _ in shares_of(cohort, came_from)]


def each(amount: Fraction, people: int) -> int | None:
    """Whole rupiah for each of some people; None when there is nobody to divide by."""
    return round(amount / people) if people else None


def _cost(row: tuple, *, now: datetime) -> Cost:
    state, starts_at, own, seats, whole, common = (
        row[4],
        row[5],
        row[10:13],
        row[13],
        row[14],
        row[15:18],
    )
    is_cancelled = state == Cohort.State.CANCELLED
    share = Fraction(seats, whole) if whole and not is_cancelled else Fraction(0)
    planned, committed, spent = (
        Fraction(mine) + share * ours for mine, ours in zip(own, common, strict=True)
    )
    if is_cancelled:
        planned = Fraction(0)
    if is_cancelled or starts_at <= now:
        return Cost(planned, committed, spent, planned, spent)
    return Cost(planned, committed, spent)
