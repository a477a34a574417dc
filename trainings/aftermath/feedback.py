"""Three questions, a grade for each trainer and a comment, from people who were in class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Avg, Count, QuerySet

from participants.models import Participant
from trainings.aftermath import asking
from trainings.aftermath.questions import Question, Slot, questions_of
from trainings.models import Assignment, Cohort, Enrolment, Feedback, FeedbackScore, Trainer
from trainings.models.aftermath import HIGHEST, LOWEST, THERE
from umkm_portal.accounts.models import User
from umkm_portal.common import bars

MOST_COMMENTS = 200
FEW = 5
"""Below so many answers an average may tell who said what: staff who see enrolments are told to
keep it, and nobody else sees it."""
MAIN = (Slot.FIRST, Slot.SECOND, Slot.THIRD)


class FeedbackRefused(Exception):
    """The answer is not taken; `str()` is the sentence for the person."""


@dataclass(frozen=True)
class Average:
    """Of one question as it was read: its average of 1 to 5, from how many, and as a bar."""

    text: str
    average: float
    count: int

    @property
    def bar(self) -> bars.Bar:
        share = round(100 * self.average / HIGHEST)
        tone = "green" if self.average >= 3.5 else "yellow" if self.average >= 2.5 else "red"
        drawn = bars.draw([(tone, "rata-rata", share)], total=100)
        return drawn._replace(label=f"rata-rata {in_figures(self.average)} dari {HIGHEST}")

    @property
    def shown(self) -> str:
        return in_figures(self.average)

    @property
    def is_few(self) -> bool:
        return self.count < FEW


@dataclass(frozen=True)
class Comment:
    """What one person wrote; `name` is empty unless she lets us name her."""

    text: str
    name: str


def in_figures(average: float) -> str:
    """`4,3`."""
    return f"{average:.1f}".replace(".", ",")


def trainers_of(enrolment: Enrolment) -> list[Trainer]:
    """Who taught in the sessions she was at."""
    teaching = Assignment.objects.exclude(state=Assignment.State.DECLINED).filter(
        session__cancelled_at=None,
        session__attendances__enrolment=enrolment,
        session__attendances__came_at__isnull=False,
    )
    return list(Trainer.objects.filter(pk__in=teaching.values("trainer")).order_by("name", "pk"))


def given(enrolment: Enrolment) -> Feedback | None:
    """Her answer with its scores, if she has answered."""
    rows = Feedback.objects.answered().prefetch_related("scores__trainer")
    return rows.filter(enrolment=enrolment).first()


@transaction.atomic
def answer(
    enrolment: Enrolment,
    *,
    scores: Mapping[str, int],
    trainers: Mapping[int, int],
    comment: str,
    may_name: bool,
    via: str,
    now: datetime,
) -> Feedback:
    """Write or rewrite what she thinks: `scores` by slot, `trainers` by their pk, each 1 to 5.

    The texts she read are kept with the answers. Raises FeedbackRefused.
    """
    enrolment = Enrolment.objects.select_related("cohort__training").get(pk=enrolment.pk)
    asked = questions_of(enrolment.cohort.training)
    _check(enrolment, asked, scores, now=now)
    Feedback.objects.get_or_create(enrolment=enrolment)
    row = Feedback.objects.select_for_update(no_key=True).get(enrolment=enrolment)
    row.answered_at, row.changed_at = row.answered_at or now, now
    row.comment, row.may_name, row.via = comment.strip()[:1000], may_name, via
    row.save()
    row.scores.all().delete()
    taught = {trainer.pk: trainer for trainer in trainers_of(enrolment)}
    FeedbackScore.objects.bulk_create(
        [_score(row, asked[slot], scores[slot]) for slot in MAIN]
        + [
            _score(row, asked[Slot.TRAINER], score, trainer=taught[pk])
            for pk, score in trainers.items()
            if pk in taught
        ]
    )
    return row


def averages(cohorts: Iterable[int]) -> list[Average]:
    """Of each question as it was read in these cohorts, grades of trainers left out."""
    rows = (
        _counting()
        .filter(feedback__enrolment__cohort__in=list(cohorts), trainer=None)
        .order_by("slot", "text")
        .values_list("slot", "text")
        .annotate(Avg("score"), Count("pk"))
    )
    order = [slot.value for slot in MAIN]
    told = sorted(rows, key=lambda row: (order.index(row[0]), -row[3]))
    return [Average(text, float(average), count) for _, text, average, count in told]


def averages_by_cohort(cohorts: Iterable[int]) -> dict[int, Average]:
    """All questions together, of each cohort with answers; `count` is people."""
    rows = (
        _counting()
        .filter(feedback__enrolment__cohort__in=list(cohorts), trainer=None)
        .order_by()
        .values_list("feedback__enrolment__cohort")
        .annotate(Avg("score"), Count("feedback", distinct=True))
    )
    return {pk: Average("", float(average), count) for pk, average, count in rows}


def comments(cohort: Cohort, *, user: User) -> list[Comment]:
    """What people of the user's area wrote; names only of those who allow it.

    In the order of the words: neither the hour nor the list of seats tells who it was.
    """
    people = Participant.objects.for_user(user).values("pk")
    rows = Feedback.objects.counting().exclude(comment="")
    rows = rows.filter(enrolment__cohort=cohort, enrolment__participant__in=people)
    told = rows.select_related("enrolment__participant").order_by("comment", "pk")
    return [
        Comment(row.comment, row.enrolment.participant.full_name if row.may_name else "")
        for row in told[:MOST_COMMENTS]
    ]


def _counting() -> QuerySet[FeedbackScore]:
    return FeedbackScore.objects.filter(feedback__enrolment__state__in=THERE)


def _check(
    enrolment: Enrolment, asked: Mapping[str, Question], scores: Mapping[str, int], *, now: datetime
) -> None:
    ask = asking.ask_of(enrolment, now=now)
    if ask is None or ask.page != asking.FEEDBACK:
        raise FeedbackRefused("Penilaian kelas ini sudah ditutup atau belum dibuka.")
    if any(scores.get(slot) not in range(LOWEST, HIGHEST + 1) for slot in MAIN):
        raise FeedbackRefused("Pilih satu jawaban untuk setiap pertanyaan.")


def _score(
    feedback: Feedback, question: Question, score: int, *, trainer: Trainer | None = None
) -> FeedbackScore:
    return FeedbackScore(
        feedback=feedback,
        trainer=trainer,
        slot=question.slot,
        text=question.text,
        word=question.scale[score - 1][:40],
        score=score,
    )
