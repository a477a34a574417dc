"""Pages about rows of a file: repairs in place, one row, those that wait for a person.

Each view gets the request, the file, and the context of the staff pages, and answers; the admin
has looked whether the visitor may write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.spreadsheets import text_of
from umkm_portal.imports import decisions, nudging, pages, problems, profiles, services
from umkm_portal.imports.corrections import correct_row, take_corrections
from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision

Context = dict[str, Any]
Choice = RowDecision.Choice
PAGE = 20
MOST_AT_ONCE = 5_000
"""Rows of one group that are decided by one press."""


@dataclass
class Cell:
    """A faulty cell of a row: its heading, what stands there, what is wrong, what to do."""

    heading: str
    value: str
    is_private: bool
    message: str
    repair: str


@dataclass
class WaitingRow:
    """A row that waits for a person, beside the record that it met."""

    row: ImportRow
    place: str
    message: str
    comparison: profiles.Comparison
    choices: list[tuple[str, str]]


def repair_group(request: HttpRequest, file: ImportFile, context: Context) -> HttpResponse:
    """Take the cells typed beside the rows of one group; empty ones stay as they are."""
    take_corrections(request, file)
    return _back(file)


def one_row(
    request: HttpRequest, file: ImportFile, context: Context, *, row_no: int
) -> HttpResponse:
    """The faulty cells of one row, to be put right together."""
    row = file.rows.filter(row_no=row_no).first()
    if row is None or row.raw is None:
        raise Http404
    cells, place = _faulty_cells(file, row), row.place_in(file.sheets)
    if request.method == "POST":
        typed = {c.heading: request.POST.get(f"cell-{n}", "") for n, c in enumerate(cells)}
        typed = {heading: text for heading, text in typed.items() if text.strip()}
        if typed and correct_row(request, file, row_no, typed):
            messages.success(request, f"Baris {place} sudah benar.")
            return _back(file)
        row.refresh_from_db()
        cells = _faulty_cells(file, row)
    context |= {
        "title": f"Perbaiki baris {place}",
        "file": file,
        "row": row,
        "place": place,
        "cells": cells,
        "others": [p for p in row.problems if p["column"] not in {c.heading for c in cells}],
        "row_title": problems.title_of(file, problems.cells_of(file, row)),
        "repair": file.repairs.select_related("by").filter(row_no=row_no).first(),
    }
    return TemplateResponse(request, "staff/import_row.html", context)


def review(request: HttpRequest, file: ImportFile, context: Context) -> HttpResponse:
    """Rows that wait for a person, with what is known beside them; by group or one by one."""
    if request.method == "POST":
        _decide(request, file)
        return redirect(request.get_full_path())
    reason = request.GET.get("alasan", "")
    after = whole_in(request.GET.get("setelah", ""))
    waiting = _waiting(file, reason)
    first = -1 if after is None else after
    rows = list(waiting.filter(row_no__gt=first).order_by("row_no")[: PAGE + 1])
    profile = profiles.get(file.profile)
    context |= {
        "title": "Tinjau baris",
        "file": file,
        "rows": _waiting_rows(profile, file, rows[:PAGE]),
        "count": waiting.count(),
        "reason": reason,
        "next": rows[PAGE - 1].row_no if len(rows) > PAGE else None,
        "group_choices": _shared_choices(profile, reason),
        "decided": [(one.place_in(file.sheets), one) for one in _last_decisions(file)],
    }
    return TemplateResponse(request, "staff/import_review.html", context)


def _last_decisions(file: ImportFile) -> QuerySet[RowDecision]:
    return file.decisions.select_related("by").order_by("-at", "-pk")[:PAGE]


def _decide(request: HttpRequest, file: ImportFile) -> None:
    choice, user = request.POST.get("choice", ""), _user(request)
    profile = profiles.get(file.profile)
    if row_no := request.POST.get("row", ""):
        number = whole_in(row_no)
        numbers = [] if number is None else [number]
    else:
        waiting = _waiting(file, request.POST.get("reason", ""))
        found = waiting.order_by("row_no").values_list("row_no", flat=True)[:MOST_AT_ONCE]
        numbers = [] if choice == Choice.LINK else list(found)
    target = None
    if choice == Choice.LINK and profile.find_target:
        target = profile.find_target(request.POST.get("target", "").strip(), user)
        if target is None:
            messages.error(request, "Tulis kode peserta, atau nomor HP yang dipakai satu peserta.")
            return
    try:
        count = decisions.decide_rows(
            file,
            row_nos=numbers,
            choice=choice,
            by=user,
            now=timezone.now(),
            target_id=target.pk if target else None,
        )
    except services.NotNow as refusal:
        messages.error(request, str(refusal))
        return
    file.refresh_from_db()
    nudging.nudge_on_commit(file)
    messages.success(request, f"{count} baris diputuskan: {Choice(choice).label.lower()}.")


def _faulty_cells(file: ImportFile, row: ImportRow) -> list[Cell]:
    """One entry for each heading of the row that something is wrong with."""
    profile, standing = profiles.get(file.profile), problems.cells_of(file, row)
    found: dict[str, Cell] = {}
    for problem in row.problems:
        heading = str(problem["column"])
        if "warning" in problem or problem.get("reason") or heading not in standing:
            continue
        key = file.mapping.get(heading, "")
        is_private = bool(key) and profile.by_key[key].is_private
        value = text_of(standing[heading])
        found[heading] = Cell(
            heading=heading,
            value=pages.hide(value) if is_private and len(value) > 6 else value,
            is_private=is_private,
            message=str(problem["message"]),
            repair=str(problem["repair"]),
        )
    return list(found.values())


def _waiting(file: ImportFile, reason: str) -> Any:
    rows = file.rows.filter(action=ImportRow.Action.REVIEW)
    return rows.filter(problems__contains=[{"reason": reason}]) if reason else rows


def _waiting_rows(
    profile: profiles.Profile, file: ImportFile, rows: list[ImportRow]
) -> list[WaitingRow]:
    compared = profile.compare(rows) if profile.compare else {}
    return [
        WaitingRow(
            row=row,
            place=row.place_in(file.sheets),
            message=next((str(p["message"]) for p in row.problems if p.get("reason")), ""),
            comparison=compared[row.row_no],
            choices=[(c, Choice(c).label) for c in compared[row.row_no].choices],
        )
        for row in rows
        if row.row_no in compared
    ]


def _shared_choices(profile: profiles.Profile, reason: str) -> list[tuple[str, str]]:
    """What may be decided for a whole group; to whom a row is linked is decided one by one."""
    return [
        (choice, Choice(choice).label)
        for choice in profile.choices_for.get(reason, ())
        if choice != Choice.LINK
    ]


def _back(file: ImportFile) -> HttpResponse:
    return redirect("admin:imports_importfile_change", file.pk)


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user
