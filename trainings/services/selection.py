"""Who is in a round and who is not, for every person of a segment, in one temporary table.

Order: who asked another wave of the training for another date, then longest unserved first, one
person of each city in turn, equals by lot. The lot is
HMAC-SHA256 of the cohort's seed and the person, so the same round comes out again and again and
nobody can guess it beforehand. All of it happens in the database: a segment may be the whole
register of 370,000 people.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from participants.models import Participant
from participants.segments.audiences import compiled
from trainings import messages
from trainings.models import Cohort
from trainings.services import reaching
from trainings.services.segments import Segment
from umkm_portal.messaging.models import Channel
from umkm_portal.regions.models import Region

BLOCK = 64
"""Bytes of one block of SHA-256, on which HMAC pads its key."""
ELSEWHERE = ""
"""The city of everybody outside Jakarta, and of those whose region is unknown."""
SAMPLES = 5

REASONS = {
    "restricted": "Membatasi pemakaian datanya",
    "not_active": "Tidak aktif",
    "not_willing": "Belum bersedia dilatih",
    "not_eligible": "Tidak memenuhi syarat gelombang ini",
    "already_seated": "Sudah punya kursi di pelatihan ini",
    "already_invited": "Sudah diundang ke gelombang ini",
    "opted_out": "Berhenti menerima undangan",
    "no_channel": "Tidak ada alamat yang bisa dikirimi; ada di daftar cetak",
    "not_this_round": "Belum giliran",
}

_ELIGIBLE = {
    Cohort.Eligibility.ANYONE: "TRUE",
    Cohort.Eligibility.JAKARTA_RESIDENT: "COALESCE(r.code LIKE %(jakarta)s, FALSE)",
    Cohort.Eligibility.JAKARTA_BUSINESS: """
        EXISTS (SELECT FROM participants_business b LEFT JOIN regions_region br
                ON br.id = b.region_id
                WHERE b.participant_id = p.id AND COALESCE(br.code, r.code) LIKE %(jakarta)s)""",
}

_CHOOSE = """
CREATE TEMPORARY TABLE round_choice ON COMMIT DROP AS
WITH stop AS MATERIALIZED ({stops}), wish AS MATERIALIZED (
    SELECT DISTINCT w.participant_id FROM trainings_enrolment w
    WHERE w.state = 'wants_other_date' AND w.cohort_id IN (
        SELECT id FROM trainings_cohort WHERE training_id = %(training)s)
), person AS MATERIALIZED (
    SELECT p.id, p.last_served_on, wish.participant_id IS NULL AS no_wish,
        CASE WHEN r.code LIKE %(jakarta)s THEN left(r.code, 5) ELSE '' END COLLATE "C" AS city,
        CASE
            WHEN p.id IN ({restricted}) THEN 'restricted'
            WHEN {is_open} AND (p.active_until IS NULL OR p.active_until < %(today)s)
                THEN 'not_active'
            WHEN {is_open} AND NOT p.is_willing THEN 'not_willing'
            WHEN {is_open} AND NOT ({eligible}) THEN 'not_eligible'
            WHEN seated.id IS NOT NULL THEN 'already_seated'
            WHEN e.id IS NOT NULL THEN 'already_invited'
            WHEN {asked_us_to_stop} THEN 'opted_out'
        END AS reason,
        sha256(%(outer)s::bytea || sha256(%(inner)s::bytea || p.id::text::bytea)) AS lot
    FROM participants_participant p
    LEFT JOIN regions_region r ON r.id = p.region_id
    {joins}
    LEFT JOIN wish ON wish.participant_id = p.id
    LEFT JOIN trainings_enrolment e ON e.participant_id = p.id AND e.cohort_id = %(cohort)s
    LEFT JOIN trainings_enrolment seated ON seated.participant_id = p.id
        AND seated.training_id = %(training)s AND seated.cohort_id <> %(cohort)s
        AND seated.state IN ('confirmed', 'attended', 'no_show', 'completed')
    WHERE p.status = %(active)s AND ({segment})
), turn AS (
    SELECT id, row_number() OVER (
        PARTITION BY city ORDER BY no_wish, last_served_on NULLS FIRST, lot) AS number
    FROM person WHERE reason IS NULL
), place AS (
    SELECT id, row_number() OVER (
        ORDER BY person.no_wish, turn.number, person.last_served_on NULLS FIRST, person.lot
    ) AS number
    FROM turn JOIN person USING (id)
), way AS (
    SELECT p.id, {channel} AS channel
    FROM place JOIN participants_participant p USING (id) {joins}
    WHERE place.number <= %(size)s
)
SELECT person.id AS participant_id, person.city, place.number AS place,
    CASE
        WHEN reason IS NOT NULL THEN reason
        WHEN place.number > %(size)s THEN 'not_this_round'
        WHEN way.channel IS NULL THEN 'no_channel'
    END AS reason,
    way.channel, COALESCE(place.number <= %(size)s, FALSE) AS is_chosen
FROM person LEFT JOIN place USING (id) LEFT JOIN way USING (id)
"""


@dataclass(frozen=True)
class Sample:
    """One person shown as an example."""

    participant_id: int
    code: str
    name: str


@dataclass(frozen=True)
class Exclusions:
    """How many people get nothing for one reason, and a few of them."""

    reason: str
    label: str
    count: int
    samples: list[Sample]


@dataclass(frozen=True)
class CityCount:
    """How many people of one city are chosen."""

    code: str
    name: str
    count: int


def lot(seed: str, participant_id: int) -> str:
    """The person's lot of a cohort: the lower one goes first."""
    return hmac.new(seed.encode(), str(participant_id).encode(), hashlib.sha256).hexdigest()


def choose(
    cohort: Cohort,
    *,
    segment: Segment,
    size: int | None,
    now: datetime,
    channels: Sequence[str] = (Channel.EMAIL,),
    overrides_eligibility: bool = False,
) -> None:
    """Fill the table `round_choice` of this transaction; `size` None chooses everybody.

    Each of the chosen whom one of the `channels` reaches has it beside her name.

    An override lets people in who are not active, not willing or not eligible, for staff who
    name them one by one; never somebody who restricted the use of her data.
    """
    condition, values = _named(segment)
    params = {
        **_facts(cohort, now=now),
        "size": 2**31 if size is None else size,
        **reaching.values(channels, kind=messages.INVITATION.name),
        **values,
    }
    ways = reaching.reaching(channels)
    statement = _CHOOSE.format(
        stops=reaching.STOPS,
        joins=ways.joins,
        channel=ways.channel,
        asked_us_to_stop=ways.asked_us_to_stop,
        eligible=_ELIGIBLE[Cohort.Eligibility(cohort.eligibility)],
        segment=condition,
        restricted=compiled(Participant.objects.restricted())[0],
        is_open="FALSE" if overrides_eligibility else "TRUE",
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS round_choice")
        cursor.execute(statement, params)
        cursor.execute("ANALYZE round_choice")


def _facts(cohort: Cohort, *, now: datetime) -> dict[str, Any]:
    """What the statement knows of the cohort: its keys, and its seed as HMAC pads it."""
    key = cohort.seed.encode().ljust(BLOCK, b"\0")
    return {
        "today": timezone.localdate(now),
        "jakarta": f"{Region.JAKARTA}.%",
        "active": Participant.Status.ACTIVE.value,
        "cohort": cohort.pk,
        "training": cohort.training_id,
        "inner": bytes(byte ^ 0x36 for byte in key),
        "outer": bytes(byte ^ 0x5C for byte in key),
    }


def _named(segment: Segment) -> tuple[str, dict[str, Any]]:
    """The condition of a segment with its values by name, as the rest of the statement has them."""
    condition, values = segment.sql, {}
    for number, value in enumerate(segment.params):
        condition = condition.replace("%s", f"%(segment{number})s", 1)
        values[f"segment{number}"] = value
    return condition, values


def drop() -> None:
    """Forget the choice; the end of the transaction does it too."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE round_choice")


def chosen() -> tuple[int, int]:
    """How many are chosen, and how many of them can be reached by a message."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE reason IS NULL) "
            "FROM round_choice WHERE is_chosen"
        )
        return cursor.fetchone()


def by_channel() -> dict[str, int]:
    """How many of the chosen are told by each channel."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel, count(*) FROM round_choice WHERE reason IS NULL GROUP BY channel"
        )
        return dict(cursor.fetchall())


def by_city() -> list[CityCount]:
    """The chosen of each city of Jakarta, then those from elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.city, COALESCE(r.short_name, ''), c.count FROM "
            "(SELECT city, count(*) FROM round_choice WHERE is_chosen GROUP BY city) c "
            "LEFT JOIN regions_region r ON r.code = c.city AND r.valid_to IS NULL "
            "ORDER BY c.city = '', c.city"
        )
        return [
            CityCount(code, name or code or "Luar Jakarta", count)
            for code, name, count in cursor.fetchall()
        ]


def exclusions() -> list[Exclusions]:
    """People of the segment who get nothing, by reason, with a few of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reason, count, participant_id, code, full_name FROM ("
            " SELECT reason, participant_id, count(*) OVER (PARTITION BY reason) AS count,"
            " row_number() OVER (PARTITION BY reason ORDER BY place, participant_id) AS number"
            " FROM round_choice WHERE reason IS NOT NULL) x "
            "JOIN participants_participant p ON p.id = x.participant_id "
            "WHERE number <= %s ORDER BY reason, number",
            [SAMPLES],
        )
        rows = cursor.fetchall()
    counts = {reason: count for reason, count, *_ in rows}
    return [
        Exclusions(
            reason=reason,
            label=label,
            count=counts[reason],
            samples=[Sample(*rest) for of, _, *rest in rows if of == reason],
        )
        for reason, label in REASONS.items()
        if reason in counts
    ]


def reasons() -> dict[int, str]:
    """The reason of every person of the choice who has one, by id; for short choices only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT participant_id, reason FROM round_choice WHERE reason IS NOT NULL")
        return dict(cursor.fetchall())
