"""Who a row is about, and what it would change: one slice of staged rows at a time, in SQL.

A slice becomes a typed temporary table, `slice`. People are found through indexes, never by a
walk over the register, so a slice costs the same whether it holds 3,000 or 3 million people:
`= ANY(ARRAY[x])` says what `= x` says, but leaves the planner no way to hash the whole register,
and `+ 0` keeps it from walking all people of an agency.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from participants.activity import active_until_after
from participants.importing.deciding import (
    DIFFERS_WHERE_REVIEWED,
    KEEP_KNOWN,
    LEAVE_FOREIGN_NIKS,
    REASONS,
)
from umkm_portal.imports import profiles
from umkm_portal.imports.models import ImportFile

CLEAN_TYPES = {
    **dict.fromkeys(("full_name", "nik", "nik_last4", "phone", "email", "birth_date"), "text"),
    **dict.fromkeys(("address", "track", "code", "new_code", "whatsapp_source"), "text"),
    **dict.fromkeys(("business_name", "products", "market", "stall", "nib"), "text"),
    **dict.fromkeys(("yearly_sales", "active_until"), "text"),
    **dict.fromkeys(("region_id", "agency_id", "sector_id"), "bigint"),
    **dict.fromkeys(("is_number_nik", "sells_live", "is_active", "is_willing"), "boolean"),
    **dict.fromkeys(("registered_on", "last_activity_on", "active_at_least"), "date"),
    **dict.fromkeys(("last_served_on", "willing_on", "whatsapp_on"), "date"),
    **{"whatsapp": "boolean", "nik_indexes": "text[]", "channels": "jsonb"},
}
"""The keys of a clean row. Absent: keep what is known. Empty text: clear it."""

TITLES = (
    r"\y(hj?|haji|hajah|drs?|dra|ir|prof|s\.?e|s\.?t|s\.?h|s\.?pd|s\.?kom|s\.?sos|m\.?m|m\.?si"
    r"|m\.?pd|a\.?md)\y\.?"
)


def name_key(column: str) -> str:
    """SQL that makes names comparable: no case, marks, spaces or titles."""
    return (
        f"regexp_replace(regexp_replace(lower({column}), '{TITLES}', '', 'g'), "
        "'[^[:alnum:]]+', '', 'g')"
    )


def at_midnight(column: str) -> str:
    """SQL for the moment at which a date begins in Jakarta."""
    return f"({column}::timestamp AT TIME ZONE 'Asia/Jakarta')"


def same_name(left: str, right: str) -> str:
    """SQL for names that mean the same; most are simply equal, which costs nothing to see."""
    return f"({left} = {right} OR {name_key(left)} = {name_key(right)})"


SAME_NAME = same_name("p.full_name", "s.full_name")
IS_NEWER_WILL = "(s.is_willing IS NOT NULL AND NOT coalesce(s.willing_on < p.willing_on, false))"
GETS_NIK = "(p.nik_index IS NULL AND s.nik IS NOT NULL)"
GETS_VERIFIED = (
    f"({GETS_NIK} OR s.decision = 'take' AND p.identity = 'claimed' "
    "AND p.nik_index = ANY(s.nik_indexes))"
)

PERSON = {
    "full_name": f"CASE WHEN {SAME_NAME} THEN p.full_name ELSE s.full_name END",
    "nik": f"CASE WHEN {GETS_NIK} THEN decode(s.nik, 'base64') ELSE p.nik END",
    "nik_index": "coalesce(p.nik_index, s.nik_indexes[1])",
    "nik_last4": f"CASE WHEN {GETS_NIK} THEN s.nik_last4 ELSE p.nik_last4 END",
    "identity": f"CASE WHEN {GETS_VERIFIED} THEN 'verified' ELSE p.identity END",
    "verified_how": f"CASE WHEN {GETS_VERIFIED} THEN %(verified_how)s ELSE p.verified_how END",
    "verified_at": f"CASE WHEN {GETS_VERIFIED} THEN %(now)s::timestamptz ELSE p.verified_at END",
    "verified_by_id": f"CASE WHEN {GETS_VERIFIED} THEN %(actor)s::bigint ELSE p.verified_by_id END",
    "phone": "coalesce(s.phone, p.phone)",
    "email": "coalesce(s.email, p.email)",
    "birth_date": """CASE WHEN s.birth_date IS NULL THEN p.birth_date
                     ELSE nullif(s.birth_date, '')::date END""",
    "region_id": "coalesce(s.region_id, p.region_id)",
    "address": "coalesce(s.address, p.address)",
    "track": "coalesce(s.track, p.track)",
    "agency_id": """CASE WHEN 'agency' = ANY(%(kept)s) AND p.agency_id IS NOT NULL
                    THEN p.agency_id ELSE coalesce(s.agency_id, p.agency_id) END""",
    "last_activity_at": f"greatest(p.last_activity_at, {at_midnight('s.last_activity_on')})",
    "active_until": """CASE
        WHEN p.active_override THEN p.active_until
        WHEN s.is_active IS FALSE THEN
            CASE WHEN p.active_until < %(today)s::date THEN p.active_until END
        WHEN s.active_until IS NOT NULL THEN nullif(s.active_until, '')::date
        WHEN s.is_active
            AND coalesce(greatest(p.active_until, s.active_at_least) < %(today)s::date, true)
            THEN %(active_until)s::date
        ELSE greatest(p.active_until, s.active_at_least) END""",
    "is_willing": f"CASE WHEN {IS_NEWER_WILL} THEN s.is_willing ELSE p.is_willing END",
    "willing_on": f"""CASE
        WHEN NOT {IS_NEWER_WILL} THEN p.willing_on
        WHEN s.willing_on IS NOT NULL THEN s.willing_on
        WHEN s.is_willing = p.is_willing AND p.willing_on IS NOT NULL THEN p.willing_on
        ELSE %(today)s::date END""",
    "willing_source": f"""CASE
        WHEN {IS_NEWER_WILL} AND (s.is_willing <> p.is_willing OR p.willing_source = '')
        THEN %(source)s ELSE p.willing_source END""",
    "last_served_on": "greatest(p.last_served_on, s.last_served_on)",
}
"""What each column of a known person becomes by a row of the slice."""

NAMED = "s.business_name IS NOT NULL AND NOT " + same_name("b.name", "s.business_name")
BUSINESS = {
    "name": f"CASE WHEN {NAMED} THEN left(s.business_name, 120) ELSE b.name END",
    "sector_id": "coalesce(s.sector_id, b.sector_id)",
    "products": "coalesce(s.products, b.products)",
    "market": "coalesce(s.market, b.market)",
    "stall": "coalesce(s.stall, b.stall)",
    "nib": "coalesce(s.nib, b.nib)",
    "sells_live": "coalesce(s.sells_live, b.sells_live)",
    "yearly_sales": """CASE WHEN s.yearly_sales IS NULL THEN b.yearly_sales
                       ELSE nullif(s.yearly_sales, '')::bigint END""",
}
HAS_BUSINESS = (
    "coalesce(s.business_name, s.products, s.market, s.stall, s.nib, s.yearly_sales) IS NOT NULL "
    "OR s.sector_id IS NOT NULL OR s.sells_live IS NOT NULL OR s.channels IS NOT NULL"
)

SAME_UNLESS_NIK = f"{SAME_NAME} AND (s.nik_indexes IS NULL OR p.nik_index IS NULL)"
"""The same name beside the same phone or address is the same person, unless both have a NIK."""


LIVES = "p.status || '' = 'active'"
"""Said so that no index that begins with the status is walked for each row: nearly all live."""


def _look_up(rank: int, condition: str) -> str:
    """SQL that finds people for the rows `s` by an index; OFFSET 0 keeps it one row at a time."""
    return f"""
        SELECT s.row_no, {rank} AS rank, p.id, p.identity, p.has_nik
        FROM s CROSS JOIN LATERAL (
            SELECT p.id, p.identity, p.nik_index IS NOT NULL AS has_nik
            FROM participants_participant p
            WHERE {condition} AND {LIVES} OFFSET 0
        ) p"""  # noqa: S608 - constants of this module


_NO_DECISIONS = "LEFT JOIN (SELECT ''::text AS choice, NULL::bigint AS target_id) d ON true"
_DECISIONS = """LEFT JOIN LATERAL (
            SELECT d.choice, d.target_id FROM imports_rowdecision d
            WHERE d.file_id = r.file_id AND d.row_no = r.row_no
              AND (d.choice <> 'link' OR EXISTS (
                SELECT 1 FROM participants_participant t
                WHERE t.id = d.target_id AND t.status = 'active'))
        ) d ON true"""
_CLEAN = ", ".join(f"{key} {kind}" for key, kind in CLEAN_TYPES.items())
_TAKE_ROWS = f"""
    CREATE TEMPORARY TABLE slice ON COMMIT DROP AS
    WITH s AS MATERIALIZED (
        SELECT r.id AS row_id, r.row_no, coalesce(d.choice, '') AS choice,
               d.target_id AS decided_target, c.*
        FROM imports_importrow r CROSS JOIN jsonb_to_record(r.clean) AS c({_CLEAN})
        {{decisions}}
        WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
          AND r.action <> ALL(%(settled)s) AND r.applied_at IS NULL
    ), found AS (
        {_look_up(1, "p.nik_index = ANY(s.nik_indexes)")}
        UNION ALL
        {_look_up(2, "p.code = s.code")}
        UNION ALL
        {_look_up(3, f"p.phone = s.phone AND s.phone <> '' AND {SAME_UNLESS_NIK}")}
        UNION ALL
        {_look_up(4, f"p.email = s.email AND p.email <> '' AND {SAME_UNLESS_NIK}")}
    ), best AS (
        SELECT DISTINCT ON (row_no) row_no, rank, id FROM found
        ORDER BY row_no, rank, identity DESC, has_nik, id
    )
    SELECT s.*, whom.target_id, best.rank, whom.decision,
           CASE WHEN whom.target_id IS NULL THEN 'create' ELSE '' END AS action,
           {HAS_BUSINESS} AS has_business,
           CASE WHEN whom.target_id IS NULL AND %(is_applying)s
                THEN nextval('participants_participant_id_seq') END AS new_id,
           NULL::bigint AS business_id, ''::text AS reason,
           false AS person_changes, false AS business_changes, false AS wants_consent,
           false AS wants_mentorship, false AS wants_stage, false AS wants_channels
    FROM s LEFT JOIN best USING (row_no)
    CROSS JOIN LATERAL (
        SELECT CASE s.choice WHEN 'link' THEN s.decided_target WHEN 'new' THEN NULL
                    ELSE best.id END AS target_id,
               CASE WHEN s.choice IN ('take', 'keep')
                         AND s.decided_target IS DISTINCT FROM best.id THEN ''
                    ELSE s.choice END AS decision
    ) whom
"""  # noqa: S608 - constants of this module
_TAKE = _TAKE_ROWS.format(decisions=_NO_DECISIONS)
_TAKE_DECIDED = _TAKE_ROWS.format(decisions=_DECISIONS)

UNNAMED = f"""(left(lower(b.name), 6) = 'usaha ' AND {name_key("b.name")} = (
    SELECT {name_key("'Usaha ' || p.full_name")} FROM participants_participant p
    WHERE p.id = ANY(ARRAY[b.participant_id])))"""  # noqa: S608
"""A business that was told of without a name got one of its owner; a name fills that blank."""
_FIND_BUSINESSES = f"""
    UPDATE slice s SET business_id = (
        SELECT b.id FROM participants_business b
        WHERE b.participant_id = ANY(ARRAY[s.target_id])
          AND (s.business_name IS NULL OR {same_name("b.name", "s.business_name")} OR {UNNAMED})
        ORDER BY coalesce({same_name("b.name", "s.business_name")}, false) DESC, b.id LIMIT 1)
    WHERE s.target_id IS NOT NULL AND s.has_business
"""  # noqa: S608


def _changes(alias: str, fields: dict[str, str]) -> str:
    before = ", ".join(f"{alias}.{name}" for name in fields)
    return f"({before}) IS DISTINCT FROM ({', '.join(fields.values())})"


_JUDGE = f"""
    WITH judged AS MATERIALIZED (
        SELECT s.row_no,
            CASE
                WHEN s.decision <> '' THEN ''
                WHEN s.rank = 1 AND p.identity = 'claimed' THEN 'claim'
                WHEN s.rank > 2 AND p.account_id IS NOT NULL AND p.identity = 'claimed'
                     AND s.nik IS NOT NULL THEN 'claim'
                WHEN s.rank = 1 AND s.is_number_nik AND NOT ({SAME_NAME})
                     AND p.phone IS DISTINCT FROM s.phone
                     AND p.birth_date::text IS DISTINCT FROM s.birth_date THEN 'number'
                WHEN p.identity = 'verified' AND NOT ({SAME_NAME}) THEN 'name'
                WHEN p.identity = 'verified' AND s.birth_date IS NOT NULL
                     AND p.birth_date::text <> s.birth_date THEN 'birth_date'
                WHEN p.identity = 'verified' AND s.nik_indexes IS NOT NULL
                     AND NOT p.nik_index = ANY(s.nik_indexes) THEN 'nik'
                WHEN p.account_id IS NOT NULL AND (p.phone <> s.phone OR p.email <> s.email)
                     THEN 'contact'
                WHEN {DIFFERS_WHERE_REVIEWED} THEN 'policy'
                ELSE '' END AS reason,
            {_changes("p", PERSON)} AS person_changes,
            s.has_business AND (b.id IS NULL OR {_changes("b", BUSINESS)}) AS business_changes,
            s.whatsapp IS NOT NULL AND CASE
                WHEN c.event IS NULL THEN s.whatsapp
                WHEN s.whatsapp THEN c.event <> 'given' AND s.whatsapp_on > c.day
                ELSE c.event = 'given' AND s.whatsapp_on >= c.day END AS wants_consent,
            s.agency_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM participants_mentorship m
                WHERE m.participant_id = ANY(ARRAY[p.id])
                  AND m.organisation_id + 0 = s.agency_id
            ) AS wants_mentorship,
            NOT EXISTS (
                SELECT 1 FROM participants_stageevent e
                WHERE e.participant_id = ANY(ARRAY[p.id]) AND e.stage_id = 'P1'
                  AND e.corrects_id IS NULL
            ) AS wants_stage,
            EXISTS (
                SELECT 1 FROM jsonb_array_elements(s.channels) AS new
                WHERE NOT EXISTS (
                    SELECT 1 FROM participants_saleschannel old
                    WHERE old.business_id = ANY(ARRAY[b.id]) AND old.platform = new ->> 0
                      AND old.store_link = new ->> 1)
            ) AS wants_channels
        FROM slice s
        JOIN participants_participant p ON p.id = ANY(ARRAY[s.target_id])
        LEFT JOIN participants_business b ON b.id = ANY(ARRAY[s.business_id])
        LEFT JOIN LATERAL (
            SELECT event, (happened_at AT TIME ZONE 'Asia/Jakarta')::date AS day
            FROM participants_consent
            WHERE participant_id = p.id AND purpose = 'whatsapp' AND s.whatsapp IS NOT NULL
            ORDER BY happened_at DESC, id DESC LIMIT 1
        ) c ON true
    )
    UPDATE slice s SET
        reason = j.reason, person_changes = j.person_changes,
        business_changes = j.business_changes, wants_consent = j.wants_consent,
        wants_mentorship = j.wants_mentorship, wants_stage = j.wants_stage,
        wants_channels = j.wants_channels,
        action = CASE
            WHEN j.reason <> '' THEN 'review'
            WHEN j.person_changes OR j.business_changes OR j.wants_consent OR j.wants_mentorship
                 OR j.wants_stage OR j.wants_channels THEN 'update'
            ELSE 'same' END
    FROM judged j WHERE j.row_no = s.row_no
"""  # noqa: S608

_WRITE_BACK = """
    UPDATE imports_importrow r SET
        action = s.action,
        target_id = s.target_id,
        problems = r.problems || coalesce(%(reasons)s::jsonb -> nullif(s.reason, ''), '[]')
    FROM slice s
    WHERE r.id = s.row_id AND (r.action, r.target_id) IS DISTINCT FROM (s.action, s.target_id)
"""


def take_slice(
    cursor: CursorWrapper, file: ImportFile, first: int, last: int, *, is_applying: bool
) -> dict[str, Any]:
    """Make the table `slice` of the rows after `first` up to `last` that are not settled, judged.

    `action` is create, update, same or review; with `is_applying` new people have their id.
    Returns the parameters that the statements over a slice use.
    """
    facts = _parameters(file)
    has_decisions = file.decisions.exists()
    cursor.execute("DROP TABLE IF EXISTS slice")
    # A register that is just being filled has no statistics: say what they would say.
    cursor.execute("SET LOCAL enable_seqscan = off")
    settled = ["reject", "review", "same"] if is_applying else ["reject", "review"]
    bounds: dict[str, Any] = {
        "first": first,
        "last": last,
        "is_applying": is_applying,
        "settled": settled,
    }
    cursor.execute(_TAKE_DECIDED if has_decisions else _TAKE, {**facts, **bounds})
    if has_decisions:
        cursor.execute(LEAVE_FOREIGN_NIKS)
    cursor.execute("SELECT 1 FROM slice WHERE target_id IS NOT NULL LIMIT 1")
    if cursor.fetchone():
        cursor.execute(_FIND_BUSINESSES)
        if facts["kept"] or has_decisions:
            cursor.execute(KEEP_KNOWN, facts)
        cursor.execute("ANALYZE slice (row_no, target_id, business_id)")
        cursor.execute(_JUDGE, facts)
    return facts


def check_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Set action, target and review reasons of staged rows; writes nothing else."""
    facts = take_slice(cursor, file, first, last, is_applying=False)
    cursor.execute(_WRITE_BACK, facts)


def _parameters(file: ImportFile) -> dict[str, Any]:
    now = timezone.now()
    today = timezone.localdate(now)
    profile = profiles.get(file.profile)
    policies = {
        field.key: profile.policy_of(field.key, file.policies) for field in profile.policy_fields
    }
    headings = {key: heading for heading, key in file.mapping.items()}
    reasons = {
        reason: [
            {
                **{"column": headings.get(key, key), "message": message},
                **{"repair": repair, "reason": reason},
            }
        ]
        for reason, (key, message, repair) in REASONS.items()
    }
    return {
        "file": file.pk,
        "now": now,
        "today": today,
        "active_until": active_until_after(today),
        "actor": file.approved_by_id,
        "source": f"Impor #{file.pk}",
        **profile.facts,
        "kept": [key for key, policy in policies.items() if policy == ImportFile.Policy.KEEP],
        "reviewed": [key for key, policy in policies.items() if policy == ImportFile.Policy.REVIEW],
        "reasons": json.dumps(reasons),
    }
