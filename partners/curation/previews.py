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
    SELECT outcome, count(*) FILTER (WHERE good AND target_id IS NOT NULL),
           count(*) FILTER (WHERE good AND target_id IS NULL),
           count(*) FILTER (WHERE good AND is_outside),
           count(*) FILTER (WHERE NOT good AND NOT repeated),
           count(*) FILTER (WHERE NOT good AND repeated)
    FROM (SELECT coalesce(clean ->> 'outcome', '') AS outcome, target_id,
                 action <> 'reject' AS good, clean @> '{"is_outside": true}' AS is_outside,
                 problems @> %s::jsonb AS repeated
          FROM imports_importrow WHERE file_id = %s) r
    GROUP BY outcome
"""


@dataclass(frozen=True)
class Preview:
    """Rows of a checked list by consequence.

    `matched` and `unmatched` are stored when the list is accepted, `outside` of them name a place
    outside Jakarta; `to_repair` and `repeated` stay out. `outcomes` counts what is stored by
    Outcome. `difference` compares with `current_version`, both None for a first list; `over_quota`
    is how many pass above the quota.
    """

    rows: int
    matched: int
    unmatched: int
    outside: int
    to_repair: int
    repeated: int
    outcomes: dict[str, int]
    current_version: int | None
    difference: Difference | None
    over_quota: int

    @property
    def acceptable(self) -> int:
        """Rows that `Terima` stores."""
        return self.matched + self.unmatched


def preview(file: ImportFile) -> Preview:
    """Return what accepting a checked file would do; the same four queries for any number."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [json.dumps([{"repair": REPEATED}]), file.pk])
        found = cursor.fetchall()
    outcomes = {outcome: known + other for outcome, known, other, *_ in found if known + other}
    matched, unmatched, outside, to_repair, repeated = (
        sum(row[column] for row in found) for column in range(1, 6)
    )
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
        current_version=current.version if current else None,
        difference=difference_of_file(file, current) if current else None,
        over_quota=max(0, outcomes.get("passed", 0) - call.quota) if call.quota else 0,
    )
