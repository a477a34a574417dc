"""The same person or thing twice in one file."""

from __future__ import annotations

import json

from django.db.backends.utils import CursorWrapper

from umkm_portal.imports.models import ImportFile, ImportRow
from umkm_portal.imports.profiles import Profile

REPEATED = "Hapus baris yang berulang; baris pertamanya tetap diterima."
"""What may be done about a row that says what another one said already."""
_PLACE = """({row} %% %(span)s)::text || CASE WHEN w.is_spread
    THEN ' lembar “' || (%(sheets)s::jsonb ->> ({row} / %(span)s)::int) || '”' ELSE '' END"""
"""A row as its reader finds it: by the name of its sheet where rows of several sheets are meant."""
_REFUSE = f"""
    WITH repeated AS (
        SELECT key FROM imports_importrow
        WHERE file_id = %(file)s AND key <> '' AND action <> 'reject'
          AND (%(keys)s::text[] IS NULL OR key = ANY(%(keys)s::text[]))
        GROUP BY key HAVING count(*) > 1
    ), judged AS (
        SELECT key, array_agg(row_no ORDER BY row_no) AS rows,
               count(DISTINCT clean - %(volatile)s::text[]) > 1 AS differ
        FROM imports_importrow JOIN repeated USING (key)
        WHERE file_id = %(file)s AND action <> 'reject'
        GROUP BY key
    ), spread AS (
        SELECT key, rows, rows[1] AS first, differ,
               rows[1] / %(span)s <> rows[array_upper(rows, 1)] / %(span)s AS is_spread
        FROM judged
    ), worded AS (
        SELECT w.*, (SELECT string_agg({_PLACE.format(row="row_no")}, ', ' ORDER BY row_no)
                     FROM unnest(rows[1:10]) AS row_no) AS places
        FROM spread w
    )
    UPDATE imports_importrow r
    SET action = 'reject', problems = r.problems || jsonb_build_object(
        'reason', 'duplicate',
        'column', coalesce(%(headings)s::jsonb ->> split_part(r.key, ':', 1), ''),
        'message', CASE WHEN w.differ
            THEN 'Baris ' || w.places || ' tentang orang yang sama, tetapi ' || %(differ)s || '.'
            ELSE 'Baris ' || w.places || ' ' || %(same)s || ': baris '
                 || {_PLACE.format(row="r.row_no")}
                 || ' mengulang baris ' || {_PLACE.format(row="w.first")} || '.' END,
        'repair', CASE WHEN w.differ
            THEN 'Sisakan satu baris yang benar untuk tiap orang.'
            ELSE %(repeated)s END)
    FROM worded w
    WHERE r.file_id = %(file)s AND r.key = w.key AND r.action <> 'reject'
      AND (w.differ OR r.row_no <> w.first)
"""  # noqa: S608 - only the constant above is put in


_LET_BACK_IN = """
    UPDATE imports_importrow SET action = 'create',
        problems = jsonb_path_query_array(problems, '$[*] ? (!(@.reason == "duplicate"))')
    WHERE file_id = %(file)s AND key = ANY(%(keys)s) AND action = 'reject'
      AND NOT jsonb_path_exists(problems,
          '$[*] ? (!exists(@.warning) && !(@.reason == "duplicate"))')
"""


def refuse_duplicates(
    cursor: CursorWrapper, file: ImportFile, profile: Profile, *, keys: list[str] | None = None
) -> int:
    """Refuse staged rows about the same person; return how many. Looks at all rows, or at `keys`.

    The first of equal rows stays. Rows that contradict each other are refused together, since no
    order of rows tells which one is right.
    """
    if keys is None:
        # The rows came a moment ago: without a look at them the planner thinks there are none.
        # How many there are is enough, so that a look at a tenth as many as usual tells it.
        cursor.execute("SET LOCAL default_statistics_target = 10")
        cursor.execute("ANALYZE imports_importrow (file_id, row_no, key, action)")
        cursor.execute("SET LOCAL enable_nestloop = off")
    headings = {key: heading for heading, key in file.mapping.items()}
    cursor.execute(
        _REFUSE,
        {
            "file": file.pk,
            "span": ImportRow.SHEET_SPAN,
            "volatile": list(profile.volatile),
            "sheets": json.dumps([sheet["name"] for sheet in file.sheets]),
            "headings": json.dumps(headings),
            "keys": keys,
            "same": profile.same_says,
            "differ": profile.differ_says,
            "repeated": REPEATED,
        },
    )
    return cursor.rowcount


def refuse_again(
    cursor: CursorWrapper, file: ImportFile, profile: Profile, *, keys: list[str]
) -> None:
    """Look anew at the rows of some keys, after one of them has become another person."""
    cursor.execute(_LET_BACK_IN, {"file": file.pk, "keys": keys})
    refuse_duplicates(cursor, file, profile, keys=keys)
