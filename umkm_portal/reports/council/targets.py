"""Targets of a year beside what was reached, each with its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from umkm_portal.common import bars
from umkm_portal.reports.council import figures, places, registered
from umkm_portal.reports.council.figures import Figures, figures_of
from umkm_portal.reports.council.periods import Window, years
from umkm_portal.reports.models import Target

Measure = Target.Measure
STEP_OF = {
    Measure.INVITED: figures.INVITED,
    Measure.TRAINED: figures.CAME,
    Measure.CERTIFIED: figures.CERTIFIED,
}


@dataclass(frozen=True)
class Progress:
    """One target and how many people were reached in its own years."""

    target: Target
    reached: int

    @property
    def percent(self) -> int:
        """Of the target, rounded down; more than 100 where it was passed."""
        return 100 * self.reached // self.target.number

    @property
    def bar(self) -> bars.Bar:
        target = self.target
        tone = "green" if self.reached >= target.number else "teal"
        return bars.draw([(tone, "tercapai", self.reached)], total=target.number)


def progress_of(year: int, *, known: Figures | None = None, now: datetime) -> list[Progress]:
    """The targets that a year is part of; figures of its window that are `known` are used again.

    A target is about its own years as a whole, whatever part of the year a page shows.
    """
    rows = Target.objects.of_year(year).select_related("city", "agency", "programme", "topic")
    targets = list(rows.order_by("measure", "-number", "pk"))
    reached = _counter(targets, known, now=now)
    return [Progress(target, reached(target)) for target in targets]


def group_of(target: Target) -> places.Group:
    """The group of people that a target is about."""
    if target.city:
        return places.CITY, int(target.city.code.replace(".", ""))
    for kind, key in (
        (places.AGENCY, target.agency_id),
        (places.PROGRAMME, target.programme_id),
        (places.TOPIC, target.topic_id),
    ):
        if key:
            return kind, key
    return places.TOTAL, 0


def window_of(target: Target) -> Window:
    return years(target.first_year, target.year)


def _counter(
    targets: Sequence[Target], known: Figures | None, *, now: datetime
) -> Callable[[Target], int]:
    """A function that counts; what several targets need is counted once."""
    counted = {known.window: known} if known else {}
    entered: dict[tuple[Window, str], dict[places.Group, int]] = {}

    def reached(target: Target) -> int:
        window, group = window_of(target), group_of(target)
        if target.measure == Measure.REGISTERED:
            if (window, group[0]) not in entered:
                entered[window, group[0]] = registered.count_registered(window, [group[0]])
            return entered[window, group[0]].get(group, 0)
        if window not in counted:
            counted[window] = figures_of(window, now=now)
        return counted[window].line(*group).counts.of(STEP_OF[Measure(target.measure)])

    return reached
