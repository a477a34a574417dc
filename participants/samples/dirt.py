"""What goes wrong in files of offices: each kind spoils one row so that it must be refused."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from participants.samples.people import Cells

Spoil = Callable[[Cells, Random], None]


def _set(key: str, value: str) -> Spoil:
    def spoil(cells: Cells, rng: Random) -> None:
        cells[key] = value

    return spoil


def _nik_short(cells: Cells, rng: Random) -> None:
    cells["nik"] = cells["nik"][:15]


def _nik_exponent(cells: Cells, rng: Random) -> None:
    cells["nik"] = f"{cells['nik'][0]},{cells['nik'][1:6]}E+15"


def _nik_zeros(cells: Cells, rng: Random) -> None:
    cells["nik"] = cells["nik"][:12] + "0000"


def _nik_letter(cells: Cells, rng: Random) -> None:
    cells["nik"] = cells["nik"][:8] + "O" + cells["nik"][9:]


def _phone_decimal(cells: Cells, rng: Random) -> None:
    cells["phone"] = f"62812{rng.randrange(10**7, 10**8)}.0"


def _phone_two(cells: Cells, rng: Random) -> None:
    cells["phone"] = f"{cells['phone']} / 0813{rng.randrange(10**7, 10**8)}"


def _unreachable(cells: Cells, rng: Random) -> None:
    for key in ("nik", "phone", "email"):
        cells.pop(key, None)


def _consent_alone(cells: Cells, rng: Random) -> None:
    cells["whatsapp"] = "ya"
    cells.pop("whatsapp_on", None)


def _village_unknown(cells: Cells, rng: Random) -> None:
    cells |= {"city": "Jakarta Pusat", "district": "Gambir", "village": "Kebon Awan"}


def _village_elsewhere(cells: Cells, rng: Random) -> None:
    cells |= {"city": "Jakarta Pusat", "district": "Gambir", "village": "Kapuk"}


KINDS: dict[str, tuple[str, Spoil]] = {
    "nik_short": ("nik", _nik_short),
    "nik_exponent": ("nik", _nik_exponent),
    "nik_zeros": ("nik", _nik_zeros),
    "nik_letter": ("nik", _nik_letter),
    "nobody": ("nik", _unreachable),
    "phone_decimal": ("phone", _phone_decimal),
    "phone_two": ("phone", _phone_two),
    "phone_short": ("phone", _set("phone", "08123")),
    "phone_landline": ("phone", _set("phone", "021-3848303")),
    "email_comma": ("email", _set("email", "siti@gmail,com")),
    "birth_future": ("birth_date", _set("birth_date", "12/08/2099")),
    "birth_impossible": ("birth_date", _set("birth_date", "31/02/1990")),
    "birth_month_first": ("birth_date", _set("birth_date", "03/25/1990")),
    "village_unknown": ("village", _village_unknown),
    "village_elsewhere": ("village", _village_elsewhere),
    "city_unknown": ("city", _set("city", "Kota Angan")),
    "name_missing": ("full_name", _set("full_name", "")),
    "name_figures": ("full_name", _set("full_name", "12345")),
    "answer_unclear": ("is_willing", _set("is_willing", "mungkin")),
    "sales_unclear": ("yearly_sales", _set("yearly_sales", "Rp1.500.00")),
    "nib_short": ("nib", _set("nib", "12345")),
    "consent_alone": ("whatsapp", _consent_alone),
}
"""Kind of dirt: the column that must be named, and what spoils a tidy row."""
REPEATED = "repeated"
"""The other kind: the row before, once more; it is named by its NIK column."""
