"""What became of a file, as one object: the contract of the import commands."""

from __future__ import annotations

from pathlib import Path

from umkm_portal.imports import problems
from umkm_portal.imports.models import ImportFile


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
