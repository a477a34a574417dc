"""What must hold of the ledger at any moment, as SQL over all rows."""

from __future__ import annotations

from django.db import connection

from umkm_portal.messaging.ledger import NON_FINAL, STATES

SHOWN = 5
_COUNTS = ", ".join(f"count(*) FILTER (WHERE d.state = '{s}') AS {s}" for s in STATES)
_DIFFERS = " OR ".join(f"b.{s} <> coalesce(d.{s}, 0)" for s in STATES)
# ruff: noqa: S608 (the only words put into the SQL are our own states)
_NON_FINAL = ", ".join(f"'{s}'" for s in NON_FINAL)

_CHECKS = {
    "batch counters differ from states": f"""
        WITH d AS (SELECT d.campaign_id, d.batch_number, count(*) AS size, {_COUNTS}
            FROM messaging_delivery d WHERE d.batch_number IS NOT NULL GROUP BY 1, 2)
        SELECT b.id FROM messaging_deliverybatch b
        LEFT JOIN d ON d.campaign_id = b.campaign_id AND d.batch_number = b.number
        WHERE b.size <> coalesce(d.size, 0) OR {_DIFFERS}""",
    "deliveries in a batch that does not exist": """
        SELECT d.id FROM messaging_delivery d LEFT JOIN messaging_deliverybatch b
            ON b.campaign_id = d.campaign_id AND b.number = d.batch_number
        WHERE d.batch_number IS NOT NULL AND b.id IS NULL""",
    "deliveries waiting outside any batch": f"""
        SELECT id FROM messaging_delivery
        WHERE batch_number IS NULL AND state IN ({_NON_FINAL})""",
    "final campaigns with a delivery that is not final": f"""
        SELECT DISTINCT c.id FROM messaging_campaign c
        JOIN messaging_delivery d ON d.campaign_id = c.id
        WHERE c.state IN ('done', 'cancelled') AND d.state IN ({_NON_FINAL})""",
    "deliveries without audience": """
        SELECT d.id FROM messaging_delivery d
        JOIN messaging_campaign c ON c.id = d.campaign_id AND NOT c.is_standing
        WHERE NOT EXISTS (SELECT FROM messaging_audiencemember m
            WHERE m.campaign_id = d.campaign_id AND m.recipient_key = d.recipient_key)""",
    "two messages of one campaign to one person": """
        SELECT max(d.id) AS id FROM messaging_delivery d
        JOIN messaging_campaign c ON c.id = d.campaign_id AND NOT c.is_standing
            AND jsonb_array_length(c.channels) > 1
        WHERE d.state IN ('pending', 'sending', 'failed_temporary', 'accepted', 'delivered',
            'read', 'uncertain')
        GROUP BY d.campaign_id, d.recipient_key, d.step HAVING count(*) > 1""",
    "people of a finished audience without a delivery": """
        SELECT m.id FROM messaging_audiencemember m
        JOIN messaging_campaign c ON c.id = m.campaign_id AND c.state IN ('running', 'done')
        WHERE NOT EXISTS (SELECT FROM messaging_delivery d
            WHERE d.campaign_id = m.campaign_id AND d.recipient_key = m.recipient_key)""",
    "written slices with a person without a delivery": """
        SELECT s.id FROM messaging_expansionslice s
        WHERE s.done_at IS NOT NULL AND EXISTS (
            SELECT FROM messaging_audiencemember m
            WHERE m.campaign_id = s.campaign_id AND m.position BETWEEN s.first AND s.last
                AND NOT EXISTS (SELECT FROM messaging_delivery d
                    WHERE d.campaign_id = m.campaign_id AND d.recipient_key = m.recipient_key))""",
    "campaigns that run before all slices are written": """
        SELECT c.id FROM messaging_campaign c
        WHERE c.state IN ('running', 'done') AND EXISTS (
            SELECT FROM messaging_expansionslice s
            WHERE s.campaign_id = c.id AND s.done_at IS NULL)""",
    "audiences not counted": """
        SELECT c.id FROM messaging_campaign c
        LEFT JOIN messaging_campaignarchive a ON a.campaign_id = c.id
        WHERE c.state NOT IN ('draft', 'cancelled') AND NOT c.is_standing AND c.audience_count <>
            (SELECT count(*) FROM messaging_audiencemember m WHERE m.campaign_id = c.id)
            + coalesce(a.audience, 0)""",
    "waiting batches that nobody will ever find": """
        SELECT id FROM messaging_deliverybatch
        WHERE due_at IS NULL AND lease_until IS NULL
            AND pending + sending + failed_temporary > 0""",
    "messages being sent in a batch that nobody holds": """
        SELECT id FROM messaging_deliverybatch WHERE lease_until IS NULL AND sending > 0""",
    "archives whose totals differ from their buckets": """
        SELECT a.id FROM messaging_campaignarchive a
        LEFT JOIN (SELECT b.campaign_id, jsonb_object_agg(b.state, b.rows) AS counts
            FROM (SELECT b.campaign_id, one.key AS state, sum(one.value::bigint) AS rows
                FROM messaging_archivebucket b, jsonb_each_text(b.counts) one GROUP BY 1, 2) b
            GROUP BY 1) told ON told.campaign_id = a.campaign_id
        WHERE a.counts <> coalesce(told.counts, '{}')""",
    "buckets whose rows differ from their counts": """
        SELECT b.id FROM messaging_archivebucket b CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(state, rows) AS counts, sum(rows) AS size FROM (
                SELECT state, count(*) AS rows FROM unnest(b.states) state GROUP BY 1) s) told
        WHERE b.counts <> told.counts OR b.size <> told.size OR b.size <> ALL(ARRAY[
            cardinality(b.recipients), cardinality(b.subjects), cardinality(b.channels),
            cardinality(b.notes), cardinality(b.changed_at)])""",
    "people outside the span of their bucket": """
        SELECT b.id FROM messaging_archivebucket b, unnest(b.recipients) key
        WHERE key <> 0 AND NOT b.keys @> key""",
    "archived campaigns of which something is left": """
        SELECT a.campaign_id AS id FROM messaging_campaignarchive a
        JOIN messaging_campaign c ON c.id = a.campaign_id AND NOT c.is_standing
        WHERE a.done_at IS NOT NULL AND (
            c.state NOT IN ('done', 'cancelled')
            OR EXISTS (SELECT FROM messaging_delivery x WHERE x.campaign_id = c.id)
            OR EXISTS (SELECT FROM messaging_deliverybatch x WHERE x.campaign_id = c.id)
            OR EXISTS (SELECT FROM messaging_audiencemember x WHERE x.campaign_id = c.id)
            OR EXISTS (SELECT FROM messaging_exclusion x WHERE x.campaign_id = c.id))""",
    "people half in the archive": """
        SELECT b.id FROM messaging_campaignarchive a
        JOIN messaging_campaign c ON c.id = a.campaign_id AND NOT c.is_standing
        JOIN messaging_archivebucket b ON b.campaign_id = a.campaign_id
        WHERE a.done_at IS NULL AND (
            EXISTS (SELECT FROM messaging_delivery x WHERE x.campaign_id = a.campaign_id
                AND b.keys @> x.recipient_key AND x.recipient_key = ANY(b.recipients))
            OR EXISTS (SELECT FROM messaging_audiencemember x WHERE x.campaign_id = a.campaign_id
                AND b.keys @> x.recipient_key AND x.recipient_key = ANY(b.recipients)))""",
}


def violations() -> list[str]:
    """One sentence for each rule that is broken, with the first ids; empty when all is well."""
    found = []
    with connection.cursor() as cursor:
        for rule, query in _CHECKS.items():
            cursor.execute(f"SELECT count(*), (array_agg(x.id))[:{SHOWN}] FROM ({query}) x")
            count, ids = cursor.fetchone()
            if count:
                found.append(f"messaging: {rule}: {count} (first: {', '.join(map(str, ids))})")
    return found
