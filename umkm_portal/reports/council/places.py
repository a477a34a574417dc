"""What is counted, in SQL: places of people in cohorts, with how far each of them came.

A place is one person in one cohort, however many records of her were merged. It belongs to the
window in which the cohort's first session lies; drafts and cancelled cohorts have no places. A
person belongs to the city of her oldest business with an address, else to the city she lives in.
"""

from __future__ import annotations

from typing import Any

from trainings.activity import SYSTEM
from trainings.models import Certificate, CertificateKind, Cohort, Enrolment
from umkm_portal.reports.council.periods import Window

State = Enrolment.State
CAME = (State.ATTENDED, State.COMPLETED)
UNCOUNTED = (Cohort.State.DRAFT, Cohort.State.CANCELLED)
TOTAL, PROGRAMME, TOPIC, AGENCY, CITY = "semua", "program", "tema", "dinas", "kota"
NOWHERE, OUTSIDE, NO_PROGRAMME = -1, 0, 0
"""Keys of people whose city is unknown, who are of no city of Jakarta, and of no programme."""

Group = tuple[str, int]
"""What a line is about: the kind of group and its key."""
CONDITIONS: dict[str, str] = {
    TOTAL: "TRUE",
    PROGRAMME: "COALESCE(t.programme_id, 0) = %(key)s",
    TOPIC: "t.topic_id = %(key)s",
    AGENCY: "t.organiser_id = %(key)s",
    CITY: "TRUE",
}
"""What makes a cohort one of a group; the city is a matter of people."""


CERTIFIED_RULE = "memegang sertifikat lulus yang berlaku; yang dicabut tidak dihitung."


def certified() -> str:
    """SQL that tells whether the enrolment `e` brought a certificate."""
    return (
        "e.id IN (SELECT enrolment_id FROM trainings_certificate"
        " WHERE state = %(valid)s AND kind = %(finished)s)"
    )


_CTES = """
RECURSIVE step AS (
    SELECT id AS record, merged_into_id AS person FROM participants_participant
    WHERE merged_into_id IS NOT NULL
    UNION ALL
    SELECT step.record, p.merged_into_id FROM step
    JOIN participants_participant p ON p.id = step.person WHERE p.merged_into_id IS NOT NULL
), merged AS MATERIALIZED (
    SELECT step.record, step.person FROM step
    JOIN participants_participant p ON p.id = step.person WHERE p.merged_into_id IS NULL
), cohorts AS MATERIALIZED (
    SELECT c.id, COALESCE(t.programme_id, 0) AS programme, t.topic_id AS topic,
        t.organiser_id AS agency
    FROM trainings_cohort c JOIN trainings_training t ON t.id = c.training_id
    WHERE c.state <> ALL(%(uncounted)s) AND c.starts_at >= %(start)s AND c.starts_at < %(end)s
        AND {group}
), places AS MATERIALIZED (
    SELECT min(e.id) AS id, e.cohort_id AS cohort,
        COALESCE(merged.person, e.participant_id) AS person,
        bool_or(e.round_id IS NOT NULL) AS invited,
        bool_or((e.state <> ALL(%(silent)s) OR e.answered_at IS NOT NULL)
            AND NOT (e.state = %(declined)s AND e.answer_via = %(system)s)) AS answered,
        bool_or(e.state = ANY(%(came)s)) AS came,
        bool_or({certified}) AS certified
    FROM trainings_enrolment e
    JOIN cohorts ON cohorts.id = e.cohort_id
    LEFT JOIN merged ON merged.record = e.participant_id
    GROUP BY e.cohort_id, COALESCE(merged.person, e.participant_id)
), homes AS MATERIALIZED (
    {homes}
)
"""
_CITY = """
CASE WHEN r.code IS NULL OR r.code = '31' THEN -1
    WHEN r.code LIKE '31.%%' THEN replace(left(r.code, 5), '.', '')::int
    ELSE 0 END
"""
_HOMES = """
    SELECT people.*, {city} AS city
    FROM ({people}) AS people
    JOIN participants_participant p ON p.id = people.person
    LEFT JOIN LATERAL (
        SELECT b.region_id FROM participants_business b
        WHERE b.participant_id = p.id AND b.region_id IS NOT NULL ORDER BY b.id LIMIT 1
    ) AS b ON TRUE
    LEFT JOIN regions_region r ON r.id = COALESCE(b.region_id, p.region_id)
"""


def homes_of(people: str) -> str:
    """SQL of a query that gives the column `person`, with her `city` as a further column."""
    return _HOMES.format(people=people, city=_CITY)


def ctes(group: str = TOTAL) -> str:
    """The tables `cohorts`, `places` and `homes`, for what follows WITH."""
    homes = homes_of("SELECT person, count(*) = 1 AS is_lone FROM places GROUP BY person")
    return _CTES.format(group=CONDITIONS[group], certified=certified(), homes=homes)


def values(window: Window, key: int = 0) -> dict[str, Any]:
    """What the tables of `ctes` ask for."""
    return {
        "start": window.start,
        "end": window.end,
        "key": key,
        "uncounted": list(UNCOUNTED),
        "silent": [State.INVITED, State.EXPIRED],
        "declined": State.DECLINED,
        "system": SYSTEM,
        "came": list(CAME),
        "valid": Certificate.State.VALID,
        "finished": CertificateKind.FINISHED,
    }
