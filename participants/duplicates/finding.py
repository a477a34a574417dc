"""Pairs of records that may be one person, over the whole register or around some people.

Set-based: people who share a key (`keys`) are compared once, in SQL. The cost follows the number
of people searched and of those they share something with, not the size of the register.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from participants.duplicates import keys
from participants.duplicates.scoring import SCORE
from participants.models import DuplicatePair
from umkm_portal.accounts.models import User
from umkm_portal.imports.models import ImportRow

_LOCK = 7_310_001
"""One search at a time: two at once would not see each other's new people."""
_MANY = 5_000
"""From so many people on, what the planner knew of the keys is out of date."""

_TABLES = ("pg_temp.facts", "pg_temp.block", "pg_temp.candidate", "pg_temp.found")
_FACTS = f"""
    SELECT f.*, sounds.sounds, sounds.sorted
    FROM (
        SELECT p.id, p.updated_at, p.birth_date, p.nik_index,
            {keys.CLEAN} AS clean,
            CASE WHEN p.phone <> '' THEN {keys.key_of(keys.PHONE, "p.phone")} END AS phone_key,
            CASE WHEN p.email <> '' THEN {keys.key_of(keys.EMAIL, "lower(p.email)")} END
                AS email_key,
            CASE WHEN r.level = 'village' THEN r.id END AS village_id,
            p.identity = 'verified' AND p.nik_index IS NOT NULL AS is_verified,
            %(is_searched)s AS is_searched
        FROM participants_participant p LEFT JOIN regions_region r ON r.id = p.region_id
        WHERE p.status = 'active' AND {{which}} OFFSET 0
    ) f
    CROSS JOIN LATERAL (SELECT {keys.SOUNDS} AS sounds OFFSET 0) s
    CROSS JOIN LATERAL (
        SELECT s.sounds, ARRAY(SELECT DISTINCT word FROM unnest(s.sounds) AS word ORDER BY word)
            AS sorted
    ) sounds
"""  # noqa: S608 - constants of this package
_EVERYBODY = "true"
_NAMED = "p.id = ANY(%(ids)s)"
_MISSED = """NOT EXISTS (
    SELECT 1 FROM participants_duplicatekey k
    WHERE k.participant_id = p.id AND k.of_update = p.updated_at)"""
_NEIGHBOURS = """p.id IN (SELECT first_id FROM candidate UNION SELECT second_id FROM candidate)
    AND NOT EXISTS (SELECT 1 FROM facts WHERE facts.id = p.id)"""

_BLOCKS = f"""
    CREATE TEMP TABLE block ON COMMIT DROP AS
    SELECT key, count(*) AS size, count(*) > {keys.MOST} AS is_giant
    FROM participants_duplicatekey {{where}} GROUP BY key HAVING count(*) > 1
"""  # noqa: S608
_AROUND = """WHERE key IN (SELECT k.key FROM participants_duplicatekey k
    JOIN facts f ON f.id = k.participant_id)"""
_CANDIDATES = """
    CREATE TEMP TABLE candidate ON COMMIT DROP AS
    SELECT DISTINCT least(a.participant_id, b.participant_id) AS first_id,
        greatest(a.participant_id, b.participant_id) AS second_id
    FROM block
    JOIN participants_duplicatekey a ON a.key = block.key
    JOIN facts mine ON mine.id = a.participant_id
    JOIN participants_duplicatekey b ON b.key = block.key AND b.participant_id <> a.participant_id
    LEFT JOIN facts theirs ON theirs.id = b.participant_id
    WHERE NOT block.is_giant AND (theirs.id IS NULL OR a.participant_id < b.participant_id)
"""
_KEEP = """
    INSERT INTO participants_duplicatepair (first_id, second_id, score, reasons, state, created_at)
    SELECT first_id, second_id, score, reasons, 'open', %(now)s FROM found
    ON CONFLICT (first_id, second_id) DO UPDATE
    SET score = EXCLUDED.score, reasons = EXCLUDED.reasons
    WHERE participants_duplicatepair.state = 'open'
        AND (participants_duplicatepair.score, participants_duplicatepair.reasons)
            IS DISTINCT FROM (EXCLUDED.score, EXCLUDED.reasons)
    RETURNING xmax = 0
"""
_DROP = """
    DELETE FROM participants_duplicatepair d USING facts f
    WHERE d.state = 'open' AND f.is_searched AND {side} = f.id
        AND NOT EXISTS (SELECT 1 FROM found
            WHERE found.first_id = d.first_id AND found.second_id = d.second_id)
"""


@dataclass
class Search:
    """What a search did: people looked at, pairs that are new, pairs that no longer hold."""

    people: int = 0
    compared: int = 0
    new: int = 0
    gone: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """Per kind of key: values that too many people share to say anything (an agency's phone)."""


@transaction.atomic
def find_pairs(
    ids: Collection[int] | None = None, *, everybody: bool = False, now: datetime
) -> Search:
    """Look for second records of these people, of everybody, or of those not searched yet.

    New suspicions become open pairs, open ones get their new score, and open ones that no longer
    hold go. A pair that was decided stays as it was decided. Repeating it is harmless.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(_TABLES)}")
        which = _EVERYBODY if everybody else _MISSED if ids is None else _NAMED
        people = _take_people(cursor, which, ids)
        if not people:
            return Search()
        _write_keys(cursor, everybody=everybody)
        if people >= _MANY:
            cursor.execute("ANALYZE participants_duplicatekey")
        cursor.execute(_BLOCKS.format(where="" if everybody else _AROUND))
        cursor.execute("ANALYZE block")
        cursor.execute(_CANDIDATES)
        compared = cursor.rowcount
        cursor.execute("ANALYZE candidate")
        _add_neighbours(cursor, everybody=everybody)
        cursor.execute(f"CREATE TEMP TABLE found ON COMMIT DROP AS {SCORE}")
        return Search(people, compared, *_keep(cursor, now=now), _skipped(cursor))


def find_pairs_of_file(file_id: int, *, now: datetime) -> Search:
    """Look for second records of the people whom an applied file made or changed."""
    rows = ImportRow.objects.filter(file=file_id, applied_at__isnull=False)
    ids = [pk for pk in rows.values_list("target_id", flat=True) if pk is not None]
    return find_pairs(ids, now=now)


def decide_different(pair: DuplicatePair, *, actor: User | None, now: datetime) -> bool:
    """Remember that two records are two people; False when somebody decided already."""
    return bool(
        DuplicatePair.objects.filter(pk=pair.pk, state=DuplicatePair.State.OPEN).update(
            state=DuplicatePair.State.DIFFERENT, decided_by=actor, decided_at=now
        )
    )


def reopen(pair: DuplicatePair) -> bool:
    """Look again at a pair that somebody told apart; False when it was not."""
    return bool(
        DuplicatePair.objects.filter(pk=pair.pk, state=DuplicatePair.State.DIFFERENT).update(
            state=DuplicatePair.State.OPEN, decided_by=None, decided_at=None
        )
    )


def _take_people(cursor: CursorWrapper, which: str, ids: Collection[int] | None) -> int:
    query = _FACTS.format(which=which)
    facts: dict[str, Any] = {"ids": list(ids or ()), "is_searched": True}
    cursor.execute(f"CREATE TEMP TABLE facts ON COMMIT DROP AS {query}", facts)
    people = cursor.rowcount
    cursor.execute("CREATE UNIQUE INDEX ON facts (id)")
    cursor.execute("ANALYZE facts")
    return people


def _write_keys(cursor: CursorWrapper, *, everybody: bool) -> None:
    if everybody:
        cursor.execute("TRUNCATE participants_duplicatekey")
    else:
        cursor.execute(
            "DELETE FROM participants_duplicatekey k USING facts f WHERE f.id = k.participant_id"
        )
    cursor.execute(keys.WRITE)


def _add_neighbours(cursor: CursorWrapper, *, everybody: bool) -> None:
    """The facts of people who were not searched but share a key with one who was."""
    if not everybody:
        query = _FACTS.format(which=_NEIGHBOURS)
        cursor.execute(f"INSERT INTO facts {query}", {"is_searched": False})
        cursor.execute("ANALYZE facts")


def _keep(cursor: CursorWrapper, *, now: datetime) -> tuple[int, int]:
    """Bring the open pairs up to what was found; return how many are new and how many went."""
    cursor.execute("CREATE UNIQUE INDEX ON found (first_id, second_id)")
    cursor.execute("ANALYZE found")
    cursor.execute(_KEEP, {"now": now})
    new = sum(is_new for (is_new,) in cursor.fetchall())
    gone = 0
    for side in ("d.first_id", "d.second_id"):
        cursor.execute(_DROP.format(side=side))
        gone += cursor.rowcount
    return new, gone


def _skipped(cursor: CursorWrapper) -> dict[str, int]:
    cursor.execute("SELECT key & 7, count(*) FROM block WHERE is_giant GROUP BY 1")
    found = dict(cursor.fetchall())
    return {kind.label: found[kind.number] for kind in keys.KINDS if kind.number in found}
