"""Groups of people who may be chosen for an invitation, by a short name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from participants.models import Sector
from umkm_portal.regions.models import Region

DEFAULT = "aktif-bersedia"
BY_HAND = "pilihan"


class UnknownSegment(Exception):
    """No group has this name; the sentence lists those there are."""


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


def available() -> list[Segment]:
    """Every group: the built-in ones, the cities of Jakarta, the sectors."""
    return [*_BUILT_IN, *_cities(), *_sectors()]


def find(slug: str | None) -> Segment:
    """The group of that name, the default one for none. Raises UnknownSegment."""
    for segment in available():
        if segment.slug == (slug or DEFAULT):
            return segment
    known = ", ".join(segment.slug for segment in available())
    raise UnknownSegment(f"Kelompok “{slug}” tidak dikenal. Pilihannya: {known}.")


def of_people(participant_ids: list[int]) -> Segment:
    """Exactly these people."""
    return Segment(BY_HAND, "Dipilih satu per satu", "p.id = ANY(%s)", (participant_ids,))


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
        for sector in Sector.objects.filter(is_active=True).order_by("slug")
    ]
