"""Groups of people who may be chosen for an invitation, by a short name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from participants import models
from participants.segments.audiences import RulesBroken, compiled, people_of
from umkm_portal.regions.models import Region

DEFAULT = "aktif-bersedia"
BY_HAND = "pilihan"


class UnknownSegment(Exception):
    """No group has this name, or its rules broke; the sentence says what to do."""


@dataclass(frozen=True)
class Segment:
    """A group; `sql` is a condition on `participants_participant p` and its region `r`."""

    slug: str
    label: str
    sql: str = "TRUE"
    params: tuple[Any, ...] = ()


_BUSINESS = "EXISTS (SELECT FROM participants_business b WHERE b.participant_id = p.id AND %s)"
_BUILT_IN = (
    Segment(DEFAULT, "Semua peserta yang aktif dan bersedia"),
    Segment("jakarta", "Tinggal di Jakarta", "r.code LIKE %s", (f"{Region.JAKARTA}.%",)),
    Segment("pasar", "Punya kios di pasar", _BUSINESS % "b.market <> ''"),
)


def built_in() -> list[Segment]:
    """The groups that need nobody to save them: everybody, the cities of Jakarta, the sectors."""
    return [*_BUILT_IN, *_cities(), *_sectors()]


def available() -> list[tuple[str, str]]:
    """(slug, words) of every group that can be invited, the saved segments last."""
    saved = models.Segment.objects.order_by("name", "pk").values_list("slug", "name")
    return [
        *((segment.slug, segment.label) for segment in built_in()),
        *((slug, f"Segmen: {name}") for slug, name in saved),
    ]


def find(slug: str | None) -> Segment:
    """The group of that name, the default one for none. Raises UnknownSegment."""
    wanted = slug or DEFAULT
    # A saved one first: a sector of that name that came later must not change who it means.
    if saved := models.Segment.objects.filter(slug=wanted).first():
        return _saved(saved)
    for segment in built_in():
        if segment.slug == wanted:
            return segment
    known = ", ".join(known for known, _ in available())
    raise UnknownSegment(f"Kelompok “{slug}” tidak dikenal. Pilihannya: {known}.")


def of_people(participant_ids: list[int]) -> Segment:
    """Exactly these people."""
    return Segment(BY_HAND, "Dipilih satu per satu", "p.id = ANY(%s)", (participant_ids,))


def _saved(segment: models.Segment) -> Segment:
    """The people of a saved segment, worked out inside the statement that chooses."""
    try:
        sql, params = compiled(people_of(segment))
    except RulesBroken as broken:
        raise UnknownSegment(f"Segmen “{segment.name}”: {broken}") from broken
    return Segment(segment.slug, segment.name, f"p.id IN ({sql})", params)


def _cities() -> list[Segment]:
    cities = Region.objects.valid().jakarta().filter(level=Region.Level.CITY).order_by("code")
    return [
        Segment(
            slugify(city.short_name),
            f"Tinggal di {city.short_name}",
            "(r.code = %s OR r.code LIKE %s)",
            (city.code, f"{city.code}.%"),
        )
        for city in cities
    ]


def _sectors() -> list[Segment]:
    return [
        Segment(sector.slug, f"Sektor {sector.name}", _BUSINESS % "b.sector_id = %s", (sector.pk,))
        for sector in models.Sector.objects.filter(is_active=True).order_by("slug")
    ]
