"""Who is in the register since when: people whose step P1 stands and lies in the window."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from umkm_portal.reports.council.periods import Window
from umkm_portal.reports.council.places import AGENCY, CITY, TOTAL, Group, homes_of

WORD = "terdaftar"
PEOPLE = """
SELECT person.id AS person, COALESCE(person.agency_id, 0) AS agency
FROM participants_participant person
WHERE person.status <> 'merged' AND EXISTS (
    SELECT FROM participants_stageevent s
    WHERE s.participant_id = person.id AND s.stage_id = 'P1' AND NOT s.is_void
        AND s.occurred_on >= %(first)s AND s.occurred_on < %(after)s
        AND NOT EXISTS (SELECT FROM participants_stageevent later WHERE later.corrects_id = s.id)
)
"""
"""A record that was merged is counted as the one it went into."""


KINDS = (TOTAL, AGENCY, CITY)
_COLUMNS = {TOTAL: "0", AGENCY: "agency", CITY: "city"}
_GROUPED = """
WITH registered AS ({people})
SELECT {column}, count(*) FROM ({rows}) AS counted GROUP BY 1
"""
_OF_GROUP = "SELECT person FROM ({rows}) AS listed WHERE {column} = %(key)s"


def people_of(kind: str) -> str:
    """SQL of the column `person` for those of one group; its key is `%(key)s`."""
    rows = homes_of(f"SELECT person FROM ({PEOPLE}) AS found") if kind == CITY else PEOPLE  # noqa: S608
    return _OF_GROUP.format(rows=rows, column=_COLUMNS[kind])


def count_registered(window: Window, kinds: Iterable[str] = (TOTAL,)) -> dict[Group, int]:
    """How many people registered in the window, by group; one query for each kind asked for."""
    found: dict[Group, int] = {}
    for kind in kinds:
        everybody = "SELECT * FROM registered"
        rows = homes_of("SELECT person FROM registered") if kind == CITY else everybody
        query = _GROUPED.format(people=PEOPLE, column=_COLUMNS[kind], rows=rows)
        with connection.cursor() as cursor:
            cursor.execute(query, values(window))
            found |= {(kind, key): count for key, count in cursor.fetchall()}
    return found


def values(window: Window, key: int = 0) -> dict[str, Any]:
    return {"first": window.first, "after": window.after, "key": key}
