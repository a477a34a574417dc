"""The tile map of Jakarta's kecamatan: one square each, placed roughly as on the ground.

No boundary data and no tile server; names come from the region rows, the grid from here. A
kecamatan that is not on the grid yet (a new one) stays out of the map but in the list beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from umkm_portal.regions.models import Region

DARKEST = 3
PLACES = {
    # code: (column, row), both from 1
    "31.01.01": (2, 1),
    "31.01.02": (3, 1),
    "31.71.01": (4, 4),
    "31.71.02": (5, 3),
    "31.71.03": (6, 3),
    "31.71.04": (5, 4),
    "31.71.05": (7, 4),
    "31.71.06": (5, 5),
    "31.71.07": (4, 5),
    "31.71.08": (6, 4),
    "31.72.01": (3, 2),
    "31.72.02": (5, 2),
    "31.72.03": (6, 2),
    "31.72.04": (7, 2),
    "31.72.05": (4, 2),
    "31.72.06": (7, 3),
    "31.73.01": (2, 3),
    "31.73.02": (3, 4),
    "31.73.03": (4, 3),
    "31.73.04": (3, 3),
    "31.73.05": (2, 4),
    "31.73.06": (1, 3),
    "31.73.07": (3, 5),
    "31.73.08": (1, 4),
    "31.74.01": (6, 6),
    "31.74.02": (5, 6),
    "31.74.03": (5, 7),
    "31.74.04": (5, 8),
    "31.74.05": (3, 6),
    "31.74.06": (4, 7),
    "31.74.07": (4, 6),
    "31.74.08": (6, 7),
    "31.74.09": (4, 8),
    "31.74.10": (2, 6),
    "31.75.01": (6, 5),
    "31.75.02": (7, 5),
    "31.75.03": (7, 6),
    "31.75.04": (7, 7),
    "31.75.05": (6, 8),
    "31.75.06": (8, 5),
    "31.75.07": (8, 6),
    "31.75.08": (8, 7),
    "31.75.09": (7, 8),
    "31.75.10": (8, 8),
}
SHORT = {
    "Kepulauan Seribu Utara": "Kep. Seribu Utara",
    "Kepulauan Seribu Selatan": "Kep. Seribu Selatan",
}
BREAKS = (
    "Penja|ringan",
    "Pade|mangan",
    "Ceng|kareng",
    "Petam|buran",
    "Keba|yoran",
    "Kema|yoran",
    "Kem|bangan",
    "Pesang|grahan",
    "Jati|negara",
    "Jaga|karsa",
    "Mat|raman",
    "Cilan|dak",
    "Pulo|gadung",
    "Kramat|jati",
    "Setia|budi",
    "Kali|deres",
    "Pan|coran",
    "Prapa|tan",
)
SOFT_HYPHEN = "\u00ad"


@dataclass(frozen=True)
class Tile:
    """One square: where it stands, what it says, how dark it is (0 to 3)."""

    column: int
    row: int
    label: str
    count: int
    url: str

    @property
    def step(self) -> int:
        return min(self.count, DARKEST)


def tiles(districts: Iterable[Region], counts: Mapping[str, int]) -> list[Tile]:
    """The map of the districts, in reading order, with the number of cohorts in each."""
    placed = [
        Tile(
            *PLACES[district.code],
            _label(district.name),
            counts.get(district.code, 0),
            _url(district),
        )
        for district in districts
        if district.code in PLACES
    ]
    return sorted(placed, key=lambda tile: (tile.row, tile.column))


def _url(district: Region) -> str:
    return f"{reverse('trainings:schedule')}?kecamatan={district.code}"


def _label(name: str) -> str:
    label = SHORT.get(name, name)
    for word in BREAKS:
        label = label.replace(word.replace("|", ""), word.replace("|", SOFT_HYPHEN))
    return label
