"""Spreadsheets that go back to who sent a list: an example, and the rows to be repaired."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from io import BytesIO

from django.http import HttpResponse

from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import problems
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import Profile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def example_of(profile: Profile, *, keys: Collection[str] = ()) -> HttpResponse:
    """An empty table with the columns of a list (those with `keys`) and one invented row."""
    columns = [c for c in profile.columns if c.example and (not keys or c.key in keys)]
    write = partial(
        write_xlsx,
        header=[column.label for column in columns],
        rows=[[column.example for column in columns]],
    )
    return spreadsheet(write, f"contoh-{profile.slug}.xlsx")


def problem_rows_of(file: ImportFile) -> HttpResponse:
    """The refused rows with their reasons; it holds what was uploaded, so not for everybody."""
    stem = file.name.rsplit(".", 1)[0]
    return spreadsheet(partial(problems.write_error_file, file), f"{stem}-perlu-diperbaiki.xlsx")


def spreadsheet(write: Callable[[BytesIO], object], name: str) -> HttpResponse:
    """What `write` fills, as a file that no cache keeps."""
    content = BytesIO()
    write(content)
    response = HttpResponse(content.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{_quoted(name)}"
    response["Cache-Control"] = "no-store"
    return response


def _quoted(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
