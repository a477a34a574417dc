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
from umkm_portal.common.dates import parse_date
from umkm_portal.common.money import parse_rupiah

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,24}", re.I)
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
    """A date as Indonesians write it: 25/03/1990 or 25 Maret 1990."""

    def read(self, typed: str) -> date:
        return parse_date(typed)


class RupiahField(ReadField):
    """An amount in whole rupiah, or None when it was left empty."""

    def read(self, typed: str) -> int:
        return parse_rupiah(typed)


class StoreLinksField(ReadField):
    """Addresses of online stores, one a line; (platform, link) pairs, or None for none."""

    def read(self, typed: str) -> list[tuple[str, str]]:
        links = typed.replace(",", " ").split()
        if len(links) > MOST_LINKS:
            raise ValueError(f"Tulis paling banyak {MOST_LINKS} tautan toko.")
        return read_links(" ".join(map(_address, links)))


def _address(typed: str) -> str:
    """A link with its scheme. Raises ValueError for what no browser could open."""
    link = typed if "://" in typed else f"https://{typed}"
    parts = urlsplit(link)
    is_web = parts.scheme.lower() in ("http", "https")
    if not is_web or not _HOST.fullmatch(parts.hostname or "") or len(link) > LONGEST_LINK:
        raise ValueError(
            f"“{typed[:60]}” bukan tautan toko. Salin alamat toko Anda, misalnya "
            "https://shopee.co.id/namatoko."
        )
    return link
