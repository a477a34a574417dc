"""How much speaks for two records being one person, from 0 to 1, and the reasons in words.

Each thing in common leaves a share of the doubt: `score = 1 - product(1 - weight)`. A shared phone
with different names is a family and no suspicion at all.
"""

from __future__ import annotations

LEAST_SCORE = 0.55
LEAST_SIMILARITY = 0.45
"""Trigram similarity of two names below which they are different people."""

SAME_NIK, SAME_PHONE, SAME_EMAIL, SAME_BIRTH = 0.95, 0.6, 0.6, 0.45
NEAR_BIRTH, SAME_VILLAGE = 0.2, 0.2
SAME_NAME, SAME_ONE_WORD = 0.5, 0.3
"""An equal name of several words, and of one: there are hundreds of `Siti` in a kelurahan."""
OTHER_NIK, OTHER_BIRTH = 0.65, 0.7
"""Factors on the score: two verified NIKs that differ; birth dates that have little in common."""

_IS_UNKNOWN = "(extract(month FROM {0}) = 1 AND extract(day FROM {0}) = 1)"
_PARTS = " + ".join(
    f"(extract({part} FROM a.birth_date) = extract({part} FROM b.birth_date))::int"
    for part in ("year", "month", "day")
)
_IS_TURNED = (
    "extract(year FROM a.birth_date) = extract(year FROM b.birth_date)"
    " AND extract(month FROM a.birth_date) = extract(day FROM b.birth_date)"
    " AND extract(day FROM a.birth_date) = extract(month FROM b.birth_date)"
)

SCORE = f"""
    SELECT first_id, second_id, round(score::numeric, 3)::float8 AS score, reasons
    FROM candidate
    JOIN facts a ON a.id = first_id
    JOIN facts b ON b.id = second_id
    CROSS JOIN LATERAL (
        SELECT similarity(a.clean, b.clean) AS letters,
            a.sorted = b.sorted AND a.clean <> '' AS sounds_same,
            a.sorted <@ b.sorted OR b.sorted <@ a.sorted AS contains,
            coalesce(a.nik_index = b.nik_index, false) AS same_nik,
            coalesce(a.is_verified AND b.is_verified AND a.nik_index <> b.nik_index, false)
                AS other_nik,
            a.phone_key = b.phone_key AND NOT EXISTS (
                SELECT 1 FROM block WHERE is_giant AND key = a.phone_key) AS same_phone,
            a.email_key = b.email_key AND NOT EXISTS (
                SELECT 1 FROM block WHERE is_giant AND key = a.email_key) AS same_email,
            a.village_id = b.village_id AS same_village,
            CASE WHEN a.birth_date IS NULL OR b.birth_date IS NULL
                    OR {_IS_UNKNOWN.format("a.birth_date")}
                    OR {_IS_UNKNOWN.format("b.birth_date")} THEN 'unknown'
                WHEN a.birth_date = b.birth_date THEN 'same'
                WHEN {_PARTS} = 2 OR {_IS_TURNED} THEN 'near'
                ELSE 'other' END AS birth
    ) seen
    CROSS JOIN LATERAL (
        SELECT CASE WHEN sounds_same THEN greatest(letters, 0.85)
            WHEN contains THEN greatest(letters, 0.6) ELSE letters END AS likeness
    ) named
    CROSS JOIN LATERAL (
        SELECT (1 - (CASE WHEN same_nik THEN {1 - SAME_NIK} ELSE 1 END)
            * (CASE WHEN same_phone THEN {1 - SAME_PHONE} ELSE 1 END)
            * (CASE WHEN same_email THEN {1 - SAME_EMAIL} ELSE 1 END)
            * (CASE birth WHEN 'same' THEN {1 - SAME_BIRTH} WHEN 'near' THEN {1 - NEAR_BIRTH}
                ELSE 1 END)
            * (CASE WHEN same_village THEN {1 - SAME_VILLAGE} ELSE 1 END)
            * (1 - greatest(0, (likeness - 0.4) / 0.6)
                * CASE WHEN cardinality(a.sorted) = 1 AND cardinality(b.sorted) = 1
                    THEN {SAME_ONE_WORD} ELSE {SAME_NAME} END))
            * (CASE WHEN other_nik THEN {OTHER_NIK} ELSE 1 END)
            * (CASE WHEN birth = 'other' AND NOT same_nik THEN {OTHER_BIRTH} ELSE 1 END) AS score,
            to_jsonb(array_remove(ARRAY[
                CASE WHEN same_nik THEN 'NIK sama' END,
                CASE WHEN same_phone THEN 'nomor HP sama' END,
                CASE WHEN same_email THEN 'email sama' END,
                CASE WHEN a.clean = b.clean THEN 'nama sama'
                    WHEN likeness >= {LEAST_SIMILARITY} THEN 'nama mirip'
                    ELSE 'nama berbeda' END,
                CASE birth WHEN 'same' THEN 'tanggal lahir sama'
                    WHEN 'near' THEN 'tanggal lahir hampir sama'
                    WHEN 'other' THEN 'tanggal lahir berbeda' END,
                CASE WHEN same_village THEN 'kelurahan sama' END,
                CASE WHEN other_nik THEN 'NIK berbeda' END], NULL)) AS reasons
    ) judged
    WHERE (likeness >= {LEAST_SIMILARITY} OR same_nik) AND score >= {LEAST_SCORE}
"""  # noqa: S608 - constants of this module
