"""Finding one person among millions: one trigram column, and exact look-ups beside it."""

from __future__ import annotations

import re

from django.db import connection

from participants.models import Participant, ParticipantQuerySet
from umkm_portal.common import codes
from umkm_portal.common.encryption import blind_indexes

_NIK = re.compile(r"[0-9]{16}")
_PHONE = re.compile(r"(?:\+?62|0)(8[0-9]{4,})")
SHORTEST = 3
"""Letters of a trigram: the index helps from here on."""
_SEPARATORS = str.maketrans("", "", " .-()")

_REFRESH = """
UPDATE participants_participant AS person
SET search = lower(concat_ws(' ', person.full_name, person.phone, person.email,
    (SELECT string_agg(business.name, ' ' ORDER BY business.id)
     FROM participants_business AS business WHERE business.participant_id = person.id)))
WHERE person.id = ANY(%s)
"""


def refresh_search(ids: list[int]) -> int:
    """Write the search text (name, phone, email, businesses) of these people; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, [ids])
        return cursor.rowcount


def find(people: ParticipantQuerySet, typed: str) -> ParticipantQuerySet:
    """The people that `typed` means: a whole NIK, a participant code, a phone, or words.

    A NIK is found by its blind index only, and only whole; words must all occur. Words under
    SHORTEST letters say too little: alone they find nobody.
    """
    bare = typed.translate(_SEPARATORS)
    if _NIK.fullmatch(bare):
        return people.filter(nik_index__in=blind_indexes("participant.nik", bare))
    code = codes.normalise(typed)
    if codes.is_valid(code) and Participant.objects.filter(code=code).exists():
        return people.filter(code=code)
    if phone := _PHONE.fullmatch(bare):
        return _whole_or_part(people, "phone", f"+62{phone[1]}")
    if "@" in bare and " " not in typed.strip():
        return _whole_or_part(people, "email", typed.strip().lower())
    words = [word for word in typed.lower().split() if len(word) >= SHORTEST]
    for word in words:
        people = people.filter(search__contains=word)
    return people if words else people.none()


def _whole_or_part(people: ParticipantQuerySet, column: str, text: str) -> ParticipantQuerySet:
    """People with exactly this contact, else those who have it in part: nearly every number
    shares its beginning, so the trigrams of a whole one say little."""
    if people.filter(**{column: text}).exists():
        return people.filter(**{column: text})
    return people.filter(search__contains=text)
