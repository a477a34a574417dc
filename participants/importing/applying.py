"""The good rows of one slice into the register: every statement writes many rows at once.

History triggers see each write, since they watch statements and not Python.
"""

from __future__ import annotations

from django.db import IntegrityError
from django.db.backends.utils import CursorWrapper

from participants.importing.matching import (
    BUSINESS,
    PERSON,
    at_midnight,
    take_slice,
)
from participants.search import refresh_search
from umkm_portal.common.codes import new_code
from umkm_portal.imports.models import ImportFile

_TAKEN_CODES = """
    WITH ours AS (
        SELECT row_no, new_code, row_number() OVER (PARTITION BY new_code ORDER BY row_no) AS nth
        FROM slice WHERE new_id IS NOT NULL
    )
    SELECT row_no FROM ours
    WHERE nth > 1 OR EXISTS (
        SELECT 1 FROM participants_participant p WHERE p.code = ANY(ARRAY[ours.new_code]))
"""

_INSERT_PEOPLE = f"""
    INSERT INTO participants_participant (
        id, code, full_name, nik, nik_index, nik_last4, phone, email, birth_date, region_id,
        address, agency_id, track, source, identity, verified_by_id, verified_how, verified_at,
        last_activity_at, active_until, active_override, active_reason, is_willing, willing_on,
        willing_source, last_served_on, status, search, created_at, updated_at)
    SELECT s.new_id, s.new_code, s.full_name, decode(s.nik, 'base64'), s.nik_indexes[1],
        coalesce(s.nik_last4, ''), coalesce(s.phone, ''), coalesce(s.email, ''),
        nullif(s.birth_date, '')::date, s.region_id, coalesce(s.address, ''), s.agency_id,
        coalesce(s.track, 'new_entrepreneur'), %(source)s,
        CASE WHEN s.nik IS NULL THEN 'claimed' ELSE 'verified' END,
        CASE WHEN s.nik IS NOT NULL THEN %(actor)s::bigint END,
        CASE WHEN s.nik IS NULL THEN '' ELSE %(verified_how)s END,
        CASE WHEN s.nik IS NOT NULL THEN %(now)s::timestamptz END,
        {at_midnight("s.last_activity_on")},
        CASE WHEN s.is_active IS FALSE THEN NULL
             WHEN s.active_until IS NOT NULL THEN nullif(s.active_until, '')::date
             WHEN s.is_active AND coalesce(s.active_at_least < %(today)s::date, true)
                  THEN %(active_until)s::date
             ELSE s.active_at_least END,
        false, '', coalesce(s.is_willing, false),
        CASE WHEN s.is_willing IS NOT NULL THEN coalesce(s.willing_on, %(today)s::date) END,
        CASE WHEN s.is_willing IS NULL THEN '' ELSE %(source)s END,
        s.last_served_on, 'active',
        lower(concat_ws(' ', s.full_name, coalesce(s.phone, ''), coalesce(s.email, ''),
            CASE WHEN s.has_business THEN left(coalesce(s.business_name, 'Usaha ' || s.full_name),
                120) END)),
        %(now)s::timestamptz, %(now)s::timestamptz
    FROM slice s WHERE s.new_id IS NOT NULL
"""  # noqa: S608 - constants of this package

_NOT_LIVING = """
    SELECT count(*) FILTER (WHERE found.status <> 'active') FROM (
        SELECT status FROM participants_participant WHERE id = ANY(%s) FOR KEY SHARE
    ) AS found
"""
_SETS = ", ".join(f"{name} = {value}" for name, value in PERSON.items())
_UPDATE_PEOPLE = f"""
    UPDATE participants_participant p SET {_SETS}, updated_at = %(now)s::timestamptz
    FROM slice s
    WHERE p.id = ANY(ARRAY[s.target_id]) AND s.action = 'update' AND s.person_changes
"""  # noqa: S608
_KEEP_BEFORE = """
    UPDATE imports_importrow r SET before = jsonb_build_object(
        'person', to_jsonb(p) - ARRAY['nik', 'nik_index', 'search'], 'business', to_jsonb(b),
        'mark', p.xmin::text)
    FROM slice s
    JOIN participants_participant p ON p.id = ANY(ARRAY[s.target_id])
    LEFT JOIN participants_business b ON b.id = ANY(ARRAY[s.business_id])
    WHERE r.id = s.row_id AND s.action = 'update'
"""

_NUMBER_BUSINESSES = """
    UPDATE slice SET business_id = nextval('participants_business_id_seq'), action = action || '+'
    WHERE has_business AND business_id IS NULL AND action IN ('create', 'update')
"""
_INSERT_BUSINESSES = """
    INSERT INTO participants_business (
        id, participant_id, name, sector_id, region_id, products, nib, kbli, kbli_version, market,
        stall, sells_live, yearly_sales, created_at, updated_at)
    SELECT s.business_id, coalesce(s.new_id, s.target_id),
        left(coalesce(s.business_name, 'Usaha ' || s.full_name), 120), s.sector_id, s.region_id,
        coalesce(s.products, ''), coalesce(s.nib, ''), '', '', coalesce(s.market, ''),
        coalesce(s.stall, ''), s.sells_live, nullif(s.yearly_sales, '')::bigint,
        %(now)s::timestamptz, %(now)s::timestamptz
    FROM slice s WHERE s.action LIKE '%%+'
"""
_UPDATE_BUSINESSES = f"""
    UPDATE participants_business b
    SET {", ".join(f"{name} = {value}" for name, value in BUSINESS.items())},
        updated_at = %(now)s::timestamptz
    FROM slice s
    WHERE b.id = ANY(ARRAY[s.business_id]) AND s.action = 'update' AND s.business_changes
"""  # noqa: S608
_INSERT_CHANNELS = """
    INSERT INTO participants_saleschannel (business_id, platform, store_link)
    SELECT s.business_id, channel ->> 0, channel ->> 1
    FROM slice s, jsonb_array_elements(s.channels) AS channel
    WHERE s.business_id IS NOT NULL AND (s.new_id IS NOT NULL OR s.action LIKE 'update%%')
    ON CONFLICT DO NOTHING
"""

_IS_NEW_OR = "(s.new_id IS NOT NULL OR s.action LIKE 'update%%' AND"
_INSERT_STAGES = f"""
    INSERT INTO participants_stageevent
        (participant_id, stage_id, organisation_id, occurred_on, source_ref, actor_id, created_at)
    SELECT coalesce(s.new_id, s.target_id), 'P1', s.agency_id,
        coalesce(s.registered_on, %(today)s::date),
        'registration:' || coalesce(s.new_id, s.target_id), %(actor)s::bigint, %(now)s::timestamptz
    FROM slice s WHERE {_IS_NEW_OR} s.wants_stage)
    ON CONFLICT DO NOTHING
"""  # noqa: S608
_INSERT_CONSENTS = f"""
    INSERT INTO participants_consent (participant_id, purpose, event, notice_version, channel,
        source, actor_id, happened_at)
    SELECT coalesce(s.new_id, s.target_id), 'whatsapp',
        CASE WHEN s.whatsapp THEN 'given' ELSE 'withdrawn' END, '', 'impor',
        coalesce(s.whatsapp_source, %(source)s), %(actor)s::bigint, {at_midnight("s.whatsapp_on")}
    FROM slice s
    WHERE s.new_id IS NOT NULL AND s.whatsapp OR s.action LIKE 'update%%' AND s.wants_consent
"""  # noqa: S608
_INSERT_MENTORSHIPS = f"""
    INSERT INTO participants_mentorship (participant_id, organisation_id, started_on)
    SELECT coalesce(s.new_id, s.target_id), s.agency_id, coalesce(s.registered_on, %(today)s::date)
    FROM slice s WHERE s.agency_id IS NOT NULL AND {_IS_NEW_OR} s.wants_mentorship)
    ON CONFLICT DO NOTHING
"""  # noqa: S608

_MARK = """
    UPDATE imports_importrow r SET
        action = rtrim(s.action, '+'),
        target_id = coalesce(s.new_id, s.target_id),
        applied_at = CASE WHEN s.action NOT IN ('same', 'review') THEN %(now)s::timestamptz END,
        raw = CASE WHEN s.action = 'review' THEN r.raw END,
        clean = CASE WHEN s.action = 'review' THEN r.clean ELSE '{}' END,
        problems = r.problems || coalesce(%(reasons)s::jsonb -> nullif(s.reason, ''), '[]')
    FROM slice s
    WHERE r.id = s.row_id AND (s.action <> 'same' OR r.action <> 'same')
"""


def apply_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Write the people, businesses, stages, consents and mentorships of one slice.

    Rows are matched once more: what others wrote since the check is neither doubled nor lost.
    Raises IntegrityError when somebody was merged or forgotten since this look: look again.
    """
    facts = take_slice(cursor, file, first, last, is_applying=True)
    _draw_free_codes(cursor)
    cursor.execute("SELECT array_agg(target_id) FROM slice WHERE action = 'update'")
    (updated,) = cursor.fetchone()
    if updated:
        _hold(cursor, updated)
        cursor.execute(_KEEP_BEFORE, facts)
        cursor.execute(_UPDATE_PEOPLE, facts)
        cursor.execute(_UPDATE_BUSINESSES, facts)
    cursor.execute(_INSERT_PEOPLE, facts)
    cursor.execute(_NUMBER_BUSINESSES)
    for statement in (
        _INSERT_BUSINESSES,
        _INSERT_CHANNELS,
        _INSERT_STAGES,
        _INSERT_CONSENTS,
        _INSERT_MENTORSHIPS,
        _MARK,
    ):
        cursor.execute(statement, facts)
    if updated:
        refresh_search(updated)


def _hold(cursor: CursorWrapper, people: list[int]) -> None:
    """Keep these people from being merged until the slice is written."""
    cursor.execute(_NOT_LIVING, [people])
    if cursor.fetchone()[0]:
        raise IntegrityError("somebody of this slice was merged meanwhile")


def _draw_free_codes(cursor: CursorWrapper) -> None:
    """Give new people whose random code is taken another one: some five among 370,000."""
    while True:
        cursor.execute(_TAKEN_CODES)
        taken = [row_no for (row_no,) in cursor.fetchall()]
        if not taken:
            return
        cursor.execute(
            "UPDATE slice SET new_code = drawn.code FROM unnest(%s::int[], %s::text[]) "
            "AS drawn (row_no, code) WHERE slice.row_no = drawn.row_no",
            [taken, [new_code() for _ in taken]],
        )
