"""What a checked list would do, in numbers, before anybody accepts it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.db import connection

from partners.curation.versions import Difference, current_list, difference_of_file
from partners.models import CurationCall
from umkm_portal.imports.duplicates import REPEATED
from umkm_portal.imports.models import ImportFile

_COUNT = """
    SELECT count(*) FILTER (WHERE good AND target_id IS NOT NULL),
           count(*) FILTER (WHERE good AND target_id IS NULL),
           count(*) FILTER (WHERE good AND clean @> '{"is_outside": true}'),
           count(*) FILTER (WHERE NOT good AND NOT repeated),
           count(*) FILTER (WHERE NOT good AND repeated)
    FROM (SELECT target_id, clean, action <> 'reject' AS good, problems @> %s::jsonb AS repeated
          FROM imports_importrow WHERE file_id = %s) r
"""
_COUNT_BY = """
    SELECT coalesce(clean ->> 'outcome', ''), coalesce(clean ->> 'matched_by', ''), count(*)
    FROM imports_importrow WHERE file_id = %s AND action <> 'reject' GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Preview:
    """Rows of a checked list by consequence.

    `matched` and `unmatched` are stored when the list is accepted, `outside` of them name a place
    outside Jakarta; `to_repair` and `repeated` stay out. `outcomes` counts what is stored by
    Outcome, `matched_by` by the column that found the person. `difference` compares with
    `current_version`, both None for a first list; `over_quota` is how many pass above the quota.
    """

    rows: int
    matched: int
    unmatched: int
    outside: int
    to_repair: int
    repeated: int
    outcomes: dict[str, int]
    matched_by: dict[str, int]
    current_version: int | None
    difference: Difference | None
    over_quota: int

    @property
    def acceptable(self) -> int:
        """Rows that `Terima` stores."""
        return self.matched + self.unmatched


def preview(file: ImportFile) -> Preview:
    """Return what accepting a checked file would do; the same five queries for any number."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [json.dumps([{"repair": REPEATED}]), file.pk])
        matched, unmatched, outside, to_repair, repeated = cursor.fetchone()
        cursor.execute(_COUNT_BY, [file.pk])
        found = cursor.fetchall()
    outcomes: dict[str, int] = {}
    matched_by: dict[str, int] = {}
    for outcome, by, count in found:
        outcomes[outcome] = outcomes.get(outcome, 0) + count
        matched_by[by] = matched_by.get(by, 0) + count
    call = CurationCall.objects.get(pk=file.options["call"])
    current = current_list(call)
    return Preview(
        rows=file.total_rows,
        matched=matched,
        unmatched=unmatched,
        outside=outside,
        to_repair=to_repair,
        repeated=repeated,
        outcomes=outcomes,
        matched_by=matched_by,
        current_version=current.version if current else None,
        difference=difference_of_file(file, current) if current else None,
        over_quota=max(0, outcomes.get("passed", 0) - call.quota) if call.quota else 0,
    )
