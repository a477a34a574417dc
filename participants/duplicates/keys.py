"""What two records of one person have in common, as numbers that an index finds.

A person has a key for her phone, her email, her NIK, her birth date with each word of her name,
and her kelurahan with her whole name. Only people who share a key are ever compared. The last
three bits of a key tell its kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from participants.importing.matching import TITLES

WORD = 3
"""Sounds of a word of a name that have to be the same beside the birth date."""


@dataclass(frozen=True)
class Kind:
    """One kind of key: its number, what it is called, and how many people may share one."""

    number: int
    label: str
    most: int


NIK = Kind(1, "NIK", 20)
PHONE = Kind(2, "nomor HP", 20)
EMAIL = Kind(3, "email", 20)
BIRTH = Kind(4, "tanggal lahir dan nama", 200)
PLACE = Kind(5, "nama dan kelurahan", 200)
KINDS = (NIK, PHONE, EMAIL, BIRTH, PLACE)

MOST = f"CASE key & 7 {' '.join(f'WHEN {kind.number} THEN {kind.most}' for kind in KINDS)} END"
"""SQL: how many people may share the key of this row before it says nothing about anybody."""

_TITLE = rf"(?:{TITLES})"
CLEAN = (
    f"btrim(regexp_replace(regexp_replace(lower(p.full_name), '{_TITLE}', ' ', 'g'),"
    " '[^a-z]+', ' ', 'g'))"
)
"""SQL: a name as words of plain letters, without titles."""

_SPELLING = "f.clean"
for _old, _new in (("dj", "j"), ("tj", "c"), ("ch", "h"), ("kh", "h"), ("th", "t"), ("h", "")):
    _SPELLING = f"replace({_SPELLING}, '{_old}', '{_new}')"
SOUNDS = (
    r"string_to_array(btrim(regexp_replace(translate(regexp_replace(regexp_replace("
    rf"{_SPELLING}, '\my', 'j', 'g'), '\m[aiueo]', 'A', 'g'), 'vwfqzxaeiouy', 'pppkss'),"
    r" '([A-Za-z])\1+', '\1', 'g')), ' ')"
)
"""SQL: the words of a name by their sounds, old and new spelling alike: Soeparti and Suparti are
both `sprt`. No vowels but a first one, no h, and f, p, v and w are one sound."""


def key_of(kind: Kind, text: str) -> str:
    """SQL: the number that stands for this text among the keys of one kind."""
    return f"((hashtextextended({text}, 0) & ~7::bigint) | {kind.number})"


_IS_REAL_DATE = "NOT (extract(month FROM birth_date) = 1 AND extract(day FROM birth_date) = 1)"
WRITE = f"""
    INSERT INTO participants_duplicatekey (key, participant_id, of_update)
    SELECT k.key, f.id, f.updated_at FROM facts f CROSS JOIN LATERAL (
        SELECT {key_of(NIK, "f.nik_index")} AS key WHERE f.nik_index IS NOT NULL
        UNION ALL SELECT f.phone_key WHERE f.phone_key IS NOT NULL
        UNION ALL SELECT f.email_key WHERE f.email_key IS NOT NULL
        UNION ALL SELECT DISTINCT {key_of(BIRTH, f"f.birth_date::text || left(word, {WORD})")}
            FROM unnest(f.sounds) AS word WHERE length(word) > 1 AND {_IS_REAL_DATE}
        UNION ALL SELECT {key_of(PLACE, "f.village_id::text || array_to_string(f.sorted, ' ')")}
            WHERE f.village_id IS NOT NULL AND f.clean <> ''
        UNION ALL SELECT (f.id << 3) | 7
            WHERE f.nik_index IS NULL AND f.phone_key IS NULL AND f.email_key IS NULL
    ) k
    WHERE f.is_searched
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of this module
"""The keys of the people in `facts`; one without any gets one of her own, as a mark that she was
searched. The first of January is what forms say of an unknown birth date, so it is no key."""
