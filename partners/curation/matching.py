"""Whom the rows of a curation list are about: one slice of staged rows at a time, in SQL.

A slice becomes a typed temporary table, `decided`. As in the register's files people are found
through indexes only. Somebody who agreed to share with another partner, or applied there, and has
nothing to do with this one, waits for staff like a stranger: the file tells nobody that she exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.utils import CursorWrapper

from participants.importing.matching import LIVES, same_name
from participants.store_links import link_key_sql
from partners.curation.doubles import refuse_doubles
from partners.models import CurationCall
from umkm_portal.imports.models import ImportFile

CLEAN_TYPES = {
    **dict.fromkeys(("outcome", "grade", "reason", "note", "business_name", "full_name"), "text"),
    **dict.fromkeys(("phone", "email", "code", "store_link", "products", "place"), "text"),
    **{"identity": "text", "nik_indexes": "text[]", "links": "text[]"},
    **dict.fromkeys(("is_number_nik", "is_outside"), "boolean"),
}
"""The keys of a clean row; an absent one says nothing."""

MATCHED = ("code", "nik_indexes", "is_number_nik", "phone", "full_name", "business_name", "links")
"""The keys that people are found by, besides what staff know them by: the identity."""
_IS_AS_SURE = "rank = surest OR rank = 3 AND surest = 2"
"""Code and NIK are equally sure: where they lead to two people, nobody is found."""
_NO_OTHER_NIK = "(s.nik_indexes IS NULL OR p.nik_index IS NULL)"
"""Two different NIKs are two people, whatever else they share; equal ones were found before."""
_HAS_BUSINESS = f"""EXISTS (
    SELECT 1 FROM participants_business b
    WHERE b.participant_id = ANY(ARRAY[p.id])
      AND ({same_name("b.name", "s.business_name")} OR {same_name("b.name", "s.full_name")}))"""  # noqa: S608
_HAS_NAME = f"({same_name('p.full_name', 's.full_name')} OR {_HAS_BUSINESS})"
_RANKS = ("staff", "code", "nik", "phone", "link")
"""Staff, or an invitation of theirs, found a business once: it is known in later versions."""


def _look_up(by: str, condition: str, *, of: str = "participants_participant p") -> str:
    """SQL that finds people for the rows `s` by an index; OFFSET 0 keeps it one row at a time."""
    return f"""
        SELECT s.row_no, {_RANKS.index(by) + 1} AS rank, p.id
        FROM s CROSS JOIN LATERAL (
            SELECT p.id FROM {of} WHERE {condition} AND {LIVES} OFFSET 0
        ) p"""  # noqa: S608 - constants of this module


_BY_CHANNEL = """participants_saleschannel c
    JOIN participants_business b ON b.id = c.business_id
    JOIN participants_participant p ON p.id = b.participant_id"""
_BY_APPLICATION = """partners_application a
    JOIN participants_participant p ON p.id = a.participant_id"""
_BY_STAFF = """partners_curationdecision d
    JOIN partners_curationlist l ON l.id = d.list_id + 0
    JOIN participants_participant p ON p.id = d.participant_id"""
_BY_NUMBER = " UNION ALL ".join(
    (
        _look_up("code", "p.code = s.code"),
        _look_up(
            "nik",
            "p.nik_index = ANY(s.nik_indexes) AND p.identity || '' = 'verified' "
            f"AND (s.is_number_nik IS NULL OR p.phone = s.phone OR {_HAS_NAME})",
        ),
    )
)
_BY_CONTACT = " UNION ALL ".join(
    (
        _look_up(
            "phone", f"p.phone = s.phone AND s.phone <> '' AND {_NO_OTHER_NIK} AND {_HAS_NAME}"
        ),
        _look_up(
            "link",
            f"{link_key_sql('c.store_link')} = ANY(s.links) AND c.store_link <> '' "
            f"AND {_NO_OTHER_NIK}",
            of=_BY_CHANNEL,
        ),
    )
)
_TAKE = f"""
    CREATE TEMPORARY TABLE decided ON COMMIT DROP AS
    WITH taken AS MATERIALIZED (
        SELECT r.row_no, r.target_id AS old_target, {{columns}}
        FROM imports_importrow r
        WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
          AND r.action <> 'reject' AND r.applied_at IS NULL
    ), numbered AS MATERIALIZED (
        WITH s AS (SELECT * FROM taken) {_BY_NUMBER} {{by_staff}}
    ), found AS (
        SELECT * FROM numbered UNION ALL (
        WITH s AS (SELECT * FROM taken WHERE row_no NOT IN (SELECT row_no FROM numbered))
        {_BY_CONTACT} {{by_application}})
    ), ranked AS (
        SELECT row_no, id, rank, min(rank) OVER (PARTITION BY row_no) AS surest FROM found
    ), told AS (
        SELECT row_no, surest, array_agg(id) AS candidates,
               min(id) FILTER (WHERE {_IS_AS_SURE}) AS lowest,
               max(id) FILTER (WHERE {_IS_AS_SURE}) AS highest
        FROM ranked GROUP BY row_no, surest
    )
    SELECT s.*, t.candidates, 'create'::text AS action,
           CASE WHEN t.lowest = t.highest THEN t.lowest END AS target_id,
           CASE WHEN t.lowest = t.highest THEN (ARRAY{{ranks}})[t.surest] ELSE '' END AS matched_by
    FROM taken s LEFT JOIN told t USING (row_no)
"""  # noqa: S608 - constants of this module
_FROM_APPLICATIONS = "UNION ALL" + _look_up(
    "link",
    f"a.call_id = %(call)s AND a.state <> 'withdrawn' AND a.store_link <> '' "
    f"AND {link_key_sql('a.store_link')} = ANY(s.links) AND {_NO_OTHER_NIK}",
    of=_BY_APPLICATION,
)
_FROM_STAFF = "UNION ALL" + _look_up(
    "staff",
    "d.identity = s.identity AND d.identity <> '' "
    "AND (d.settled_at IS NOT NULL OR d.matched_by = 'staff') "
    "AND l.call_id + 0 = %(call)s AND l.state <> 'withdrawn'",
    of=_BY_STAFF,
)

_KNOWS = """EXISTS (
        SELECT 1 FROM partners_application a JOIN partners_curationcall k ON k.id = a.call_id
        WHERE a.participant_id = ANY(ARRAY[s.target_id]) AND k.partner_id {who} %(partner)s
    ) OR EXISTS (
        SELECT 1 FROM partners_disclosure d JOIN partners_sharedlist l ON l.id = d.shared_list_id
        WHERE d.participant_id = ANY(ARRAY[s.target_id]) AND l.partner_id {who} %(partner)s
    )"""
_SHARES = """EXISTS (
        SELECT 1 FROM (
            SELECT DISTINCT ON (c.organisation_id) c.organisation_id, c.event
            FROM participants_consent c
            WHERE c.participant_id = ANY(ARRAY[s.target_id]) AND c.purpose || '' = 'sharing'
            ORDER BY c.organisation_id, c.happened_at DESC, c.id DESC
        ) t WHERE t.event = 'given' AND t.organisation_id {who} %(organisation)s
    )"""
_THEM = "ANY(ARRAY(SELECT target_id FROM decided WHERE target_id IS NOT NULL))"
_OTHERS, _OURS = (f"({_SHARES} OR {_KNOWS})".format(who=who) for who in ("<>", "="))
_LEAVE_OTHERS_PEOPLE = f"""
    WITH brought AS MATERIALIZED (
        SELECT c.participant_id FROM participants_consent c
        WHERE c.participant_id = {_THEM} AND c.purpose = 'sharing' AND c.event = 'given'
          AND c.organisation_id <> %(organisation)s
        UNION
        SELECT a.participant_id FROM partners_application a
        JOIN partners_curationcall k ON k.id = a.call_id
        WHERE a.participant_id = {_THEM} AND k.partner_id <> %(partner)s
        UNION
        SELECT d.participant_id FROM partners_disclosure d
        JOIN partners_sharedlist l ON l.id = d.shared_list_id
        WHERE d.participant_id = {_THEM} AND l.partner_id <> %(partner)s
    ), s AS MATERIALIZED (
        SELECT row_no, target_id FROM decided
        WHERE target_id IN (SELECT participant_id FROM brought) AND matched_by <> 'staff'
    )
    UPDATE decided found SET target_id = NULL, matched_by = ''
    FROM s WHERE found.row_no = s.row_no AND {_OTHERS} AND NOT {_OURS}
"""  # noqa: S608 - constants of this module
"""Everybody is looked up at once among whom others ever brought; few are, and looked at closely."""

WRITE_BACK = """
    UPDATE imports_importrow r SET target_id = s.target_id FROM decided s
    WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
      AND r.row_no = s.row_no AND r.target_id IS DISTINCT FROM s.target_id
"""
"""Says which rows a slice has: by their ids alone all rows before it would be walked as well."""
_REPEATED = """
    SELECT target_id FROM imports_importrow WHERE file_id = %(file)s AND target_id IS NOT NULL
    GROUP BY target_id HAVING count(*) > 1
"""
_TOUCHED = """
    SELECT DISTINCT t FROM decided, unnest(ARRAY[old_target, target_id]) AS t WHERE t IS NOT NULL
"""


def take_slice(
    cursor: CursorWrapper,
    file: ImportFile,
    first: int,
    last: int,
    *,
    keys: Iterable[str] = CLEAN_TYPES,
) -> dict[str, Any]:
    """Make the table `decided` of the rows after `first` up to `last` that are not refused.

    `target_id` is whom a row is about, NULL where nobody or several fit; then `candidates` are
    for staff. Of a clean row it has the `keys`, which must name those people are found by.
    Returns the parameters that the statements over a slice use.
    """
    call = CurationCall.objects.select_related("partner").get(pk=file.options["call"])
    facts: dict[str, Any] = {
        **{"file": file.pk, "first": first, "last": last, "call": call.pk},
        **{"partner": call.partner_id, "organisation": call.partner.organisation_id},
    }
    cursor.execute("DROP TABLE IF EXISTS decided")
    # A register that is just being filled has no statistics: say what they would say.
    cursor.execute("SET LOCAL enable_seqscan = off")
    has_applications = call.applications.live().exclude(store_link="").exists()
    cursor.execute(
        _TAKE.format(
            columns=", ".join(map(_clean, keys)),
            ranks=[*_RANKS],
            by_application=_FROM_APPLICATIONS if has_applications else "",
            by_staff=_FROM_STAFF if call.lists.exclude(file=file).exists() else "",
        ),
        facts,
    )
    cursor.execute(_LEAVE_OTHERS_PEOPLE, facts)
    return facts


def check_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Find the people of staged rows, and refuse rows that say two things about one of them."""
    facts = take_slice(cursor, file, first, last, keys=(*MATCHED, "identity"))
    if file.state == ImportFile.State.MAPPED:
        cursor.execute(WRITE_BACK, facts)
        # The rows of one person may stand in any slice: they are judged with the last one.
        is_last = file.rows_checked >= file.total_rows
        targets = _targets(cursor, _REPEATED, facts) if is_last else []
    else:
        targets = _targets(cursor, _TOUCHED, facts)
        cursor.execute(WRITE_BACK, facts)
    if targets:
        refuse_doubles(cursor, file, targets)


def _clean(key: str) -> str:
    """SQL that reads a key of a clean row; a third of the time that jsonb_to_record takes."""
    text = f"r.clean ->> '{key}'"
    if CLEAN_TYPES[key] == "text[]":
        elements = f"ARRAY(SELECT jsonb_array_elements_text(r.clean -> '{key}'))"
        return f"CASE WHEN {text} IS NOT NULL THEN {elements} END AS {key}"
    return f"({text})::{CLEAN_TYPES[key]} AS {key}"


def _targets(cursor: CursorWrapper, statement: str, facts: dict[str, Any]) -> list[int]:
    cursor.execute(statement, facts)
    return [target for (target,) in cursor.fetchall()]
