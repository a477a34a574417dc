"""What a short reply means: yes, no, stop, or something that only a person can read.

Tolerant of how people write (`iyaa kak`, `tdk bs`), but never a guess: every word of the message
must be known, and whatever could be read in two ways is unclear.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

from umkm_portal.messaging.models import Reply

LONGEST = 80
"""Characters: whoever writes more tells more than one word says."""

_LETTERS = re.compile(r"[a-z]+")
_REPEATED = re.compile(r"(.)\1+")


def _words(text: str) -> frozenset[str]:
    return frozenset(_REPEATED.sub(r"\1", word) for word in text.split())


_YES = _words("ya y iya iyah yes yup yap ok oke okey siap setuju sip")
_NO = _words("tidak tdk tak gak ga gk nggak ngga nggk ngg enggak engga ndak nda kagak no")
_DOES = _words("bisa bs hadir ikut ikutan mau datang dtg dapat dpt")
_POLITE = _words(
    "kak kakak pak bpk bapak bu ibu min admin mas mbak mba bang bos dong deh nih lah saya sy aku "
    "akan terima kasih terimakasih makasih trims trimakasih thanks maaf mohon"
)
_STOP = _words("stop berhenti unsubscribe unsub unreg")
_OF_STOP = _words("ya dong langganan berlangganan undangan pesan wa whatsapp kirim mengirim")


def meaning(text: str) -> Reply.Word:
    """What a reply says, or `UNCLEAR`."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if len(plain) > LONGEST or "?" in plain or any(map(str.isdigit, plain)):
        return Reply.Word.UNCLEAR
    said = [_REPEATED.sub(r"\1", word) for word in _LETTERS.findall(plain)]
    said = [word for word in said if word not in _POLITE]
    if not said:
        return Reply.Word.UNCLEAR
    if said[0] in _STOP and all(word in _STOP | _OF_STOP for word in said):
        return Reply.Word.STOP
    if said[0] in _NO and _is_plain_no(said):
        return Reply.Word.NO
    if all(word in _YES | _DOES for word in said):
        return Reply.Word.YES
    return Reply.Word.UNCLEAR


def _is_plain_no(said: list[str]) -> bool:
    """`tidak`, `tidak bisa hadir`; but `bisa tidak` is a question and `ga bisa ga datang` a yes."""
    no = list(takewhile(_NO.__contains__, said))
    return all(word in _DOES for word in said[len(no) :])
