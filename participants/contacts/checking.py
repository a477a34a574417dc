"""Checking what somebody typed against the newest code of a contact."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import connection, transaction

from participants.contacts.contact import Contact
from participants.contacts.digests import digests_of, indexes_of
from participants.models import ContactCode

DIGITS = 6
MOST_TRIES = 5

_TRY = """
UPDATE participants_contactcode
SET tries = tries + 1, used_at = CASE WHEN digest = ANY(%(digests)s) THEN %(now)s END
WHERE id = %(id)s AND used_at IS NULL AND expires_at > %(now)s AND tries < %(most)s
RETURNING used_at IS NOT NULL, tries
"""


class CodeWrong(Exception):
    """The code does not open; the message is an Indonesian sentence that says what to do."""


def check_code(contact: Contact, typed: str, *, purpose: str, now: datetime) -> None:
    """Use up the newest code, or raise CodeWrong; at most five tries a code.

    Counting the try and using the code are one statement, so that many guesses at once are
    counted like one after the other. Never inside another transaction, whose rollback would
    forget the try.
    """
    code = _digits(typed)
    newest = ContactCode.objects.of(indexes_of(contact)).filter(purpose=purpose).order_by("-pk")
    values: dict[str, int | datetime | list[str]] = {
        "id": newest.values_list("pk", flat=True).first() or 0,
        "digests": digests_of(code, contact, purpose=purpose),
        "now": now,
        "most": MOST_TRIES,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_TRY, values)
        is_right, tries = cursor.fetchone() or (False, MOST_TRIES)
    if not is_right:
        raise CodeWrong(_why(tries))


def _digits(typed: str) -> str:
    """The digits of what was typed; anything but six is not even tried."""
    folded = unicodedata.normalize("NFKC", typed)
    code = "".join(str(int(c)) for c in folded if c.isdecimal())
    if len(code) != DIGITS:
        raise CodeWrong(f"Kode terdiri dari {DIGITS} angka. Ketik angka dari pesan kami.")
    return code


def _why(tries: int) -> str:
    left = MOST_TRIES - tries
    if left <= 0:
        return "Kode ini tidak berlaku lagi. Minta kode baru."
    return f"Kode salah. Ketik 6 angka dari pesan kami yang terbaru. Sisa {left} kali percobaan."
