"""What must hold of seats, lines and their histories at any moment, as SQL over all rows."""

from __future__ import annotations

from django.db import connection

from trainings.services.notices import KINDS

SHOWN = 5
_STATES = {
    "seated": "('confirmed', 'attended', 'no_show', 'completed')",
    "open": "('invited', 'waitlisted', 'offered', 'confirmed')",
    "told": f"({', '.join(repr(kind.name) for kind in KINDS)})",
}

_CHECKS = {
    "cohorts whose taken seats differ from the people who have one": """
        SELECT c.id FROM trainings_cohort c WHERE c.taken <> (
            SELECT count(*) FROM trainings_enrolment e
            WHERE e.cohort_id = c.id AND e.state IN {seated})""",
    "cohorts whose held seats differ from their open offers": """
        SELECT c.id FROM trainings_cohort c WHERE c.held <> (
            SELECT count(*) FROM trainings_offer o
            WHERE o.cohort_id = c.id AND o.state = 'pending')""",
    "cohorts with more people than seats": """
        SELECT c.id FROM trainings_cohort c WHERE c.seats < (
            SELECT count(*) FROM trainings_enrolment e WHERE e.cohort_id = c.id
                AND (e.state IN {seated} OR e.state = 'offered'))""",
    "offered people without an open offer, or the reverse": """
        SELECT e.id FROM trainings_enrolment e
        FULL JOIN trainings_offer o ON o.enrolment_id = e.id AND o.state = 'pending'
        WHERE (e.state = 'offered' AND o.id IS NULL) OR (o.state = 'pending' AND (
            e.id IS NULL OR e.state <> 'offered' OR e.cohort_id <> o.cohort_id))""",
    "cohorts with a gap in the numbers of arrival": """
        SELECT c.id FROM trainings_cohort c LEFT JOIN trainings_enrolment e
            ON e.cohort_id = c.id AND e.arrival_no IS NOT NULL
        GROUP BY c.id, c.next_arrival_no
        HAVING c.next_arrival_no <> count(e.id) + 1 OR COALESCE(max(e.arrival_no), 0) <> count(e.id)
            OR COALESCE(min(e.arrival_no), 1) <> 1""",
    "quotas whose counter differs from the people it counts": """
        SELECT q.id FROM trainings_cohortquota q WHERE q.taken <> (
            SELECT count(*) FROM trainings_enrolment_quotas eq
            JOIN trainings_enrolment e ON e.id = eq.enrolment_id
            WHERE eq.cohortquota_id = q.id AND e.cohort_id = q.cohort_id
                AND (e.state IN {seated} OR e.state = 'offered'))""",
    "quotas counted for people without a seat": """
        SELECT e.id FROM trainings_enrolment e
        JOIN trainings_enrolment_quotas eq ON eq.enrolment_id = e.id
        WHERE e.state NOT IN {seated} AND e.state <> 'offered'""",
    "people with two seats in one training": """
        SELECT min(id) AS id FROM trainings_enrolment WHERE state IN {seated}
        GROUP BY participant_id, training_id HAVING count(*) > 1""",
    "people with two enrolments in one cohort": """
        SELECT min(id) AS id FROM trainings_enrolment
        GROUP BY participant_id, cohort_id HAVING count(*) > 1""",
    "enrolments of another training than their cohort's": """
        SELECT e.id FROM trainings_enrolment e JOIN trainings_cohort c ON c.id = e.cohort_id
        WHERE e.training_id <> c.training_id""",
    "cancelled cohorts that told everybody and still have people": """
        SELECT c.id FROM trainings_cohort c WHERE c.cancellation_told_at IS NOT NULL AND EXISTS (
            SELECT FROM trainings_enrolment e WHERE e.cohort_id = c.id AND e.state IN {open})""",
    "places carried over from another training": """
        SELECT e.id FROM trainings_enrolment e JOIN trainings_enrolment old
            ON old.id = e.carried_from_id
        WHERE old.training_id <> e.training_id OR old.cohort_id = e.cohort_id""",
    "merged people with something live": """
        SELECT e.id FROM trainings_enrolment e
        JOIN participants_participant p ON p.id = e.participant_id AND p.status = 'merged'
        WHERE e.state IN {open}""",
    "enrolments whose history does not lead to their state": """
        SELECT e.id FROM trainings_enrolment e LEFT JOIN LATERAL (
            SELECT to_state FROM trainings_enrolmentevent v
            WHERE v.enrolment_id = e.id ORDER BY v.id DESC LIMIT 1) last ON TRUE
        WHERE last.to_state IS DISTINCT FROM e.state""",
    "histories with a missing link": """
        SELECT x.enrolment_id AS id FROM (
            SELECT enrolment_id, from_state, lag(to_state, 1, '') OVER (
                PARTITION BY enrolment_id ORDER BY id) AS before
            FROM trainings_enrolmentevent) x
        WHERE x.from_state <> x.before""",
    "attendances and accepted marks at a session of another cohort": """
        SELECT x.id FROM (
            SELECT a.id, a.session_id, a.enrolment_id FROM trainings_attendance a UNION ALL
            SELECT m.id, m.session_id, m.enrolment_id FROM trainings_attendancemark m
            WHERE m.outcome IN ('accepted', 'already')) x
        JOIN trainings_session s ON s.id = x.session_id
        LEFT JOIN trainings_enrolment e ON e.id = x.enrolment_id
        WHERE e.cohort_id IS DISTINCT FROM s.cohort_id""",
    "people who were there and whose place does not say so": """
        SELECT a.id FROM trainings_attendance a
        JOIN trainings_session s ON s.id = a.session_id AND s.cancelled_at IS NULL
        JOIN trainings_enrolment e ON e.id = a.enrolment_id
        WHERE a.came_at IS NOT NULL AND e.state NOT IN ('attended', 'completed')""",
    "attendances without a mark that was accepted": """
        SELECT a.id FROM trainings_attendance a WHERE a.came_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM trainings_attendancemark m
            WHERE m.session_id = a.session_id AND m.enrolment_id = a.enrolment_id
                AND m.kind = 'in' AND m.outcome = 'accepted')""",
    "lists of transport money whose sum differs from their rows": """
        SELECT b.id FROM trainings_transportbatch b WHERE (b.rupiah, b.people) <> (
            SELECT COALESCE(sum(r.rupiah), 0), count(*) FROM trainings_transportrow r
            WHERE r.batch_id = b.id)""",
    "attendances on a cancelled list of transport money, or paid for in another cohort": """
        SELECT i.id FROM trainings_transportitem i
        JOIN trainings_transportrow r ON r.id = i.row_id
        JOIN trainings_transportbatch b ON b.id = r.batch_id
        JOIN trainings_attendance a ON a.id = i.attendance_id
        JOIN trainings_session s ON s.id = a.session_id
        WHERE b.cancelled_at IS NOT NULL OR s.cohort_id <> b.cohort_id""",
    "certificates that replace a valid one, or another person's": """
        SELECT n.id FROM trainings_certificate n
        JOIN trainings_certificate o ON o.id = n.replaces_id
        WHERE o.state = 'valid' OR o.enrolment_id <> n.enrolment_id OR o.id >= n.id""",
    "valid certificates of cohorts that their edition is not of": """
        SELECT x.id FROM trainings_certificate x
        JOIN trainings_certificateedition d ON d.id = x.edition_id
        JOIN trainings_enrolment e ON e.id = x.enrolment_id
        WHERE e.cohort_id <> d.cohort_id""",
    "finished batches of certificates whose counter differs from what they issued": """
        SELECT b.id FROM trainings_certificatebatch b WHERE b.issued <> (
            SELECT count(*) FROM trainings_certificate x WHERE x.batch_id = b.id)""",
    "batches of certificates that are done without a file or its pages": """
        SELECT b.id FROM trainings_certificatebatch b
        WHERE b.state = 'done' AND (b.path = '' OR b.printed = 0 OR b.printed <> b.total)""",
    "reminders that wait for a seat that nobody holds, or for another time": """
        SELECT r.id FROM trainings_reminder r
        JOIN trainings_reminderturn t ON t.id = r.turn_id
        JOIN trainings_session s ON s.id = t.session_id
        JOIN trainings_enrolment e ON e.id = r.enrolment_id
        JOIN messaging_delivery d ON d.id = r.delivery_id
            AND d.state IN ('pending', 'failed_temporary')
        WHERE e.state NOT IN {seated} OR e.cohort_id <> s.cohort_id
            OR s.cancelled_at IS NOT NULL OR s.starts_at <> t.starts_at""",
    "reminders of invitations that were answered": """
        SELECT r.id FROM trainings_reminder r
        JOIN trainings_reminderturn t ON t.id = r.turn_id AND t.round_id IS NOT NULL
        JOIN trainings_enrolment e ON e.id = r.enrolment_id AND e.state <> 'invited'
        JOIN messaging_delivery d ON d.id = r.delivery_id
            AND d.state IN ('pending', 'failed_temporary')""",
    "reminders that still wait though their session has begun": """
        SELECT r.id FROM trainings_reminder r
        JOIN trainings_reminderturn t ON t.id = r.turn_id
            AND t.starts_at < now() - interval '10 minutes'
        JOIN messaging_delivery d ON d.id = r.delivery_id
            AND d.state IN ('pending', 'failed_temporary')""",
    "messages of reminders that belong to nobody": """
        SELECT d.id FROM messaging_delivery d
        JOIN messaging_campaign c ON c.id = d.campaign_id AND left(c.kind, 9) = 'reminder_'
        WHERE d.state <> 'cancelled' AND NOT EXISTS (
            SELECT FROM trainings_reminder r WHERE r.delivery_id = d.id)
        AND NOT EXISTS (SELECT FROM messaging_fallover f
            WHERE f.delivery_id = d.id AND f.successor_id IS NOT NULL)""",
    "places told of one event twice, not by a next channel": """
        SELECT max(d.id) AS id FROM messaging_delivery d
        JOIN messaging_campaign c ON c.id = d.campaign_id AND c.is_standing AND c.kind IN {told}
        WHERE NOT EXISTS (SELECT FROM messaging_fallover f WHERE f.successor_id = d.id)
        GROUP BY d.campaign_id, d.recipient_key, d.step HAVING count(*) > 1""",
    "steps P2 of people who did not finish": """
        SELECT v.id FROM participants_stageevent v
        JOIN trainings_enrolment e ON e.id = split_part(v.source_ref, ':', 3)::bigint
        WHERE v.stage_id = 'P2' AND v.source_ref ~ '^cohort:[0-9]+:[0-9]+:[0-9]+$'
            AND e.state <> 'completed' AND NOT EXISTS (
                SELECT FROM participants_stageevent c WHERE c.corrects_id = v.id)""",
}


def violations() -> list[str]:
    """One sentence for each rule that is broken, with the first ids; empty when all is well."""
    found = []
    with connection.cursor() as cursor:
        for rule, query in _CHECKS.items():
            statement = query.format(**_STATES)
            cursor.execute(f"SELECT count(*), (array_agg(x.id))[:{SHOWN}] FROM ({statement}) x")  # noqa: S608
            count, ids = cursor.fetchone()
            if count:
                found.append(f"trainings: {rule}: {count} (first: {', '.join(map(str, ids))})")
    return found
