"""Rows of one list about the same person, told by different columns: one by code, one by phone."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db.backends.utils import CursorWrapper

from umkm_portal.imports.duplicates import REPEATED
from umkm_portal.imports.models import ImportFile, ImportRow

REASON = "same_person"
SAME_SAYS = "memberi hasil yang sama"
DIFFER_SAYS = "hasilnya berbeda"
ONE_RESULT = "Sisakan satu baris dengan hasil yang benar untuk tiap orang."

_JUDGE = """
    WITH mine AS MATERIALIZED (
        SELECT r.id, r.row_no, r.target_id, r.action,
               (r.clean ->> 'outcome') || coalesce(r.clean ->> 'grade', '') AS said
        FROM unnest(%(targets)s::bigint[]) AS t CROSS JOIN LATERAL (
            SELECT r.id, r.row_no, r.target_id, r.action, r.clean FROM imports_importrow r
            WHERE r.target_id = t AND r.file_id = %(file)s AND r.applied_at IS NULL
              AND (r.action <> 'reject' OR r.problems @> %(mark)s::jsonb)
            OFFSET 0
        ) r
    ), judged AS (
        SELECT target_id, count(*) AS rows, min(row_no) AS first,
               count(DISTINCT said) > 1 AS differ,
               array_to_string((array_agg(row_no %% %(span)s ORDER BY row_no))[1:10], ', ')
                   AS places
        FROM mine GROUP BY target_id
        HAVING count(*) > 1 OR bool_or(action = 'reject')
    )
    UPDATE imports_importrow r SET
        action = CASE WHEN j.differ OR m.row_no <> j.first THEN 'reject' ELSE 'create' END,
        problems = jsonb_path_query_array(r.problems, '$[*] ? (!(@.reason == "same_person"))')
            || CASE
            WHEN j.differ THEN jsonb_build_object('reason', 'same_person', 'column', %(column)s,
                'message', 'Baris ' || j.places || ' tentang orang yang sama, tetapi '
                    || %(differ)s || '.', 'repair', %(one_result)s)
            WHEN m.row_no <> j.first THEN jsonb_build_object('reason', 'same_person',
                'column', %(column)s, 'message', 'Baris ' || j.places || ' ' || %(same)s
                    || ': baris ' || m.row_no %% %(span)s || ' mengulang baris '
                    || j.first %% %(span)s || '.', 'repair', %(repeated)s)
            ELSE '[]' END
    FROM mine m JOIN judged j USING (target_id)
    WHERE r.id = m.id
"""


def refuse_doubles(cursor: CursorWrapper, file: ImportFile, targets: Sequence[int]) -> None:
    """Refuse rows about one of these people that repeat or contradict another row.

    The first of rows with the same result stays. Rows that contradict each other are refused
    together, each naming the others; once only one of them is left it goes on.
    """
    headings = {key: heading for heading, key in file.mapping.items()}
    cursor.execute(
        _JUDGE,
        {
            "file": file.pk,
            "targets": list(targets),
            "mark": json.dumps([{"reason": REASON}]),
            "span": ImportRow.SHEET_SPAN,
            "column": headings.get("result", "Hasil kurasi"),
            "same": SAME_SAYS,
            "differ": DIFFER_SAYS,
            "one_result": ONE_RESULT,
            "repeated": REPEATED,
        },
    )
