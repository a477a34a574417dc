"""How full a call is: all in all, and for each agency or sector with places of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from participants.models import Business
from partners.models import (
    Application,
    CurationCall,
    CurationDecision,
    CurationList,
    CurationResult,
)
from partners.models.lists import Outcome


class Filled(NamedTuple):
    """Places (None: unlimited), applications and those let through, of a call or a part of it."""

    label: str
    places: int | None
    applied: int
    passed: int

    @property
    def is_over(self) -> bool:
        return self.places is not None and self.passed > self.places


def filled(call: CurationCall) -> list[Filled]:
    """The whole call first, then its quotas; four queries however many there are.

    Who passed is told by the list in hand, announced or not; without one by the results.
    """
    applied = Application.objects.live().filter(call=call)
    passed, group = _passed(call)
    whole = Filled("Semua", call.quota, applied.count(), passed.count())
    quotas = call.quotas.select_related("agency", "sector").annotate(
        applied=_count(applied, "call"), passed=_count(passed, group)
    )
    parts = [
        Filled(str(quota.agency or quota.sector), quota.places, quota.applied, quota.passed)
        for quota in quotas.order_by("pk")
    ]
    return [whole, *parts]


def _passed(call: CurationCall) -> tuple[QuerySet[Any], str]:
    """Rows of those let through, and the column that is the same in all of them."""
    current = CurationList.objects.filter(call=call, state__in=CurationList.CURRENT).first()
    if current:
        return CurationDecision.objects.filter(list=current, outcome=Outcome.PASSED), "list"
    return CurationResult.objects.passed().filter(call=call), "call"


def _count(rows: QuerySet[Any], group: str) -> Coalesce:
    """How many of these rows are of people of a quota's agency or sector."""
    works_in = Business.objects.filter(
        participant=OuterRef("participant"), sector=OuterRef(OuterRef("sector"))
    )
    ours = rows.filter(Q(participant__agency=OuterRef("agency")) | Q(Exists(works_in)))
    counted = ours.order_by().values(group).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
