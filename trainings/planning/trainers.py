"""The answers of trainers: asked, willing or not, and for what fee."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from trainings.models import Assignment, Cohort, Session
from trainings.models.trainings import BudgetLine

State = Assignment.State


class Fees(NamedTuple):
    """What trainers of a cohort take together, and what is planned for them (rupiah)."""

    wanted: int
    planned: int

    @property
    def lacking(self) -> int:
        return max(self.wanted - self.planned, 0)


@transaction.atomic
def record_answers(assignments: Iterable[int], *, state: str, now: datetime) -> int:
    """Write the answer of a trainer for some sessions; return how many changed."""
    rows = Assignment.objects.filter(pk__in=assignments).exclude(state=state)
    return rows.update(state=state, answered_at=None if state == State.ASKED else now)


def ask_again(session: Session) -> int:
    """A yes was for another time: trainers of a moved session are asked anew."""
    said_yes = session.assignments.filter(state=State.CONFIRMED)
    return said_yes.update(state=State.ASKED, answered_at=None)


def fees_of(cohort: Cohort) -> Fees:
    """The fees of everybody who did not decline, against the plan for trainers."""
    working = Assignment.objects.filter(
        session__cohort=cohort, session__cancelled_at__isnull=True
    ).exclude(state=State.DECLINED)
    fee = Coalesce(F("fee"), F("trainer__fee_per_session"))
    lines = cohort.budget_lines.filter(purpose=BudgetLine.Purpose.TRAINER)
    return Fees(
        working.aggregate(sum=Sum(fee))["sum"] or 0,
        lines.aggregate(sum=Sum("planned"))["sum"] or 0,
    )
