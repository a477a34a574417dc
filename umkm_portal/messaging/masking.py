"""Addresses as far as everybody may read them."""

from __future__ import annotations

import re

from django.db.models import CharField, Func, Value

from umkm_portal.messaging.models import Suppression

_ADDRESS = r"<?[^\s<>@]+@[^\s<>@:,;]+>?|\+?[0-9]{9,}"
"""Addresses and numbers in what servers say; read by Python and by PostgreSQL alike."""


def masked(address: str) -> str:
    """`s***@contoh.example` or `+6281****`: enough to recognise one's own, no more."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:5]}****" if address else "alamat ini"


def without_addresses(text: str) -> str:
    """What a server said, as everybody may read it: `550 5.1.1 ...: no such user`."""
    return re.sub(_ADDRESS, "…", text)


def reason_in_words(error: str) -> str:
    """The sentence for what stands as the reason of a message, without addresses."""
    labels: dict[str, str] = dict(Suppression.Reason.choices)
    return labels.get(error) or without_addresses(error)


def column_without_addresses(column: str) -> Func:
    """The same of a column: what was said to many people is one cause."""
    values = (Value(_ADDRESS), Value("…"), Value("g"))
    return Func(column, *values, function="regexp_replace", output_field=CharField())
