"""What became of a file, as one object: the contract of the import commands."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from umkm_portal.imports import problems, uploads
from umkm_portal.imports.models import ImportFile, ImportRow

TOLD = 20
"""Problems that a command writes out; the file of refused rows has them all."""


def report_of(file: ImportFile, *, error_file: Path | None = None) -> dict[str, object]:
    """Return the counts, the refusal of the whole file if any, and the first 1,000 problems.

    `error_file` is where the refused rows were written, if there are any.
    """
    return {
        "file": file.pk,
        "state": file.state,
        "rows": file.total_rows,
        "created": file.created_count,
        "updated": file.updated_count,
        "same": file.same_count,
        "rejected": file.rejected_count,
        "review": file.review_count,
        "error_file": str(error_file) if error_file else None,
        "file_error": file.file_error or None,
        "notices": file.options.get("notices", []),
        "problems": problems.list_problems(file),
    }


def lines_of(report: dict[str, Any], *, as_json: bool = False) -> Iterator[str]:
    """Give a report as lines for a terminal, and whole as one JSON object in the last."""
    if not report["file_error"]:
        yield (
            "{rows} rows: {created} created, {updated} updated, {same} same, "
            "{rejected} rejected, {review} for review.".format_map(report)
        )
    for problem in report["problems"][:TOLD]:
        yield "Baris {row}, {column}: {message}".format_map(problem)
    if report["error_file"]:
        yield f"Rejected rows: {report['error_file']}"
    if as_json:
        yield json.dumps(report, ensure_ascii=False)


def columns_missing(labels: Sequence[str]) -> str:
    """The sentence that refuses a file without these columns, where nobody can match them."""
    return f"Kolom {', '.join(labels)} tidak ditemukan. Beri judul kolom itu, lalu ulangi."


def refusal_of(sentence: str) -> dict[str, object]:
    """The report of a file that was refused before it became one."""
    counts = dict.fromkeys(("rows", "created", "updated", "same", "rejected", "review"), 0)
    return {
        **{"file": None, "state": ImportFile.State.FAILED, **counts, "error_file": None},
        **{"file_error": sentence, "notices": [], "problems": []},
    }


def write_errors_beside(file: ImportFile, path: Path) -> Path | None:
    """Write the refused rows beside the file they came from, or in the portal's own folder.

    Nobody else can read the result: it holds what was uploaded. None where no row was refused.
    """
    refused = file.rows.filter(action=ImportRow.Action.REJECT)
    if not (file.rejected_count and refused.exists()):
        return None
    target = _error_path(path)
    target.unlink(missing_ok=True)
    with open(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
        problems.write_error_file(file, opened)
    return target


def _error_path(path: Path) -> Path:
    name = f"{path.stem}-perlu-diperbaiki.xlsx"
    if os.access(path.resolve().parent, os.W_OK):
        return path.resolve().parent / name
    return settings.MEDIA_ROOT / uploads.FOLDER / name
