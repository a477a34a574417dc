"""What became of a curation list, as one object: the contract of its command and of the API."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from partners.curation.previews import preview
from partners.curation.services import list_of
from partners.curation.versions import current_list
from umkm_portal.imports import reports
from umkm_portal.imports.models import ImportFile

_CHECKED = """
    SELECT count(*) FILTER (WHERE r.target_id IS NOT NULL AND d.id IS NULL),
           count(*) FILTER (WHERE d.id IS NOT NULL AND NOT d.is_same),
           count(*) FILTER (WHERE d.id IS NOT NULL AND d.is_same),
           count(*) FILTER (WHERE r.target_id IS NULL)
    FROM imports_importrow r LEFT JOIN LATERAL (
        SELECT d.id, (d.outcome, d.grade, d.reason, d.note) = (r.clean ->> 'outcome',
            coalesce(r.clean ->> 'grade', ''), coalesce(r.clean ->> 'reason', ''),
            coalesce(r.clean ->> 'note', '')) AS is_same
        FROM partners_curationdecision d
        WHERE d.list_id = %(current)s AND d.participant_id = r.target_id
    ) d ON true
    WHERE r.file_id = %(file)s AND r.action <> 'reject'
"""
_STORED = """
    SELECT count(*) FILTER (WHERE target_id IS NOT NULL AND action = 'create'),
           count(*) FILTER (WHERE target_id IS NOT NULL AND action = 'update'),
           count(*) FILTER (WHERE target_id IS NOT NULL AND action = 'same'),
           count(*) FILTER (WHERE target_id IS NULL)
    FROM imports_importrow WHERE file_id = %(file)s AND action <> 'reject'
"""


def report_of(file: ImportFile, *, error_file: Path | None = None) -> dict[str, object]:
    """Return the report of an import, with what is peculiar to a curation list.

    Of rows whose person was found `created`, `updated` and `same` compare with the version that
    counted before; `review` are those that wait for staff, stored like the others. `version` is
    what the list became; before that `matched`, `repeated` and `difference` say what it would do.
    """
    found: dict[str, object] = reports.report_of(file, error_file=error_file)
    if not file.total_rows or file.state in (ImportFile.State.FAILED, ImportFile.State.READ):
        return {**found, "version": None}
    version = list_of(file)
    current = None if version else current_list(file.options["call"])
    with connection.cursor() as cursor:
        cursor.execute(
            _STORED if version else _CHECKED,
            {"file": file.pk, "current": current.pk if current else None},
        )
        created, updated, same, review = cursor.fetchone()
    found |= {"created": created, "updated": updated, "same": same, "review": review}
    if version:
        return {**found, "version": version.version, "difference": version.difference}
    seen = preview(file)
    return {
        **found,
        "version": None,
        "matched": seen.matched,
        "repeated": seen.repeated,
        "outside": seen.outside,
        "difference": seen.difference._asdict() if seen.difference else {},
    }
