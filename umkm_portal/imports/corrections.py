"""Cells of faulty rows that a person types beside them, on the page of staff or of a partner."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.common.numbers import whole_in
from umkm_portal.imports import nudging, pages, profiles, repairs, services
from umkm_portal.imports.models import ImportFile, ImportRow

_DIGITS = re.compile(r"\d")
MOST_DIGITS = 10
"""More than a code has, fewer than a NIK."""


def take_corrections(request: HttpRequest, file: ImportFile) -> None:
    """Take the cells typed for the rows of one group; empty ones stay as they are.

    What became of them is told. 404 for a column that is not in the file.
    """
    column = request.POST.get("column", "")
    if column not in pages.headings_of(file):
        raise Http404
    instead = profiles.get(file.profile).typed_instead.get(file.mapping.get(column, ""))
    typed = {
        row_no: str(text)
        for name, text in request.POST.items()
        if name.startswith("cell-") and str(text).strip()
        if (row_no := whole_in(name.removeprefix("cell-"))) is not None
    }
    if not typed:
        messages.error(request, "Isi perbaikan paling sedikit satu baris.")
    if instead and any(len(_DIGITS.findall(text)) > MOST_DIGITS for text in typed.values()):
        messages.error(request, f"{column} tidak diketik di sini. Isi {instead.lower()}.")
        return
    outcome = [correct_row(request, file, row_no, {column: text}) for row_no, text in typed.items()]
    right, wrong = outcome.count(True), outcome.count(False)
    if right:
        messages.success(request, f"{right} baris sudah benar.")
    if wrong:
        messages.error(request, f"{wrong} baris masih keliru. Periksa lagi alasannya di bawah.")


def correct_row(request: HttpRequest, file: ImportFile, row_no: int, cells: dict[str, str]) -> bool:
    """Whether the row is right now; a refusal is told."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    try:
        row = repairs.repair_row(file, row_no=row_no, cells=cells, by=user, now=timezone.now())
    except services.NotNow as refusal:
        messages.error(request, str(refusal))
        return False
    file.refresh_from_db()
    nudging.nudge_on_commit(file)
    return row.action != ImportRow.Action.REJECT
