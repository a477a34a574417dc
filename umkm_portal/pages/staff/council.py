"""The page for the council and the city, the lists behind its numbers, and its spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from umkm_portal.accounts.models import User
from umkm_portal.common import bars
from umkm_portal.common.keyset import NEWER, OLDER
from umkm_portal.common.money import format_rupiah, in_millions
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.spreadsheets import write_csv, write_xlsx
from umkm_portal.reports.council import figures, lists, places, registered, sheets
from umkm_portal.reports.council.figures import Figures, Line, figures_of, names_of
from umkm_portal.reports.council.periods import FIRST_YEAR, PARTS, Period, read_period
from umkm_portal.reports.council.places import Group
from umkm_portal.reports.council.registered import count_registered
from umkm_portal.reports.council.targets import STEP_OF, Progress, group_of, progress_of
from umkm_portal.reports.models import Target

PERMISSION = "reports.view_target"
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
KINDS = (places.TOTAL, *figures.GROUPS)
View = Callable[[HttpRequest, User, Period], HttpResponse]


class Cell(NamedTuple):
    """One number of people and of places, each with the address of its list."""

    label: str
    people: int
    places: int
    people_link: str
    places_link: str
    bar: bars.Bar


class Shown(NamedTuple):
    """One line of a table as the page prints it."""

    line: Line
    cells: list[Cell]
    cohorts_link: str
    money: list[tuple[str, str]]


def _for_staff(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Offices and auditors only; the period is read from the address."""

    @require_safe
    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request, user, read_period(request.GET, today=timezone.localdate()))

    return page


@_for_staff
def show(request: HttpRequest, user: User, period: Period) -> HttpResponse:
    """All figures of a period on one page."""
    now = timezone.now()
    told = figures_of(period.window, now=now)
    newest = timezone.localdate(now).year + 1
    context = {
        **admin.site.each_context(request),
        "title": f"Laporan {period.name}",
        "period": period,
        "parts": [(word, name, word == period.part) for word, (name, _, _) in PARTS.items()],
        "years": range(max(newest, period.year), FIRST_YEAR - 1, -1),
        "steps": list(figures.STEPS.values()),
        "told": told,
        "total": _shown(told.total, period, most=max(told.total.counts.people)),
        "registered": count_registered(period.window).get((places.TOTAL, 0), 0),
        "registered_link": _list_link(period, registered.WORD, lists.PEOPLE, (places.TOTAL, 0)),
        "tables": _tables(told, period),
        "certified_rule": places.CERTIFIED_RULE,
        "progress": [
            (one, _target_link(one)) for one in progress_of(period.year, known=told, now=now)
        ],
    }
    return TemplateResponse(request, "staff/council.html", context)


@_for_staff
def show_list(request: HttpRequest, user: User, period: Period) -> HttpResponse:
    """The people or places behind one number; names for those who may see them."""
    query = request.GET
    step, counted = query.get("ukuran", ""), query.get("hitung", lists.PEOPLE)
    group, name = _group(query)
    is_known = step in lists.MEASURES and counted in (lists.PEOPLE, lists.PLACES)
    is_entry = step == registered.WORD
    if not is_known or (is_entry and (counted == lists.PLACES or group[0] not in registered.KINDS)):
        raise Http404
    page = lists.read_keys(period.window, step=step, counted=counted, group=group, query=query)
    label = "Terdaftar" if is_entry else figures.STEPS[step]
    unit = "orang" if counted == lists.PEOPLE else "kursi (orang per gelombang)"
    context = {
        **admin.site.each_context(request),
        "title": f"{label}, {period.name}",
        "heading": f"{label}: {name}",
        "period": period,
        "unit": unit,
        "rows": lists.rows_of(page, counted=counted, user=user),
        "older": _beside(query, OLDER, page.older),
        "newer": _beside(query, NEWER, page.newer),
    }
    return TemplateResponse(request, "staff/council_list.html", context)


@_for_staff
def show_cohorts(request: HttpRequest, user: User, period: Period) -> HttpResponse:
    """The cohorts and the money behind one line."""
    group, name = _group(request.GET)
    told = figures_of(period.window, now=timezone.now())
    line = told.line(*group, name)
    found = lists.cohorts_of(told, group)
    place = whole_in(request.GET.get("mulai", "")) or 0
    shown = found[place : place + lists.SIZE]
    context = {
        **admin.site.each_context(request),
        "title": f"Gelombang dan anggaran, {period.name}",
        "heading": f"Gelombang dan anggaran: {name}",
        "period": period,
        "line": line,
        "is_city": group[0] == places.CITY,
        "money": _money(line),
        "rows": [
            (cohort, [*map(_whole, (c.planned, c.committed, c.spent))]) for cohort, c in shown
        ],
        "count": len(found),
        "older": _beside(
            request.GET, "mulai", place + lists.SIZE if place + lists.SIZE < len(found) else None
        ),
        "newer": _beside(request.GET, "mulai", max(place - lists.SIZE, 0) if place else None),
    }
    return TemplateResponse(request, "staff/council_cohorts.html", context)


@_for_staff
def download(request: HttpRequest, user: User, period: Period) -> HttpResponse:
    """The page as a spreadsheet: every number exact, no names."""
    kind = request.GET.get("jenis", "xlsx")
    if kind not in TYPES:
        raise Http404
    now = timezone.now()
    told, file = figures_of(period.window, now=now), io.BytesIO()
    rows = sheets.rows_of(told, progress_of(period.year, known=told, now=now))
    if kind == "csv":
        write_csv(file, sheets.HEADER, rows)
    else:
        above = sheets.above(period, told)
        write_xlsx(file, sheets.HEADER, rows, above=above, formats=sheets.FORMATS)
    name = f"laporan-{period.year}{'-' + period.part if period.part else ''}.{kind}"
    return HttpResponse(
        file.getvalue(),
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _tables(told: Figures, period: Period) -> list[tuple[str, str, list[Shown]]]:
    tables = []
    for kind, title, lines in told.tables:
        most = max((max(line.counts.people) for line in lines), default=0)
        tables.append((kind, title, [_shown(line, period, most=most) for line in lines]))
    return tables


def _shown(line: Line, period: Period, *, most: int) -> Shown:
    group = line.kind, line.key
    cells = [
        Cell(
            label,
            line.counts.of(step),
            line.counts.places_of(step),
            _list_link(period, step, lists.PEOPLE, group),
            _list_link(period, step, lists.PLACES, group),
            bars.draw([("green", "orang", line.counts.of(step))], total=most),
        )
        for step, label in figures.STEPS.items()
    ]
    return Shown(line, cells, _link("council_cohorts", period, group), _money(line))


def _money(line: Line) -> list[tuple[str, str]]:
    """Planned and spent money, in all and for each person trained; a dash for nobody."""
    return [
        ("Rencana", in_millions(round(line.cost.planned))),
        ("Terpakai", in_millions(round(line.cost.spent))),
        ("Rencana per orang", _each(line.planned_each)),
        ("Terpakai per orang", _each(line.spent_each)),
    ]


def _each(amount: int | None) -> str:
    return "–" if amount is None else format_rupiah(amount)


def _whole(amount: Fraction) -> str:
    return format_rupiah(round(amount))


def _group(query: QueryDict) -> tuple[Group, str]:
    """The group that an address names, and what it is called; 404 for one that does not exist."""
    kind, key = query.get("menurut", places.TOTAL), _key(query.get("kunci", "0"))
    if kind not in KINDS or key is None:
        raise Http404
    if kind == places.TOTAL:
        return (kind, 0), "semua"
    name = names_of(kind, {key}).get(key)
    if name is None:
        raise Http404
    return (kind, key), f"{figures.GROUPS[kind].lower()} {name}"


def _key(text: str) -> int | None:
    number = whole_in(text.removeprefix("-"))
    return -number if number is not None and text.startswith("-") else number


def _link(view: str, period: Period, group: Group, **facts: str) -> str:
    kind, key = group
    of = {} if kind == places.TOTAL else {"menurut": kind, "kunci": str(key)}
    return f"{reverse(f'admin:{view}')}?{period.query}&{urlencode({**facts, **of})}".rstrip("&")


def _list_link(period: Period, step: str, counted: str, group: Group) -> str:
    facts = {"ukuran": step} | ({} if counted == lists.PEOPLE else {"hitung": counted})
    return _link("council_list", period, group, **facts)


def _target_link(one: Progress) -> str:
    """The list of those who were reached, in the target's own years."""
    target = one.target
    since = target.since if target.since != target.year else None
    step = STEP_OF.get(Target.Measure(target.measure), registered.WORD)
    return _list_link(Period(target.year, since=since), step, lists.PEOPLE, group_of(target))


def _beside(query: QueryDict, name: str, key: int | None) -> str:
    """The address of the page beside this one, or nothing."""
    if key is None:
        return ""
    facts = {word: value for word, value in query.items() if word not in (OLDER, NEWER, "mulai")}
    return "?" + urlencode(facts | {name: str(key)})
