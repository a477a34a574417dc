"""Money of cohorts and programmes, in whole rupiah: planned, promised, paid, and what is left.

A cohort that was opened claims money of its programme: of each budget line the plan, or what is
promised and paid where that is more. A draft and a cancelled cohort claim only what is promised and
paid. The claims of a programme never pass its ceiling unless somebody overrides with a reason.
Whoever checks that holds the lock of the programme, then that of the training where its place in
the programme matters, then that of a cohort.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Case, F, Q, Sum, When
from django.db.models.functions import Coalesce, Greatest

from trainings.models import BudgetLine, Cohort, Programme, Training
from umkm_portal.common import bars
from umkm_portal.common.money import format_rupiah

CLAIMING = (Cohort.State.OPEN, Cohort.State.CLOSED, Cohort.State.FINISHED)
"""States of a cohort that has taken the whole of its plan from the programme."""


class Money(NamedTuple):
    """Sums of budget lines; `committed` is promised and not paid yet."""

    planned: int = 0
    committed: int = 0
    spent: int = 0
    claimed: int = 0

    @property
    def used(self) -> int:
        return self.committed + self.spent

    @property
    def is_overspent(self) -> bool:
        return self.used > self.planned


def cohort_money(cohort_ids: Iterable[int]) -> dict[int, Money]:
    """The sums of each cohort that has a budget line; `claimed` as if it were opened."""
    rows = (
        BudgetLine.objects.filter(cohort__in=cohort_ids)
        .order_by()
        .values_list("cohort")
        .annotate(Sum("planned"), Sum("committed"), Sum("spent"), claimed=Sum(_whole()))
    )
    return {pk: Money(*sums) for pk, *sums in rows}


def programme_money(
    programme_ids: Iterable[int], *, without: int | None = None
) -> dict[int, Money]:
    """The sums of each programme: its own lines and those of its cohorts, but for `without`."""
    ids = list(programme_ids)
    lines = BudgetLine.objects.filter(Q(programme__in=ids) | Q(cohort__training__programme__in=ids))
    if without is not None:
        lines = lines.exclude(cohort=without)
    rows = (
        lines.annotate(of=Coalesce("programme_id", "cohort__training__programme_id"))
        .order_by()
        .values_list("of")
        .annotate(Sum("planned"), Sum("committed"), Sum("spent"), claimed=Sum(_claim()))
    )
    return {pk: Money(*sums) for pk, *sums in rows}


def lock_programme(programme_id: int | None) -> Programme | None:
    """The programme, locked until the transaction ends, so that its money is counted by one."""
    if programme_id is None:
        return None
    return Programme.objects.select_for_update(no_key=True).get(pk=programme_id)


def lock_programme_of(training_id: int) -> Programme | None:
    """The programme that a training belongs to; both are locked until the transaction ends.

    A training that moved while its programme was waited for is asked again, with nothing held.
    """
    while True:
        try:
            return _lock_both(training_id)
        except _MovedMeanwhile:
            continue


def room_of(programme: Programme | None, *, without: int | None = None) -> int | None:
    """What a programme can still give, not counting one cohort; None without a ceiling."""
    if programme is None or programme.budget is None:
        return None
    money = programme_money([programme.pk], without=without).get(programme.pk, Money())
    return programme.budget - money.claimed


def lacking_for(training: Training, programme: Programme) -> int:
    """By how many rupiah the claims of a training would pass the ceiling of another programme.

    0 when they fit or claim nothing. Both programmes are locked, the older one first, then the
    training.
    """
    for pk in sorted({programme.pk, training.programme_id or programme.pk}):
        lock_programme(pk)
    _lock_training(training.pk)
    room = room_of(programme)
    lines = BudgetLine.objects.filter(cohort__training=training)
    claimed = lines.aggregate(sum=Sum(_claim(), default=0))["sum"]
    return max(claimed - room, 0) if room is not None and claimed else 0


def draw(money: Money, *, whole: int | None = None) -> bars.Bar:
    """A bar of paid, promised and only planned money; told in rupiah."""
    rest = max(money.planned - money.used, 0)
    total = money.planned if whole is None else whole
    is_over = money.is_overspent or money.planned > total
    pieces = [
        ("green", "terpakai", money.spent),
        ("yellow", "terikat", money.committed),
        ("red" if is_over else "teal", "rencana lain", rest),
    ]
    bar = bars.draw(pieces, total=total)
    told = ", ".join(f"{label} {format_rupiah(amount)}" for _, label, amount in pieces if amount)
    return bar._replace(label=f"{told or 'belum ada rencana'} dari {format_rupiah(total)}")


class _MovedMeanwhile(Exception):
    """The training is in another programme than the one that was locked."""


@transaction.atomic
def _lock_both(training_id: int) -> Programme | None:
    programme_id = Training.objects.values_list("programme", flat=True).get(pk=training_id)
    programme = lock_programme(programme_id)
    if _lock_training(training_id).programme_id != programme_id:
        raise _MovedMeanwhile
    return programme


def _lock_training(training_id: int) -> Training:
    return Training.objects.select_for_update(no_key=True).get(pk=training_id)


def _whole() -> Greatest:
    return Greatest(F("planned"), F("committed") + F("spent"))


def _claim() -> Case:
    """What a line takes from its programme, by the state of its cohort."""
    return Case(
        When(Q(cohort__isnull=True) | Q(cohort__state__in=CLAIMING), then=_whole()),
        default=F("committed") + F("spent"),
    )
