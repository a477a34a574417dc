"""What people who were in class think of a trainer: for staff who plan, never for the public."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Avg, Count, FloatField, IntegerField, OuterRef, QuerySet, Subquery

from trainings.aftermath.feedback import in_figures
from trainings.models import FeedbackScore, Trainer
from trainings.models.aftermath import THERE


class Rating(NamedTuple):
    """The average of 1 to 5, and from how many people's answers."""

    average: float
    people: int

    def __str__(self) -> str:
        return f"{in_figures(self.average)} dari 5 ({self.people} penilaian)"


def ratings_of(trainers: Iterable[int]) -> dict[int, Rating]:
    """The rating of each of these trainers that has one."""
    rows = _counting().filter(trainer__in=list(trainers)).order_by().values_list("trainer")
    return {pk: Rating(float(avg), count) for pk, avg, count in rows.annotate(*_AGGREGATES)}


def with_rating(trainers: QuerySet[Trainer]) -> QuerySet[Trainer]:
    """Each trainer with `rating_average` and `rating_count`, None without an answer."""
    own = _counting().filter(trainer=OuterRef("pk")).order_by().values("trainer")
    average, count = _AGGREGATES
    return trainers.annotate(
        rating_average=Subquery(
            own.annotate(found=average).values("found"), output_field=FloatField()
        ),
        rating_count=Subquery(
            own.annotate(found=count).values("found"), output_field=IntegerField()
        ),
    )


def shown(trainer: Trainer) -> str:
    """The rating of a trainer read through `with_rating`, in words; empty without one."""
    count = getattr(trainer, "rating_count", None)
    return str(Rating(trainer.rating_average, count)) if count else ""  # type: ignore[attr-defined]


_AGGREGATES = (Avg("score"), Count("pk"))


def _counting() -> QuerySet[FeedbackScore]:
    return FeedbackScore.objects.filter(feedback__enrolment__state__in=THERE)
