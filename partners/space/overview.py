"""What a partner's members see first: files that wait, calls and how far each is, own numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from partners.models import (
    Application,
    BazaarEntry,
    CurationCall,
    CurationDecision,
    CurationList,
    Partner,
    SalesReport,
    SalesRow,
)
from partners.models.lists import Outcome
from partners.space.files import calls_of, files_of
from umkm_portal.common.bars import Bar, draw
from umkm_portal.imports.models import ImportFile

State = ImportFile.State
WAITING = (State.READ, State.CHECKED)
SHOWN = 20
TONES = {
    Outcome.PASSED: "green",
    Outcome.RESERVE: "yellow",
    Outcome.IMPROVE: "blue",
    Outcome.FAILED: "grey",
}


@dataclass
class CallLine:
    """One call: its current list if there is one, and the outcomes in it as a bar."""

    call: CurationCall
    is_open: bool
    applicants: int
    current: CurationList | None
    bar: Bar
    unmatched: int


@dataclass
class Step:
    """One number of the funnel; `percent` of its widest one."""

    label: str
    count: int
    percent: int


def waiting_files(partner: Partner) -> list[ImportFile]:
    """Files whose next step is a member's: match columns, or look and accept."""
    waiting = files_of(partner).filter(state__in=WAITING, approved_at=None)
    return list(waiting.select_related("uploader").order_by("-pk")[:SHOWN])


def busy_files(partner: Partner) -> list[ImportFile]:
    busy = files_of(partner).filter(state__in=ImportFile.BUSY)
    return list(busy.select_related("uploader").order_by("-pk")[:SHOWN])


def call_lines(partner: Partner, *, now: datetime) -> list[CallLine]:
    """The newest calls with their counts; the same queries for any number."""
    live = Q(applications__state__in=_LIVE)
    calls = list(
        calls_of(partner)
        .annotate(applicants=Count("applications", filter=live))
        .order_by("-opens_at", "-pk")[:SHOWN]
    )
    current = {
        found.call_id: found
        for found in CurationList.objects.filter(
            call__in=[call.pk for call in calls], state__in=CurationList.CURRENT
        )
    }
    counts = count_outcomes(found.pk for found in current.values())
    return [_line(call, current.get(call.pk), counts, now=now) for call in calls]


def count_outcomes(list_ids: Iterable[int]) -> dict[int, Counter[str]]:
    """By list: how many rows have each outcome, and how many wait for a person (`unmatched`)."""
    rows = (
        CurationDecision.objects.filter(list__in=list(list_ids))
        .values_list("list", "outcome")
        .annotate(rows=Count("pk"), unmatched=Count("pk", filter=Q(waiting="review")))
        .order_by()
    )
    found: dict[int, Counter[str]] = {}
    for list_id, outcome, count, unmatched in rows:
        counter = found.setdefault(list_id, Counter())
        counter[outcome] += count
        counter["unmatched"] += unmatched
    return found


def bar_of(counter: Counter[str]) -> Bar:
    return draw((tone, Outcome(o).label, counter[o]) for o, tone in TONES.items())


def funnel(partner: Partner) -> list[Step]:
    """From applying to selling, the partner's own rows only; empty before there is any."""
    decided = CurationDecision.objects.filter(
        list__call__partner=partner, list__state__in=CurationList.CURRENT
    )
    entries = BazaarEntry.objects.filter(bazaar__partner=partner)
    reports = SalesReport.objects.current().filter(partner=partner)
    sales = SalesRow.objects.filter(report__in=reports)
    applied = Application.objects.live().filter(call__partner=partner)
    counts = [
        ("Melamar", applied.count()),
        ("Diperiksa kurator", decided.count()),
        ("Lolos", decided.filter(outcome=Outcome.PASSED).count()),
        ("Ikut bazar", entries.filter(state=BazaarEntry.State.PRESENT).count()),
        ("Ada penjualan", sales.values("participant").distinct().count()),
    ]
    most = max(count for _, count in counts)
    return [Step(label, count, 100 * count // most) for label, count in counts] if most else []


_LIVE = [state for state in Application.State.values if state != Application.State.WITHDRAWN]


def _line(
    call: CurationCall,
    current: CurationList | None,
    counts: dict[int, Counter[str]],
    *,
    now: datetime,
) -> CallLine:
    counter = counts.get(current.pk, Counter()) if current else Counter()
    applicants: int = getattr(call, "applicants", 0)
    return CallLine(
        call=call,
        is_open=call.is_open(now=now),
        applicants=applicants,
        current=current,
        bar=bar_of(counter),
        unmatched=counter["unmatched"],
    )
