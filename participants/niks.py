"""The NIK of a person at rest: sealed, findable by its blind index, readable by its last digits."""

from __future__ import annotations

from umkm_portal.common.encryption import blind_index, blind_indexes

PURPOSE = "participant.nik"


def facts_of(nik: str) -> dict[str, str]:
    """Return the columns of a Participant that hold this checked 16-digit NIK.

    `nik` is sealed by its field when it is saved.
    """
    return {"nik": nik, "nik_index": blind_index(PURPOSE, nik), "nik_last4": nik[-4:]}


def indexes_of(nik: str) -> list[str]:
    """Return what `nik_index__in` has to hold to find a NIK, also while keys rotate."""
    return blind_indexes(PURPOSE, nik)
