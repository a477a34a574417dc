"""What names in a register file mean: places, sectors and agencies, found in memory."""

from __future__ import annotations

from participants.models import Sector
from umkm_portal.accounts.models import Organisation
from umkm_portal.common.spreadsheets import normalise_header
from umkm_portal.imports.sheets import BLANK
from umkm_portal.regions.matching import Match, current_matcher
from umkm_portal.regions.models import Region

MOST_PLACES = 20_000
OTHER_SECTOR = "lainnya"
_AGENCY_WORDS = ("dinas ", "suku dinas ", "sudin ")


class Lookups:
    """The tables of names as they stand when a file is read."""

    def __init__(self) -> None:
        self.regions = current_matcher()
        self.outside = dict(
            Region.objects.exclude(code__startswith=Region.JAKARTA).values_list("pk", "name")
        )
        self._places: dict[tuple[str, str, str], Match] = {}
        self._sectors = _sector_names()
        self.other_sector = self._sectors.get(OTHER_SECTOR)
        self._agencies = _agency_names()

    def place(self, city: str, district: str, village: str) -> Match:
        """Return what three cells say together; neither region nor problem when all are blank."""
        texts = (city, district, village)
        found = self._places.get(texts)
        if found is None:
            told = ["" if text in BLANK else text for text in texts]
            found = self.regions.match(*told) if any(told) else Match(None)
            if len(self._places) < MOST_PLACES:
                self._places[texts] = found
        return found

    def sector(self, text: str) -> int | None:
        """Return the id of the sector that `text` names."""
        return self._sectors.get(text) or self._sectors.get(normalise_header(text))

    def agency(self, text: str) -> int | None:
        """Return the id of the agency that `text` names, with or without the word Dinas."""
        found = self._agencies.get(text)
        return found or self._agencies.get(_bare_agency(text))


def _sector_names() -> dict[str, int]:
    names = {}
    for pk, slug, name, aliases in Sector.objects.values_list("pk", "slug", "name", "aliases"):
        for text in (slug, name, *aliases.split(";")):
            if text.strip():
                names[normalise_header(text)] = pk
    return names


def _agency_names() -> dict[str, int]:
    agencies = Organisation.objects.filter(kind=Organisation.Kind.AGENCY)
    return {
        _bare_agency(text): pk
        for pk, *texts in agencies.values_list("pk", "slug", "name", "short_name")
        for text in texts
    }


def _bare_agency(text: str) -> str:
    words = normalise_header(text)
    for start in _AGENCY_WORDS:
        words = words.removeprefix(start)
    return words
