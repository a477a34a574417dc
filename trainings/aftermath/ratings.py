"""What people who were in class think of a trainer: for staff who plan, never for the public.

Trainers see an average once enough people answered that it tells nobody's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import Avg, Count, FloatField, IntegerField, OuterRef, QuerySet, Subquery

from trainings.aftermath.feedback import FEW, in_figures
from trainings.models import FeedbackScore, Trainer
from trainings.models.aftermath import THERE
from umkm_portal.accounts.models import User


class Rating(NamedTuple):
    """The average of 1 to 5, and from how many people's answers."""

    average: float
    people: int

    def __str__(self) -> str:
        kept = ", hanya untuk petugas" if self.people < FEW else ""
        return f"{in_figures(self.average)} dari 5 ({self.people} penilaian{kept})"


def least_for(user: User | AnonymousUser) -> int:
    """From how many answers on this user sees an average."""
    return 1 if user.has_perm("trainings.view_enrolment") else FEW


def ratings_of(trainers: Iterable[int], *, least: int) -> dict[int, Rating]:
    """The rating of each of these trainers that has one, from so many answers on."""
    rows = _counting().filter(trainer__in=list(trainers)).order_by().values_list("trainer")
    found = rows.annotate(*_AGGREGATES).filter(pk__count__gte=least)
    return {pk: Rating(float(avg), count) for pk, avg, count in found}


def with_rating(trainers: QuerySet[Trainer], *, least: int) -> QuerySet[Trainer]:
    """Each trainer with `rating_average` and `rating_count`, None below so many answers."""
    average, count = _AGGREGATES
    own = _counting().filter(trainer=OuterRef("pk")).order_by().values("trainer")
    own = own.annotate(count).filter(pk__count__gte=least)
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
