"""What WhatsApp's error codes mean for the person, the campaign and the account.

Source: the Cloud API's list of error codes; it asks to build on codes, not on titles.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Meaning(StrEnum):
    LATER = "later"
    """This person's turn comes again; the others go on."""
    PERSON = "person"
    """Never for this person and campaign; says nothing about her address, nor about us."""
    STOPPED = "stopped"
    """She told WhatsApp that she wants no more of this kind from us: an opt-out like STOP."""
    SLOW = "slow"
    """We send too fast: the account slows down, nobody's attempt is counted."""
    TEMPLATE = "template"
    """The text may not be used (any more): the campaign stops, the account does not."""
    ACCOUNT = "account"
    """Token, payment or number: the account stops until somebody mends it."""


MEANINGS: Mapping[int, Meaning] = {
    **dict.fromkeys((1, 2, 131000, 131016, 131056, 131057, 133004), Meaning.LATER),
    **dict.fromkeys((130472, 131021, 131026, 131030, 131047, 131049, 132005), Meaning.PERSON),
    131050: Meaning.STOPPED,
    **dict.fromkeys((4, 80007, 130429), Meaning.SLOW),
    **dict.fromkeys(
        (132000, 132001, 132007, 132012, 132015, 132016, 132068, 132069), Meaning.TEMPLATE
    ),
    **dict.fromkeys(
        (0, 3, 10, 33, 190, 200, 299, 368, 130497, 131005, 131031, 131042, 131045, 131048, 133010),
        Meaning.ACCOUNT,
    ),
}
"""131056: more than one message in six seconds to one person. 131049: she had enough marketing;
131050: she stopped it. 130472: she is in an experiment. 131048: too many called us spam."""

WORDS: Mapping[int, str] = {
    131026: "Nomor ini tidak dapat menerima pesan WhatsApp.",
    131049: "WhatsApp tidak menyampaikan: orang ini sudah cukup menerima pesan promosi.",
    131050: "Orang ini meminta WhatsApp menghentikan pesan promosi.",
    131056: "Terlalu cepat untuk nomor ini; dicoba lagi.",
    132000: "Jumlah isian tidak sama dengan templat yang disetujui.",
    132001: "Templat ini tidak ada atau belum disetujui dalam bahasa ini.",
    132015: "Templat ini dijeda WhatsApp karena mutunya rendah.",
    132016: "Templat ini dimatikan WhatsApp untuk seterusnya.",
    131042: "Ada masalah pembayaran pada akun WhatsApp.",
    368: "WhatsApp memblokir akun ini karena melanggar aturannya.",
    131031: "WhatsApp mengunci akun ini.",
    131047: "Sudah lewat 24 jam sejak orang ini menulis kepada kita.",
    131048: "WhatsApp membatasi nomor ini: terlalu banyak penerima menandainya spam.",
    190: "Kunci akses WhatsApp sudah tidak berlaku.",
}


def error_of(data: Mapping[str, Any]) -> tuple[int | None, str]:
    """The code of an answer and what to say about it; (None, "") where there is no error."""
    error = data.get("error")
    if not isinstance(error, dict):
        return None, ""
    code = error.get("code")
    number = code if isinstance(code, int) else None
    details = error.get("error_data")
    detail = details.get("details", "") if isinstance(details, dict) else ""
    said = " ".join(str(detail or error.get("message") or "").split())
    known = WORDS.get(number or 0, "")
    return number, " ".join(filter(None, [known, f"({number})", said]))[:280]


def meaning_of(code: int | None) -> Meaning | None:
    """None for a code that is not known: then the status of the answer decides."""
    return MEANINGS.get(code) if code is not None else None
