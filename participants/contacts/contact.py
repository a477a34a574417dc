"""A phone number or email address that somebody typed to be reached by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from umkm_portal.common import phones

LONGEST_EMAIL = 254
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]")
_TITLE = re.compile(r"^(?:no(?:mor)?\b)?[. ]*(?:hp|wa|whatsapp|telp|tlp)\b[.:/ ]*(?=[+(\dO])", re.I)
"""What people write before the number."""
_ALMOST_DIGITS = set("0123456789o+-. ()")
"""A letter O among digits is a zero."""


class ContactError(ValueError):
    """The text is neither; the message is an Indonesian sentence with the repair."""


@dataclass(frozen=True)
class Contact:
    """`value` is E.164 for a phone, lower case for an email address."""

    kind: Literal["phone", "email"]
    value: str

    @property
    def is_phone(self) -> bool:
        return self.kind == "phone"

    @property
    def shown(self) -> str:
        """As its owner reads it."""
        return phones.display(self.value) if self.is_phone else self.value

    @property
    def masked(self) -> str:
        """Enough to know it again, too little to learn it."""
        if self.is_phone:
            return phones.mask(self.value)
        name, _, domain = self.value.partition("@")
        return f"{name[:1]}•••@{domain}"


def parse_contact(text: str) -> Contact:
    """Return the phone number or email address in `text`. Raises ContactError."""
    typed = _TITLE.sub("", _INVISIBLE.sub("", text).strip())
    if not typed:
        raise ContactError(f"Isi nomor HP atau email, misalnya {phones.EXAMPLE}.")
    if "@" in typed:
        return Contact("email", _email(typed))
    if not any(map(str.isdigit, typed)):
        raise ContactError(
            f"“{typed[:40]}” bukan nomor HP atau email. Isi misalnya {phones.EXAMPLE} atau "
            "nama@contoh.com."
        )
    if set(typed.lower()) <= _ALMOST_DIGITS:
        typed = typed.lower().replace("o", "0")
    try:
        return Contact("phone", phones.to_e164(typed))
    except phones.PhoneError as error:
        raise ContactError(str(error)) from error


def _email(typed: str) -> str:
    value = typed.removeprefix("mailto:").lower()
    try:
        validate_email(value)
    except ValidationError:
        value = ""
    if not value or not value.isascii() or len(value) > LONGEST_EMAIL:
        raise ContactError(
            f"Email “{typed[:60]}” belum lengkap atau keliru. Tulis seperti nama@contoh.com."
        )
    return value
