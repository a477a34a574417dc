"""The list behind each number: exactly as many rows as the number says, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from participants.models import Participant
from trainings.models import Enrolment
from umkm_portal.accounts.models import User
from umkm_portal.common.keyset import NEWER, OLDER
from umkm_portal.common.numbers import whole_in
from umkm_portal.reports.council import figures, places, registered
from umkm_portal.reports.council.costs import Cost, Held, shares_of
from umkm_portal.reports.council.figures import Figures
from umkm_portal.reports.council.periods import Window
from umkm_portal.reports.council.places import Group

SIZE = 50
PEOPLE, PLACES = "orang", "kursi"
COLUMNS = {
    figures.INVITED: "invited",
    figures.ANSWERED: "answered",
    figures.CAME: "came",
    figures.CERTIFIED: "certified",
}
MEASURES = (*COLUMNS, registered.WORD)

_MATCHING = """
WITH {ctes} SELECT id, person FROM (
    SELECT {columns} FROM places {homes} WHERE {step} {condition} {grouping}
) AS found WHERE {beyond} ORDER BY {order} LIMIT %(limit)s
"""
_REGISTERED = """
SELECT id, person FROM (SELECT person AS id, person FROM ({found}) AS found) AS keyed
WHERE {beyond} ORDER BY {order} LIMIT %(limit)s
"""


class Key(NamedTuple):
    """One row of a list: what it pages by, and whose it is."""

    pk: int
    person: int


@dataclass(frozen=True)
class KeyPage:
    keys: Sequence[Key]
    older: int | None
    newer: int | None


@dataclass(frozen=True)
class Row:
    """One line as staff read it; a name only for those who may see the person."""

    person: Participant | None
    name: str
    enrolment: Enrolment | None = None


def read_keys(
    window: Window, *, step: str, counted: str, group: Group, query: Mapping[str, str]
) -> KeyPage:
    """One page of the people or places behind a number, newest first."""
    older, newer = (whole_in(query.get(name, "")) for name in (OLDER, NEWER))
    sql, facts = _statement(window, step=step, counted=counted, group=group)
    if newer is not None:
        found = _fetch(sql, facts, beyond="id > %(edge)s", order="id", edge=newer)
        has_newer, shown, has_older = len(found) > SIZE, found[:SIZE][::-1], True
    else:
        beyond = "TRUE" if older is None else "id < %(edge)s"
        found = _fetch(sql, facts, beyond=beyond, order="id DESC", edge=older or 0)
        has_older, shown, has_newer = len(found) > SIZE, found[:SIZE], older is not None
    return KeyPage(
        shown,
        shown[-1].pk if shown and has_older else None,
        shown[0].pk if shown and has_newer else None,
    )


def rows_of(page: KeyPage, *, counted: str, user: User) -> list[Row]:
    """What a member of staff may read of these rows; two queries for any number of them."""
    people = Participant.objects.for_user(user).filter(pk__in={key.person for key in page.keys})
    seen = {person.pk: person for person in people.defer("nik", "search").order_by("pk")}
    enrolments: dict[int, Enrolment] = {}
    if counted == PLACES:
        rows = Enrolment.objects.filter(pk__in=[key.pk for key in page.keys])
        found = rows.select_related("cohort__training").order_by("pk")
        enrolments = {row.pk: row for row in found}
    return [
        Row(
            seen.get(key.person),
            _name(seen.get(key.person)),
            enrolments.get(key.pk) if counted == PLACES else None,
        )
        for key in page.keys
    ]


def cohorts_of(told: Figures, group: Group) -> list[tuple[Held, Cost]]:
    """The cohorts behind a line, newest first, each with what the line bears of its cost."""
    lines = []
    for cohort in told.held:
        share = dict(shares_of(cohort, told.came_from)).get(group)
        if share is not None:
            lines.append((cohort, cohort.cost.part(share)))
    return sorted(lines, key=lambda line: (line[0].starts_at, line[0].pk), reverse=True)


def _name(person: Participant | None) -> str:
    if person is None:
        return "Peserta di luar wilayah Anda"
    return person.full_name


def _statement(
    window: Window, *, step: str, counted: str, group: Group
) -> tuple[str, dict[str, Any]]:
    """SQL with the gaps `beyond` and `order`, and its values."""
    kind, key = group
    if step == registered.WORD:
        found = registered.people_of(kind)
        return _REGISTERED.format(
            found=found, beyond="{beyond}", order="{order}"
        ), registered.values(window, key)
    is_city = kind == places.CITY
    by_person = counted == PEOPLE
    sql = _MATCHING.format(
        ctes=places.ctes(kind),
        columns="places.person AS id, places.person" if by_person else "places.id, places.person",
        homes="JOIN homes ON homes.person = places.person" if is_city else "",
        step=COLUMNS[step],
        condition="AND homes.city = %(key)s" if is_city else "",
        grouping="GROUP BY places.person" if by_person else "",
        beyond="{beyond}",
        order="{order}",
    )
    return sql, places.values(window, key)


def _fetch(sql: str, facts: Mapping[str, Any], *, beyond: str, order: str, edge: int) -> list[Key]:
    values = {**facts, "edge": edge, "limit": SIZE + 1}
    with connection.cursor() as cursor:
        cursor.execute(sql.format(beyond=beyond, order=order), values)
        return [Key(*row) for row in cursor.fetchall()]
