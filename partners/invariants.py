"""What must hold of curations at any moment, as SQL over all rows."""

from __future__ import annotations

from django.db import connection

SHOWN = 5

_CHECKS = {
    "merged people with a live application or an open appeal": """
        SELECT p.id FROM participants_participant p
        WHERE p.status = 'merged' AND (
            EXISTS (SELECT 1 FROM partners_application a
                WHERE a.participant_id = p.id AND a.state <> 'withdrawn')
            OR EXISTS (SELECT 1 FROM partners_appeal o
                WHERE o.participant_id = p.id AND o.state = 'open'))""",
    "rows of announced lists whose owner was told nothing": """
        SELECT d.id FROM partners_curationlist l
        JOIN partners_curationdecision d ON d.list_id = l.id
        JOIN participants_participant p ON p.id = d.participant_id AND p.status = 'active'
        WHERE l.state = 'announced' AND NOT EXISTS (SELECT 1 FROM partners_curationresult r
            WHERE r.call_id = l.call_id AND r.participant_id = d.participant_id
              AND r.withdrawn_at IS NULL)""",
    "results that differ from the announced list": """
        SELECT r.id FROM partners_curationlist l
        JOIN partners_curationdecision d ON d.list_id = l.id
        JOIN partners_curationresult r ON r.call_id = l.call_id
            AND r.participant_id = d.participant_id AND r.withdrawn_at IS NULL
        WHERE l.state = 'announced' AND (r.outcome, r.grade) <> (d.outcome, d.grade)""",
    "rows shared by a list that was never finished": """
        SELECT d.id FROM partners_disclosure d
        JOIN partners_sharedlist l ON l.id = d.shared_list_id WHERE l.state <> 'done'""",
    "reports of sales that count beside a newer one": """
        SELECT s.id FROM partners_salesreport s
        JOIN partners_salesreport n ON n.partner_id = s.partner_id
            AND n.bazaar_id IS NOT DISTINCT FROM s.bazaar_id AND n.version > s.version
            AND n.stored_at IS NOT NULL AND n.withdrawn_at IS NULL
        WHERE s.stored_at IS NOT NULL AND s.replaced_by_id IS NULL AND s.withdrawn_at IS NULL""",
}


def violations() -> list[str]:
    """One sentence for each rule that is broken, with the first ids; empty when all is well."""
    found = []
    with connection.cursor() as cursor:
        for rule, query in _CHECKS.items():
            cursor.execute(f"SELECT count(*), (array_agg(x.id))[:{SHOWN}] FROM ({query}) x")  # noqa: S608
            count, ids = cursor.fetchone()
            if count:
                found.append(f"partners: {rule}: {count} (first: {', '.join(map(str, ids))})")
    return found
