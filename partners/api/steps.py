"""What the ways in of the API share: uploads told apart, columns matched, rows with problems."""

from __future__ import annotations

import hashlib
from typing import Annotated

from django.utils import timezone
from ninja import File
from ninja.files import UploadedFile

from partners.api import telling
from partners.api.problems import FieldError, Problem
from partners.api.schemas import Problems
from umkm_portal.accounts.models import User
from umkm_portal.imports import pages, profiles, services
from umkm_portal.imports.models import ImportFile, ImportRow

SentFile = Annotated[
    UploadedFile, File(..., description="Excel, LibreOffice, atau CSV, apa adanya.")
]
_HELD = (ImportRow.Action.REJECT, ImportRow.Action.REVIEW)


def digest_of(file: UploadedFile) -> str:
    """SHA-256 of an upload, which can then be read from its beginning again."""
    digest = hashlib.sha256()
    for block in file.chunks():
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def problems_page(file: ImportFile, *, after: int, limit: int) -> Problems:
    """Rows of a file that are not stored, and why; `limit` counts rows."""
    held = file.rows.filter(action__in=_HELD).exclude(problems=[])
    shown = list(held.filter(row_no__gt=after).order_by("row_no")[: limit + 1])
    return Problems(
        items=telling.problems_of(file, shown[:limit]),
        next=shown[limit - 1].row_no if len(shown) > limit else None,
    )


def match_columns(file: ImportFile, mapping: dict[str, str]) -> None:
    """Have the file read again with these columns; raises Problem (422), or services.NotNow."""
    known, columns = {*pages.headings_of(file)}, profiles.get(file.profile).by_key
    wrong = [
        FieldError(
            field=f"mapping.{heading}"[:120],
            message="Isian ini tidak ada." if heading in known else "Judul ini tidak ada.",
        )
        for heading, column in mapping.items()
        if heading not in known or (column and column not in columns)
    ]
    if wrong:
        raise Problem(422, "Ada kolom yang tidak dikenal. Lihat `errors`.", errors=wrong[:50])
    services.set_mapping(file, mapping, now=timezone.now())


def cancel(file: ImportFile, *, by: User | None) -> None:
    """Stop a file; one that she stopped herself stays so. Raises services.NotNow."""
    is_cancelled = file.state == ImportFile.State.CANCELLED
    if not (is_cancelled and by is not None and file.cancelled_by_id == by.pk):
        services.cancel_file(file, by=by, now=timezone.now())
