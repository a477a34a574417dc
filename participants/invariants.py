"""What must hold of the register at any moment, as SQL over all rows."""

from __future__ import annotations

from django.db import connection

SHOWN = 5

_CHECKS = {
    "people registered (P1) more than once": """
        SELECT min(id) AS id FROM participants_stageevent
        WHERE stage_id = 'P1' AND corrects_id IS NULL
        GROUP BY participant_id HAVING count(*) > 1""",
    "people merged into a record that is merged itself": """
        SELECT p.id FROM participants_participant p
        JOIN participants_participant t ON t.id = p.merged_into_id
        WHERE t.status = 'merged'""",
    "merged people who still hold something live": """
        SELECT p.id FROM participants_participant p
        WHERE p.status = 'merged' AND (
            p.account_id IS NOT NULL
            OR EXISTS (SELECT 1 FROM participants_mentorship m
                WHERE m.participant_id = p.id AND m.ended_on IS NULL)
            OR EXISTS (SELECT 1 FROM participants_datarequest q
                WHERE q.participant_id = p.id AND q.state = 'open')
            OR EXISTS (SELECT 1 FROM participants_licencerequest l
                WHERE l.participant_id = p.id
                    AND l.state IN ('submitted', 'checking', 'needs_fix', 'processing'))
            OR EXISTS (SELECT 1 FROM participants_duplicatepair d
                WHERE d.state = 'open' AND p.id IN (d.first_id, d.second_id)))""",
    "people with the same verified NIK": """
        SELECT min(id) AS id FROM participants_participant
        WHERE identity = 'verified' AND status = 'active' AND nik_index IS NOT NULL
        GROUP BY nik_index HAVING count(*) > 1""",
}


def violations() -> list[str]:
    """One sentence for each rule that is broken, with the first ids; empty when all is well."""
    found = []
    with connection.cursor() as cursor:
        for rule, query in _CHECKS.items():
            cursor.execute(f"SELECT count(*), (array_agg(x.id))[:{SHOWN}] FROM ({query}) x")  # noqa: S608
            count, ids = cursor.fetchone()
            if count:
                found.append(f"participants: {rule}: {count} (first: {', '.join(map(str, ids))})")
    return found
