"""Where a business may be: a kelurahan of Jakarta, or a kabupaten/kota elsewhere."""

from __future__ import annotations

from itertools import groupby

from umkm_portal.regions.models import Region

OUTSIDE = "luar"
"""The choice beside Jakarta's cities."""
ISLANDS = "31.01"
Choices = list[tuple[str, list[tuple[str, str]]]]


def cities() -> list[Region]:
    """Jakarta's cities, then its islands."""
    rows = Region.objects.valid().jakarta().filter(level=Region.Level.CITY)
    return sorted(rows, key=lambda row: (row.code == ISLANDS, row.code))


def choices_in(city: str) -> Choices:
    """Groups of (code, name): kelurahan by kecamatan, or kabupaten/kota by province."""
    rows = Region.objects.valid().select_related("parent")
    if city == OUTSIDE:
        rows = rows.filter(level=Region.Level.CITY).exclude(code__startswith=Region.JAKARTA)
    else:
        rows = rows.filter(level=Region.Level.VILLAGE, code__startswith=f"{city}.")
    found = sorted(rows, key=lambda row: (_above(row), row.name))
    return [
        (above, [(row.code, row.name) for row in members])
        for above, members in groupby(found, key=_above)
    ]


def region(code: str) -> Region:
    """The region of a chosen code, as it is valid today."""
    return Region.objects.valid().select_related("parent__parent").get(code=code)


def _above(row: Region) -> str:
    return row.parent.name if row.parent else ""


def in_words(code: str) -> str:
    """`Kebon Kacang, Tanah Abang, Jakarta Pusat`, or `Kota Padang, Sumatera Barat`."""
    row: Region | None = region(code)
    names: list[str] = []
    while row and len(names) < 3:
        names.append(row.short_name if row.code.count(".") == 1 and row.is_in_jakarta else row.name)
        row = row.parent
    return ", ".join(names)
