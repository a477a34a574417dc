"""What a bazaar came to: who came, what the partner reports, and what the owners say beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Min, Sum

from participants.models import Revenue
from partners.models import Bazaar, BazaarEntry, SalesReport, SalesRow

SHOWN = 100


@dataclass(frozen=True)
class Figures:
    """Counts of entries, sellers, orders and rupiah of the report that counts."""

    entered: int
    present: int
    sellers: int
    orders: int
    amount: int
    report: SalesReport | None


@dataclass(frozen=True)
class Beside:
    """One person's sales as the partner reports them, and as she states them for that time."""

    code: str
    name: str
    reported: int
    stated: int | None

    @property
    def difference(self) -> int | None:
        """Rupiah that the report is above (below: negative) her own word; None without it."""
        return None if self.stated is None else self.reported - self.stated

    @property
    def exceeds(self) -> bool:
        """Whether one channel is said to have sold more than she says of all in whole months."""
        return self.difference is not None and self.difference > 0


@dataclass(frozen=True)
class Comparison:
    """A report beside the owners' own word: what exceeds it most comes first.

    `stated_count` of `people` have said something themselves about the time of the report.
    """

    rows: list[Beside]
    people: int
    stated_count: int
    exceeding_count: int


@dataclass(frozen=True)
class Change:
    """What owners state about the month before a bazaar and about its month: people, rupiah."""

    people: int
    month_before: date
    month: date
    before: int
    after: int

    @property
    def percent(self) -> int:
        """How much more, in percent of before; 0 where nothing was sold before."""
        return round(100 * (self.after - self.before) / self.before) if self.before else 0


def figures_of(bazaar: Bazaar) -> Figures:
    """The numbers of one bazaar; three queries."""
    counts = dict(bazaar.entries.values_list("state").annotate(Count("pk")).order_by())
    current = SalesReport.objects.current().filter(bazaar=bazaar)
    report = current.select_related("accepted_by").first()
    sums = SalesRow.objects.filter(report=report).aggregate(
        sellers=Count("participant", distinct=True), orders=Sum("orders"), amount=Sum("amount")
    )
    return Figures(
        entered=sum(counts.values()),
        present=counts.get(BazaarEntry.State.PRESENT, 0),
        sellers=sums["sellers"],
        orders=sums["orders"] or 0,
        amount=sums["amount"] or 0,
        report=report,
    )


def compare(report: SalesReport) -> Comparison:
    """Beside each other what a partner reports and what the owners state about that time.

    Owners state months; every month that the report touches counts. For the dinas only: what a
    business earns by its own word is never shared. Four queries.
    """
    sold = report.rows.values_list("participant", "participant__code", "participant__full_name")
    rows = list(sold.annotate(amount=Sum("amount")).order_by("-amount", "participant"))
    period = report.rows.aggregate(first=Min("period_from"), last=Max("period_to"))
    if not rows:
        return Comparison([], 0, 0, 0)
    stated = Revenue.objects.filter(
        business__participant__in=report.rows.values("participant"),
        source=Revenue.Source.OWNER,
        period_start__lte=period["last"],
        period_end__gte=period["first"],
    )
    by_person = dict(stated.values_list("business__participant").annotate(Sum("amount")).order_by())
    found = [Beside(code, name, amount, by_person.get(pk)) for pk, code, name, amount in rows]
    found.sort(key=lambda row: (row.difference is None, -(row.difference or 0)))
    return Comparison(
        rows=found[:SHOWN],
        people=len(found),
        stated_count=sum(row.stated is not None for row in found),
        exceeding_count=sum(row.exceeds for row in found),
    )


def change_of(bazaar: Bazaar) -> Change | None:
    """How the sales of those who came changed by their own word; None while nobody stated both.

    Counted are businesses with a statement for each of the two months. For the dinas only.
    """
    month = bazaar.starts_on.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    came = bazaar.entries.filter(state=BazaarEntry.State.PRESENT).values("participant")
    stated = Revenue.objects.filter(
        business__participant__in=came,
        source=Revenue.Source.OWNER,
        period_start__in=[month_before, month],
        period_end__in=[month - timedelta(days=1), _last_day(month)],
    )
    amounts: dict[int, dict[date, int]] = {}
    people: dict[int, int] = {}
    for business, person, start, amount in stated.values_list(
        "business", "business__participant", "period_start", "amount"
    ):
        amounts.setdefault(business, {})[start] = amount
        people[business] = person
    both = [business for business, by_month in amounts.items() if len(by_month) == 2]
    if not both:
        return None
    return Change(
        people=len({people[business] for business in both}),
        month_before=month_before,
        month=month,
        before=sum(amounts[business][month_before] for business in both),
        after=sum(amounts[business][month] for business in both),
    )


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
