"""Whom the rows of a report of sales are about: only people the partner has to do with.

Anybody else, in the register or not, is refused in the same words: the file tells nobody who is
in there. A list that the partner accepted itself makes nobody its own, only what the dinas
announced: else a list of phone numbers and a report about them would tell who is registered.
"""

from __future__ import annotations

import json

from django.db.backends.utils import CursorWrapper

from participants.importing.matching import LIVES, same_name
from participants.store_links import link_key_sql
from partners.bazaars.columns import REPAIRS
from partners.models import Partner
from umkm_portal.imports.models import ImportFile, ImportRow

CLEAN = (
    "code text, nik_indexes text[], phone text, full_name text, business_name text, links text[], "
    "period_from date, period_to date, channel text, orders int, amount bigint"
)
_HAS_NAME = f"""({same_name("p.full_name", "s.full_name")} OR EXISTS (
    SELECT 1 FROM participants_business b WHERE b.participant_id = p.id
      AND ({same_name("b.name", "s.business_name")} OR {same_name("b.name", "s.full_name")})))"""  # noqa: S608
_MATCH = f"""
    CREATE TEMPORARY TABLE sold ON COMMIT DROP AS
    WITH s AS MATERIALIZED (
        SELECT r.id AS row_id, r.target_id AS old_target, c.*
        FROM imports_importrow r CROSS JOIN jsonb_to_record(r.clean) AS c({CLEAN})
        WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
          AND r.action <> 'reject' AND r.applied_at IS NULL
    ), mine AS MATERIALIZED (
        SELECT e.participant_id AS id FROM partners_bazaarentry e
        JOIN partners_bazaar z ON z.id = e.bazaar_id WHERE z.partner_id = %(partner)s
        UNION
        SELECT t.participant_id FROM partners_curationresult t
        JOIN partners_curationcall k ON k.id = t.call_id
        WHERE k.partner_id = %(partner)s AND t.withdrawn_at IS NULL
        UNION
        SELECT d.participant_id FROM partners_disclosure d
        JOIN partners_sharedlist l ON l.id = d.shared_list_id
        WHERE l.partner_id = %(partner)s AND d.withdrawn_at IS NULL
    ), p AS MATERIALIZED (
        SELECT p.id, p.code, p.phone, p.full_name, p.nik_index, p.identity
        FROM participants_participant p JOIN mine USING (id) WHERE {LIVES}
    ), shops AS MATERIALIZED (
        SELECT b.participant_id AS id, {link_key_sql("c.store_link")} AS link
        FROM participants_saleschannel c JOIN participants_business b ON b.id = c.business_id
        JOIN p ON p.id = b.participant_id WHERE c.store_link <> ''
        UNION
        SELECT a.participant_id, {link_key_sql("a.store_link")}
        FROM partners_application a JOIN partners_curationcall k ON k.id = a.call_id
        JOIN p ON p.id = a.participant_id
        WHERE k.partner_id = %(partner)s AND a.store_link <> ''
    ), found AS (
        SELECT s.row_id, 1 AS rank, p.id FROM s JOIN p ON p.code = s.code
        UNION ALL
        SELECT s.row_id, 2, p.id FROM s JOIN p ON p.nik_index = ANY(s.nik_indexes)
        WHERE p.identity = 'verified'
        UNION ALL
        SELECT s.row_id, 3, p.id FROM s JOIN p ON p.phone = s.phone AND s.phone <> ''
        WHERE {_HAS_NAME}
        UNION ALL
        SELECT s.row_id, 4, shops.id FROM s JOIN shops ON shops.link = ANY(s.links)
    ), ranked AS (
        SELECT row_id, id, rank, min(rank) OVER (PARTITION BY row_id) AS surest FROM found
    ), best AS (
        SELECT row_id, CASE WHEN min(id) = max(id) THEN min(id) END AS target_id
        FROM ranked WHERE rank = surest GROUP BY row_id
    )
    SELECT s.row_id, s.old_target, best.target_id FROM s LEFT JOIN best USING (row_id)
"""  # noqa: S608 - constants of this module
_WRITE_BACK = """
    UPDATE imports_importrow r SET target_id = s.target_id,
        action = CASE WHEN s.target_id IS NULL THEN 'reject' ELSE 'create' END,
        problems = CASE WHEN s.target_id IS NULL THEN r.problems || %(stranger)s::jsonb
                        ELSE r.problems END
    FROM sold s WHERE r.id = s.row_id
"""
_JUDGE = """
    WITH mine AS MATERIALIZED (
        SELECT r.id, r.row_no, r.target_id, r.action, c.period_from, c.period_to,
               lower(c.channel) AS channel, c.amount, c.orders
        FROM imports_importrow r CROSS JOIN jsonb_to_record(r.clean)
             AS c(period_from date, period_to date, channel text, amount bigint, orders int)
        WHERE r.file_id = %(file)s AND r.applied_at IS NULL
          AND (r.action <> 'reject' OR r.problems @> %(mark)s::jsonb)
          AND r.target_id = ANY(SELECT unnest(ARRAY[target_id, old_target]) FROM sold)
    ), judged AS (
        SELECT target_id, period_from, period_to, channel, min(row_no) AS first,
               count(*) > 1 AS repeats, count(DISTINCT (amount, orders)) > 1 AS differ,
               array_to_string((array_agg(row_no %% %(span)s ORDER BY row_no))[1:10], ', ')
                   AS places
        FROM mine GROUP BY 1, 2, 3, 4 HAVING count(*) > 1 OR bool_or(action = 'reject')
    )
    UPDATE imports_importrow r SET
        action = CASE WHEN j.differ OR m.row_no <> j.first THEN 'reject' ELSE 'create' END,
        problems = jsonb_path_query_array(r.problems, '$[*] ? (!(@.reason == "same_sale"))')
            || CASE WHEN j.repeats AND (j.differ OR m.row_no <> j.first)
            THEN jsonb_build_array(jsonb_build_object(
                'reason', 'same_sale', 'column', %(column)s,
                'message', 'Baris ' || j.places || ' tentang usaha, masa, dan kanal yang sama'
                    || CASE WHEN j.differ THEN ', tetapi angkanya berbeda.' ELSE '.' END,
                'repair', 'Sisakan satu baris yang benar.'))
            ELSE '[]'::jsonb END
    FROM mine m JOIN judged j USING (target_id, period_from, period_to, channel)
    WHERE r.id = m.id
"""
"""Over the rows of all slices, those refused for this reason too: a third row that comes slices
later contradicts the two before it. Once only one of them is left it goes on."""


def check_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Find the people of staged rows; refuse strangers, and rows that repeat or contradict."""
    partner = Partner.objects.get(organisation=file.organisation_id)
    headings = {key: heading for heading, key in file.mapping.items()}
    column = next((headings[key] for key in ("code", "phone", "store_link") if key in headings), "")
    stranger = {
        "reason": "stranger",
        "column": column,
        "message": "Usaha ini tidak ada di antara peserta bazar atau kurasi Anda.",
        "repair": REPAIRS["stranger"],
    }
    facts = {
        **{"file": file.pk, "first": first, "last": last, "partner": partner.pk},
        **{"stranger": json.dumps([stranger]), "span": ImportRow.SHEET_SPAN, "column": column},
        "mark": json.dumps([{"reason": "same_sale"}]),
    }
    cursor.execute("DROP TABLE IF EXISTS sold")
    cursor.execute(_MATCH, facts)
    cursor.execute(_WRITE_BACK, facts)
    cursor.execute(_JUDGE, facts)
