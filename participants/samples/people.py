"""Inventing people, one row of the register each; the same seed gives the same people."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from participants.samples import words
from umkm_portal.common.nik import SYNTHETIC_DISTRICT
from umkm_portal.regions.services import DATA

Cells = dict[str, str]
"""The cells of one row by column key."""

FIRST_BIRTH = date(1955, 1, 1)
BIRTH_DAYS = 18_000
"""Births up to 2004: everybody is grown up."""
SERIALS, SERIAL_STEP, BLOCKS = 9_999, 7_919, 64
FIRST_DAY, LAST_DAY = date(2018, 10, 9), date(2025, 12, 31)


class Inventor:
    """Makes people up; `person(number)` for numbers that rise from 0."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - practice data
        self._villages = _villages()
        self._last_phone = ""

    def person(self, number: int) -> Cells:
        """Return one tidy row of the register."""
        rng = self.rng
        is_woman = rng.random() < 0.6
        born = self._birth_date(number)
        cells = {"full_name": self._name(is_woman), "birth_date": f"{born:%d/%m/%Y}"}
        city = self._place(cells)
        cells["nik"] = _nik(city, born, is_woman, number)
        cells["phone"] = self._phone()
        if rng.random() < 0.85:
            cells["email"] = _email(cells["full_name"], number)
        self._programme(cells)
        self._business(cells)
        return cells

    def _birth_date(self, number: int) -> date:
        """A day that no other block of 9,999 people is born on, so that NIKs never repeat."""
        days = self.rng.randrange(BIRTH_DAYS // BLOCKS) * BLOCKS + number // SERIALS % BLOCKS
        return FIRST_BIRTH + timedelta(days=days)

    def _name(self, is_woman: bool) -> str:
        rng = self.rng
        first = rng.choice(words.WOMEN if is_woman else words.MEN)
        if rng.random() < 0.12:
            return first
        name = f"{first} {rng.choice(words.FAMILY)}"
        if rng.random() < 0.15:
            name = f"{name} {rng.choice(words.FAMILY)}"
        return rng.choice(words.TITLES).format(name) if rng.random() < 0.03 else name

    def _place(self, cells: Cells) -> str:
        """Fill in where the person lives and return the code of the kota."""
        rng = self.rng
        if rng.random() < 0.06:
            code, cells["city"] = rng.choice(words.OUTSIDE)
        else:
            cities = words.CITY_WEIGHTS
            code = rng.choices(list(cities), list(cities.values()))[0]
            city, district, village = rng.choice(self._villages[code])
            cells |= {"city": city, "district": district, "village": village}
        cells["address"] = f"{rng.choice(words.STREETS)} No. {rng.randint(1, 99)}"
        return code

    def _phone(self) -> str:
        """A number as people write it; now and then the one of the family member before."""
        rng = self.rng
        if self._last_phone and rng.random() < 0.03:
            return self._last_phone
        prefix, tail = rng.choice(words.PREFIXES), f"{rng.randrange(10**8):08}"
        shape = rng.random()
        if shape < 0.5:
            phone = f"{prefix}-{tail[:4]}-{tail[4:]}"
        elif shape < 0.85:
            phone = f"{prefix}{tail}"
        else:
            phone = f"62{prefix[1:]}{tail}"
        self._last_phone = phone
        return phone

    def _programme(self, cells: Cells) -> None:
        """Fill in registration, activity, willingness and consent."""
        rng = self.rng
        registered = self._day(FIRST_DAY, LAST_DAY)
        cells["registered_on"] = f"{registered:%d/%m/%Y}"
        agencies = dict(words.AGENCIES)
        cells["agency"] = rng.choices(list(agencies), list(agencies.values()))[0]
        cells["track"] = "Naik kelas" if rng.random() < 0.2 else "Pemula"
        cells["is_active"] = "ya" if rng.random() < 0.78 else "tidak"
        cells["last_activity_on"] = f"{self._day(registered, LAST_DAY):%d/%m/%Y}"
        if rng.random() < 0.35:
            cells["last_served_on"] = f"{self._day(registered, LAST_DAY):%d/%m/%Y}"
        if rng.random() < 0.97:
            cells["is_willing"] = "ya" if rng.random() < 0.79 else "tidak"
            cells["willing_on"] = f"{self._day(registered, LAST_DAY):%d/%m/%Y}"
        if rng.random() < 0.7:
            cells["whatsapp"] = "ya"
            cells["whatsapp_on"] = f"{self._day(registered, LAST_DAY):%d/%m/%Y}"
            cells["whatsapp_source"] = rng.choice(words.CONSENT_SOURCES)

    def _business(self, cells: Cells) -> None:
        rng = self.rng
        weights = [weight for _, weight, _ in words.SECTORS]
        sector, _, products = rng.choices(words.SECTORS, weights)[0]
        owner = cells["full_name"].split()[-1].strip(",.")
        cells["business_name"] = f"{rng.choice(words.SHOPS)} {owner} {rng.randint(1, 99)}"
        cells["sector"], cells["products"] = sector, rng.choice(products)
        if rng.random() < 0.1:
            cells["market"] = rng.choice(words.MARKETS)
            cells["stall"] = f"{rng.choice('ABCDEF')}{rng.randint(1, 9)}-{rng.randint(1, 60)}"
            cells["sells_live"] = "ya" if rng.random() < 0.25 else "tidak"
        if rng.random() < 0.45:
            cells["nib"] = f"{rng.randrange(10**12, 10**13)}"
        if rng.random() < 0.8:
            cells["yearly_sales"] = _rupiah(rng.randint(6, 400) * 1_000_000)
        if rng.random() < 0.3:
            cells["platforms"] = rng.choice(("Shopee", "TikTok", "Shopee, TikTok", "Tokopedia"))
        if rng.random() < 0.12:
            shop = cells["business_name"].lower().replace(" ", "")
            cells["store_link"] = f"https://shopee.co.id/{shop}"

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randint(0, (last - first).days))


def _villages() -> dict[str, list[tuple[str, str, str]]]:
    """Return (kota, kecamatan, kelurahan) of all Jakarta, by the code of the kota."""
    cities = {row["code"]: row["short_name"] for row in _rows("jakarta_kota")}
    districts = {row["code"]: row["name"] for row in _rows("jakarta_kecamatan")}
    villages = defaultdict(list)
    for row in _rows("jakarta_kelurahan"):
        code = row["kota_code"]
        villages[code].append((cities[code], districts[row["kecamatan_code"]], row["name"]))
    return villages


def _rows(name: str) -> Iterator[dict[str, str]]:
    with open(DATA / f"{name}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _nik(city: str, born: date, is_woman: bool, number: int) -> str:
    """Return a NIK that nobody has: kecamatan 99, each serial once in 9,999 people."""
    day = born.day + (40 if is_woman else 0)
    serial = number * SERIAL_STEP % SERIALS + 1
    return f"{city.replace('.', '')}{SYNTHETIC_DISTRICT}{day:02}{born:%m%y}{serial:04}"


def _email(name: str, number: int) -> str:
    words_of_name = "".join(c if c.isascii() and c.isalpha() else " " for c in name.lower()).split()
    return f"{'.'.join(words_of_name[:2])}{number}@surel.example"


def _rupiah(amount: int) -> str:
    return f"Rp{amount:,}".replace(",", ".")
