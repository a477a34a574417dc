"""Form fields of the registration: they read what people type, strictly, and say how to repair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django import forms

from participants.contacts import Contact, parse_contact
from participants.importing.words import LONGEST_LINK, read_links
from umkm_portal.common.dates import DateError, parse_date
from umkm_portal.common.money import MoneyError, parse_rupiah

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,24}", re.I)
_DAY_MONTH_YEAR = re.compile(r"(\d\d?)[ /.-]+(\d\d?)[ /.-]+(\d{4})|(\d\d)(\d\d)(\d{4})")
_SHORTER = re.compile(r"bulan|\bbln\b|minggu|hari\b", re.I)
"""Words of a span shorter than a year."""
_ABOUT = re.compile(
    r"±|\+/-|~|\b(?:kurang lebih|kira-kira|kira kira|sekitar|kisaran)\b|"
    r"(?:/|\b(?:per|dalam)\s*)?\s*\b(?:setahun|tahun|thn|th)\b",
    re.I,
)
UNREADABLE = "tidak terbaca"
_STORES = {
    **dict.fromkeys(("tiktok", "tiktok shop"), "https://www.tiktok.com/@"),
    **dict.fromkeys(("instagram", "ig"), "https://www.instagram.com/"),
    **dict.fromkeys(("tokopedia", "tokped"), "https://www.tokopedia.com/"),
    **dict.fromkeys(("facebook", "fb"), "https://www.facebook.com/"),
    "shopee": "https://shopee.co.id/",
}
_NAMED = re.compile(
    r"(?<![\w./@])(?P<place>tiktok shop|tiktok|instagram|ig|tokopedia|tokped|facebook|fb|shopee)"
    r"(?:[ \t]*[:=][ \t]*@?|[ \t]+@)(?P<name>[\w.-]{2,60})(?![\w./])",
    re.I,
)
"""A place and the name of a store there; only with a colon or an @, so that no word is guessed."""
_STORE_NAME = re.compile(r"@?(?P<name>[\w-]{2,60})|@(?P<dotted>[\w.-]{2,60})")
_BETWEEN = {"dan", "&", "-", ";"}
MOST_LINKS = 10

Pairs = Sequence[tuple[str, Any]]


class ChoiceCards(forms.RadioSelect):
    """Radios drawn as cards; the label of the group leads to the first of them."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index or "0")


class TickCards(forms.CheckboxSelectMultiple):
    """The same with boxes to tick."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return super().id_for_label(id_, index or "0")


def text(
    label: str, wrong: str, *, hint: str = "", longest: int, needed: bool = True, **attrs: str
) -> forms.CharField:
    """One line of text; `wrong` is said when it is empty."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=longest,
        required=needed,
        error_messages={
            "required": wrong,
            "max_length": f"Singkatkan: paling banyak {longest} huruf.",
        },
        widget=forms.TextInput(attrs={"class": "in", **attrs}),
    )


def cards(
    label: str, wrong: str, choices: Pairs, *, hint: str = "", needed: bool = True
) -> forms.ChoiceField:
    """One choice of a few; nothing is chosen beforehand."""
    return forms.ChoiceField(
        label=label,
        help_text=hint,
        choices=choices,
        required=needed,
        error_messages={"required": wrong, "invalid_choice": wrong},
        widget=ChoiceCards,
    )


def select(
    label: str, wrong: str, choices: Pairs, *, hint: str = "", needed: bool = True
) -> forms.ChoiceField:
    """One choice of many."""
    return forms.ChoiceField(
        label=label,
        help_text=hint,
        choices=choices,
        required=needed,
        error_messages={"required": wrong, "invalid_choice": wrong},
        widget=forms.Select(attrs={"class": "in"}),
    )


class ReadField(forms.CharField):
    """Text that means something else; `read` says what, or raises ValueError with the repair."""

    def read(self, typed: str) -> Any:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        try:
            return self.read(typed) if typed else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class ContactField(ReadField):
    """A phone number or an email address."""

    def read(self, typed: str) -> Contact:
        return parse_contact(typed)


class WrittenDateField(ReadField):
    """A date as Indonesians write it."""

    def read(self, typed: str) -> date:
        return written_date(typed)


class YearlyRupiahField(ReadField):
    """What is sold in a year in whole rupiah, or None when it was left empty."""

    def read(self, typed: str) -> int:
        return yearly_rupiah(typed)


class StoreLinksField(ReadField):
    """Addresses of online stores, one a line; (platform, link) pairs, or None for none."""

    def read(self, typed: str) -> list[tuple[str, str]]:
        named = _NAMED.sub(_address_of_name, typed)
        links = [link for link in named.replace(",", " ").split() if link.lower() not in _BETWEEN]
        if len(links) > MOST_LINKS:
            raise ValueError(f"Tulis paling banyak {MOST_LINKS} tautan toko.")
        return read_links(" ".join(map(_address, links)))


def written_date(typed: str) -> date:
    """25/03/1990, 25 03 1990, 25031990 or 25 Maret 1990. Raises ValueError with the repair."""
    digits = _DAY_MONTH_YEAR.fullmatch(typed.strip())
    try:
        return parse_date("/".join(filter(None, digits.groups())) if digits else typed)
    except DateError as error:
        if UNREADABLE not in str(error):
            raise
        raise ValueError(
            f"Tanggal “{typed[:40]}” tidak terbaca. Tulis hari, bulan, tahun, misalnya "
            "25/03/1990 atau 25 Maret 1990."
        ) from error


def yearly_rupiah(typed: str) -> int:
    """Whole rupiah; who tells a month is asked for the year. Raises ValueError with the repair."""
    if _SHORTER.search(typed):
        raise ValueError(
            "Tulis penjualan setahun. Contoh: sebulan 5 juta, berarti setahun 60 juta."
        )
    try:
        return parse_rupiah(_ABOUT.sub("", typed).strip())
    except MoneyError as error:
        if UNREADABLE not in str(error):
            raise
        raise ValueError(
            f"“{typed[:40]}” tidak terbaca. Tulis angkanya, misalnya 60 juta atau "
            "Rp60.000.000. Boleh dikosongkan."
        ) from error


def store_address(typed: str, platform: str) -> str:
    """The address of a store whose platform is known, from a link or a name like `@toko`."""
    home = _STORES.get(platform)
    name = _STORE_NAME.fullmatch(typed.strip())
    return f"{home}{name['name'] or name['dotted']}" if home and name else _address(typed.strip())


def _address(typed: str) -> str:
    """A link with its scheme. Raises ValueError for what no browser could open."""
    if typed.startswith("@"):
        raise ValueError(f"Tulis tempat jualnya di depan “{typed[:60]}”, misalnya tiktok {typed}.")
    link = typed if "://" in typed else f"https://{typed}"
    parts = urlsplit(link)
    is_web = parts.scheme.lower() in ("http", "https")
    if not is_web or not _HOST.fullmatch(parts.hostname or "") or len(link) > LONGEST_LINK:
        raise ValueError(
            f"“{typed[:60]}” bukan tautan toko. Salin alamat toko Anda, misalnya "
            "https://shopee.co.id/namatoko, atau tulis: tiktok @namatoko."
        )
    return link


def _address_of_name(found: re.Match[str]) -> str:
    """`tiktok @toko` as the address that it means."""
    return f" {_STORES[found['place'].lower()]}{found['name']} "
