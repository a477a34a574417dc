"""The figures of a window by programme, topic, agency and city: people, places, cohorts, money.

One statement counts people and places of all groups at once, another one reads the cohorts and
their money; names of groups are one small query each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import connection, transaction

from trainings.models import Programme, Topic
from umkm_portal.accounts.models import Organisation
from umkm_portal.regions.models import Region
from umkm_portal.reports.council import costs, places
from umkm_portal.reports.council.costs import Cost, Held
from umkm_portal.reports.council.periods import Window
from umkm_portal.reports.council.places import Group

INVITED, ANSWERED, CAME, CERTIFIED = "diundang", "menjawab", "hadir", "lulus"
STEPS: dict[str, str] = {
    INVITED: "Diundang",
    ANSWERED: "Menjawab",
    CAME: "Hadir",
    CERTIFIED: "Bersertifikat",
}
"""The four measures of people by their word in addresses."""
GROUPS: dict[str, str] = {
    places.PROGRAMME: "Program",
    places.TOPIC: "Tema",
    places.CITY: "Kota usaha",
    places.AGENCY: "Dinas penyelenggara",
}
_COUNTS = """
WITH {ctes}, found AS (
    SELECT places.person, homes.is_lone, programme, topic, agency, city,
        invited, answered, came, certified
    FROM places
    JOIN cohorts ON cohorts.id = places.cohort
    JOIN homes ON homes.person = places.person
), lone AS (
    SELECT programme, topic, agency, city, count(*) FILTER (WHERE invited) AS invited,
        count(*) FILTER (WHERE answered) AS answered, count(*) FILTER (WHERE came) AS came,
        count(*) FILTER (WHERE certified) AS certified
    FROM found WHERE is_lone GROUP BY programme, topic, agency, city
), persons AS (
    SELECT g.kind, g.key, person,
        count(*) FILTER (WHERE invited) AS invited, count(*) FILTER (WHERE answered) AS answered,
        count(*) FILTER (WHERE came) AS came, count(*) FILTER (WHERE certified) AS certified
    FROM found CROSS JOIN LATERAL {groups} WHERE NOT is_lone GROUP BY g.kind, g.key, person
)
SELECT kind, key, 0, sum(people_invited)::bigint, sum(people_answered)::bigint,
    sum(people_came)::bigint, sum(people_certified)::bigint,
    sum(invited)::bigint, sum(answered)::bigint, sum(came)::bigint, sum(certified)::bigint
FROM (
    SELECT g.kind, g.key, invited AS people_invited, answered AS people_answered,
        came AS people_came, certified AS people_certified, invited, answered, came, certified
    FROM lone CROSS JOIN LATERAL {groups}
    UNION ALL
    SELECT kind, key, (invited > 0)::int, (answered > 0)::int, (came > 0)::int,
        (certified > 0)::int, invited, answered, came, certified
    FROM persons
) AS counted GROUP BY kind, key
UNION ALL
SELECT 'tempat', city, places.cohort, 0, 0, 0, 0, 0, 0, count(*), 0
FROM places JOIN homes ON homes.person = places.person WHERE came GROUP BY city, places.cohort
"""
"""Most people have one place: these are counted as they are, the others person by person."""
_GROUPS = """(VALUES ('semua', 0::bigint), ('program', programme), ('tema', topic),
    ('dinas', agency), ('kota', city)) AS g (kind, key)"""
_ROOM = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
"""A year's people fit into memory; compiling takes longer than it saves."""


@dataclass(frozen=True)
class Counts:
    """People and places (one person in two cohorts is two places) in each of STEPS."""

    people: tuple[int, int, int, int] = (0, 0, 0, 0)
    places: tuple[int, int, int, int] = (0, 0, 0, 0)

    def of(self, step: str) -> int:
        return self.people[list(STEPS).index(step)]

    def places_of(self, step: str) -> int:
        return self.places[list(STEPS).index(step)]


@dataclass(frozen=True)
class Line:
    """One group with its figures."""

    kind: str
    key: int
    name: str
    counts: Counts
    cohorts: int
    """Cohorts whose people are counted; for a city those that somebody of it came to."""
    cost: Cost

    @property
    def trained(self) -> int:
        """People who came to at least one session."""
        return self.counts.of(CAME)

    @property
    def planned_each(self) -> int | None:
        """Whole rupiah planned per person trained, in cohorts that have begun; None for nobody."""
        return costs.each(self.cost.begun_planned, self.trained)

    @property
    def spent_each(self) -> int | None:
        return costs.each(self.cost.begun_spent, self.trained)


@dataclass(frozen=True)
class Figures:
    """All lines of a window, and when they were counted."""

    window: Window
    counted_at: datetime
    counts: Mapping[Group, Counts]
    came_from: Mapping[int, Mapping[int, int]]
    """By cohort: how many places of people from each city came."""
    held: list[Held] = field(default_factory=list)

    @cached_property
    def total(self) -> Line:
        return self._line(places.TOTAL, 0, "Semua")

    @cached_property
    def sessions(self) -> int:
        return sum(cohort.sessions for cohort in self.held if cohort.is_counted)

    @cached_property
    def tables(self) -> list[tuple[str, str, list[Line]]]:
        """Each kind of group, what it is called, and its lines, most people trained first."""
        return [(kind, title, self._lines(kind)) for kind, title in GROUPS.items()]

    def line(self, kind: str, key: int, name: str = "") -> Line:
        """One group, also when nothing happened in it."""
        return self._line(kind, key, name)

    def _lines(self, kind: str) -> list[Line]:
        keys = {key for found, key in self.counts if found == kind}
        keys |= {key for found, key in self._costs if found == kind}
        names = names_of(kind, keys)
        lines = [self._line(kind, key, names.get(key, f"#{key}")) for key in keys]
        return sorted(lines, key=lambda line: (-line.trained, -line.counts.of(INVITED), line.name))

    def _line(self, kind: str, key: int, name: str) -> Line:
        return Line(
            kind,
            key,
            name,
            self.counts.get((kind, key), Counts()),
            self._cohorts.get((kind, key), 0),
            self._costs.get((kind, key), Cost()),
        )

    @cached_property
    def _costs(self) -> dict[Group, Cost]:
        return costs.by_group(self.held, self.came_from)

    @cached_property
    def _cohorts(self) -> dict[Group, int]:
        counts: dict[Group, int] = defaultdict(int)
        for cohort in self.held:
            for group in costs.groups_of(cohort, self.came_from) if cohort.is_counted else ():
                counts[group] += 1
        return counts


def figures_of(window: Window, *, now: datetime) -> Figures:
    """Count a window: two queries, whatever is in it; names are read when lines are."""
    counts: dict[Group, Counts] = {}
    came_from: dict[int, dict[int, int]] = defaultdict(dict)
    for kind, key, cohort, *numbers in _counted(window):
        if kind == "tempat":
            came_from[cohort][key] = numbers[6]
        else:
            counts[kind, key] = Counts(tuple(numbers[:4]), tuple(numbers[4:]))
    return Figures(window, now, counts, came_from, costs.held_in(window, now=now))


@transaction.atomic
def _counted(window: Window) -> list[tuple]:
    query = _COUNTS.format(ctes=places.ctes(), groups=_GROUPS)
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)
        cursor.execute(query, places.values(window))
        return cursor.fetchall()


def names_of(kind: str, keys: Iterable[int]) -> dict[int, str]:
    """What groups of one kind are called."""
    if kind == places.PROGRAMME:
        rows = Programme.objects.filter(pk__in=keys).order_by("pk")
        return {row.pk: str(row) for row in rows} | {places.NO_PROGRAMME: "Tanpa program"}
    if kind == places.TOPIC:
        return dict(Topic.objects.filter(pk__in=keys).values_list("pk", "name"))
    if kind == places.AGENCY:
        return dict(Organisation.objects.filter(pk__in=keys).values_list("pk", "short_name"))
    return city_names()


def city_names() -> dict[int, str]:
    """Jakarta's cities by their code without the dot, and the two words for everybody else."""
    cities = Region.objects.jakarta().filter(level=Region.Level.CITY).valid().order_by("code")
    known = {
        int(code.replace(".", "")): name for code, name in cities.values_list("code", "short_name")
    }
    return known | {
        places.OUTSIDE: "Luar Jakarta",
        places.NOWHERE: "Belum diketahui",
        costs.NOBODY_CAME: "Tidak terbagi (belum ada yang hadir)",
    }
