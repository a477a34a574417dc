"""From what people write about a place to a region: names, short names, codes.

Names alone do not tell a region: 24 kelurahan bear the name of a kecamatan and 26 names belong to
a kota and a kabupaten. The column says the level, the columns beside it say the parent.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from umkm_portal.common.spreadsheets import normalise_header
from umkm_portal.regions.models import Region

_MOST_REMEMBERED = 200_000
_LONGEST_NAME = 80
_CITY_ALIASES = {
    "jakpus": "31.71",
    "jakut": "31.72",
    "jakbar": "31.73",
    "jaksel": "31.74",
    "jaktim": "31.75",
    "kepseribu": "31.01",
    "pulauseribu": "31.01",
    "solo": "33.72",
    "jogja": "34.71",
    "jogjakarta": "34.71",
    "yogya": "34.71",
}
_PROVINCE_ALIASES = {
    "jakarta": "31",
    "dkijakarta": "31",
    "dki": "31",
    "daerahkhususjakarta": "31",
    "dkj": "31",
    "diyogyakarta": "34",
    "diy": "34",
    "jabar": "32",
    "jateng": "33",
    "jatim": "35",
}
_CITY_WORDS = re.compile(r"^(?:(kota(?:madya)?|kodya|kab(?:upaten)?)\s+)?(?:adm(?:inistrasi)?\s+)?")
_DISTRICT_WORDS = re.compile(r"^(?:kec(?:amatan)?)\s+")
_VILLAGE_WORDS = re.compile(r"^(?:kel(?:urahan)?|desa|ds)\s+")
_PROVINCE_WORDS = re.compile(r"^(?:prov(?:insi)?|propinsi)\s+")
_ABBREVIATIONS = re.compile(r"\bkep\b")
_CODE = re.compile(r"[0-9]{2}(?:\.?[0-9]{2}(?:\.?[0-9]{2}(?:\.?[0-9]{4})?)?)?")


class Place(NamedTuple):
    """One region as the matcher keeps it."""

    pk: int
    code: str
    name: str
    level: str
    kind: str


class Match(NamedTuple):
    """`region_id` is None when `problem` must be solved; else `problem` is "" or a warning."""

    region_id: int | None
    problem: str = ""


class RegionMatcher:
    """Finds regions by text, in memory; build it by `current_matcher()`."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_code: dict[str, Place] = {}
        self._by_name: dict[tuple[str, str], list[Place]] = defaultdict(list)
        self._remembered: dict[tuple[str, str, str], Match] = {}
        for place in places:
            self._by_code[place.code.replace(".", "")] = place
            for name in _spellings(place):
                self._by_name[place.level, name].append(place)
        self.nik_areas = self._areas_of_nik()

    def match(self, city: str = "", district: str = "", village: str = "") -> Match:
        """Return the most specific region that kota, kecamatan and kelurahan agree on."""
        key = (city, district, village)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = self._match(city, district, village)
        return found

    def _match(self, city: str, district: str, village: str) -> Match:
        texts = [text.strip()[:_LONGEST_NAME] for text in (city, district, village)]
        if not any(texts):
            return Match(None, "Wilayah kosong. Isi kota, kecamatan dan kelurahan.")
        by_code = self._match_codes(texts)
        if by_code:
            return by_code
        city, district, village = texts
        parents = self._cities(city) if city else []
        if city and not parents:
            return self._match_anywhere(city, district, village)
        if len(parents) > 1:
            return Match(None, _either(city, parents))
        return self._below(parents[0] if parents else None, district, village)

    def _match_codes(self, texts: list[str]) -> Match | None:
        """Return the answer of the most specific text that is a Kemendagri code, if one is."""
        for text in reversed(texts):
            if _CODE.fullmatch(text):
                place = self._by_code.get(text.replace(".", ""))
                if place:
                    return Match(place.pk)
                return Match(None, f"Kode wilayah {text} tidak dikenal. Periksa kodenya.")
        return None

    def _cities(self, text: str) -> list[Place]:
        """Return kabupaten and kota of that name, else the province."""
        for part in dict.fromkeys((text, text.split(",")[0])):
            words = _ABBREVIATIONS.sub("kepulauan", normalise_header(part))
            found = self._cities_by_words(words)
            if not found:
                province = _squeezed(_PROVINCE_WORDS.sub("", words))
                found = self._by_name.get((Region.Level.PROVINCE, province), [])
            if found:
                return found
        return []

    def _cities_by_words(self, words: str) -> list[Place]:
        shape = _CITY_WORDS.match(words)
        kind = (shape and shape[1]) or ""
        bare, whole = _squeezed(_CITY_WORDS.sub("", words)), _squeezed(words)
        found = self._by_name.get((Region.Level.CITY, bare), [])
        if kind:
            starts = "kab" if kind.startswith("kab") else "kota"
            found = [place for place in found if place.kind.startswith(starts)] or found
        return found or self._by_name.get((Region.Level.CITY, whole), [])

    def _match_anywhere(self, text: str, district: str, village: str) -> Match:
        """Try a text of the kota column as a kecamatan or kelurahan of Jakarta."""
        for level in (Region.Level.DISTRICT, Region.Level.VILLAGE):
            found = self._named(level, text)
            if len(found) == 1:
                return self._below(found[0], district, village)
        return Match(None, f"Kota atau kabupaten “{text}” tidak dikenal. Periksa ejaannya.")

    def _below(self, parent: Place | None, district: str, village: str) -> Match:
        """Go down from `parent` as far as kecamatan and kelurahan are understood."""
        if parent and not parent.code.startswith(Region.JAKARTA):
            district = village = ""
        problem = ""
        for level, text in ((Region.Level.DISTRICT, district), (Region.Level.VILLAGE, village)):
            if not text:
                continue
            found = self._named(level, text)
            inside = [place for place in found if _is_within(place, parent)]
            if len(inside) == 1:
                parent, problem = inside[0], ""
            elif found:
                return Match(None, self._elsewhere(found[0], parent))
            else:
                label = Region.Level(level).label
                problem = f"{label} “{text}” tidak dikenal. Periksa ejaannya."
        if parent and parent.level == Region.Level.PROVINCE:
            problem = problem or "Isi juga kota atau kabupatennya."
        return Match(parent.pk if parent else None, problem)

    def _named(self, level: str, text: str) -> list[Place]:
        pattern = _DISTRICT_WORDS if level == Region.Level.DISTRICT else _VILLAGE_WORDS
        words = pattern.sub("", normalise_header(text))
        return self._by_name.get((level, _squeezed(words)), [])

    def _elsewhere(self, place: Place, parent: Place | None) -> str:
        above = self._by_code[place.code.rpartition(".")[0].replace(".", "")]
        label = Region.Level(place.level).label
        beside = f", bukan {parent.name}" if parent else ""
        return f"{label} {place.name} ada di {above.name}{beside}. Periksa wilayahnya."

    def _areas_of_nik(self) -> frozenset[str]:
        """Return codes as they begin a NIK: kecamatan, or kota where kecamatan are not on file."""
        districts = {code for code, p in self._by_code.items() if p.level == Region.Level.DISTRICT}
        filed = {code[:4] for code in districts}
        cities = {code for code, p in self._by_code.items() if p.level == Region.Level.CITY}
        return frozenset(districts | (cities - filed))


def current_matcher() -> RegionMatcher:
    """Return the matcher of today's regions, one per process until a region changes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(r::text, '' ORDER BY id)) FROM regions_region r")
        (content,) = cursor.fetchone()
    return _matcher_of(timezone.localdate(), content)


@lru_cache(maxsize=1)
def _matcher_of(day: date, content: str | None) -> RegionMatcher:
    """Build the matcher; `content` is a hash of all regions, so a change asks for a new one."""
    rows = Region.objects.valid(on=day).values_list("pk", "code", "short_name", "level", "kind")
    return RegionMatcher(Place(*row) for row in rows)


def _spellings(place: Place) -> set[str]:
    """Return the squeezed names under which a region is found."""
    names = {_squeezed(_ABBREVIATIONS.sub("kepulauan", normalise_header(place.name)))}
    aliases = {
        Region.Level.CITY: _CITY_ALIASES,
        Region.Level.PROVINCE: _PROVINCE_ALIASES,
    }.get(Region.Level(place.level), {})
    return names | {alias for alias, code in aliases.items() if code == place.code}


def _squeezed(words: str) -> str:
    """Return words without spaces: Pal Merah is Palmerah."""
    return words.replace(" ", "")


def _is_within(place: Place, parent: Place | None) -> bool:
    return parent is None or place.code.startswith(f"{parent.code}.")


def _either(text: str, places: list[Place]) -> str:
    names = " atau ".join(f"{_title(place)} {place.name}" for place in places)
    return f"“{text}” bisa berarti {names}. Tulis lengkap."


def _title(place: Place) -> str:
    return "Kabupaten" if place.kind.startswith("kab") else "Kota"
