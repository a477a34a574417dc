"""Bring everything that is encrypted under the first key of FIELD_KEYS and INDEX_KEYS.

Works in chunks while the portal runs, and can be repeated: what is under the current key is left
alone. The old keys must still stand behind the new one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from participants import niks
from participants.models import Participant
from umkm_portal.common.encryption import (
    Cipher,
    DecryptionError,
    EncryptedField,
    blind_index,
    needs_rotation,
)
from umkm_portal.imports.models import ImportFile

CHUNK = 2000
MFA_PURPOSE = "mfa"
_OLD_VALUES = """
SELECT {pk}, {column} FROM {table}
WHERE {pk} > %(after)s AND {column} IS NOT NULL AND get_byte({column}, 0) <> %(current)s
ORDER BY {pk} LIMIT %(chunk)s FOR UPDATE
"""
_WRITE_VALUES = """
UPDATE {table} SET {column} = v.value FROM unnest(%s::bigint[], %s::bytea[]) v (id, value)
WHERE {table}.{pk} = v.id
"""
_WRITE_INDEXES = """
UPDATE participants_participant p SET nik_index = v.value
FROM unnest(%s::bigint[], %s::text[]) v (id, value) WHERE p.id = v.id
"""


class RotationRefused(Exception):
    """Nothing was changed; the message says why and what to do, in one sentence."""


@dataclass
class Rotated:
    """Counts of values by what happened to them."""

    sealed_again: dict[str, int] = field(default_factory=dict)
    """Per column: brought under the current key of FIELD_KEYS."""
    indexed_again: int = 0
    """NIKs brought under the current key of INDEX_KEYS."""
    unreadable: int = 0
    """Values whose key is missing; they stay as they are."""
    same_nik_twice: list[int] = field(default_factory=list)
    """People whose NIK somebody else has as well; staff merge them."""


def rotate_keys() -> Rotated:
    """Seal and index everything again that stands under an older key.

    Raises RotationRefused while files are on their way, because their rows hold sealed NIKs.
    """
    waiting = ImportFile.objects.exclude(state__in=ImportFile.FINAL).count()
    if waiting:
        raise RotationRefused(
            f"{waiting} uploaded files are on their way: accept or cancel them in /admin/ first."
        )
    done = Rotated()
    for model, column in _encrypted_columns():
        done.sealed_again[f"{model._meta.label}.{column.name}"] = _seal_column(model, column, done)
    done.sealed_again["mfa.Authenticator.data"] = _seal_second_factors(done)
    _index_niks(done)
    return done


def _encrypted_columns() -> Iterator[tuple[type[Model], EncryptedField]]:
    for model in apps.get_models():
        for column in model._meta.local_fields:
            if isinstance(column, EncryptedField):
                yield model, column


def _seal_column(model: type[Model], column: EncryptedField, done: Rotated) -> int:
    cipher = Cipher(column.purpose)
    quoted = map(
        connection.ops.quote_name, (model._meta.db_table, _pk(model), column.get_attname())
    )
    names = dict(zip(("table", "pk", "column"), quoted, strict=True))
    facts = {"after": 0, "chunk": CHUNK, "current": cipher.encrypt("")[0]}
    count = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OLD_VALUES.format(**names), facts)
            old = cursor.fetchall()
            if not old:
                return count
            new = _opened_and_sealed(old, cipher, done)
            cursor.execute(_WRITE_VALUES.format(**names), [list(new), list(new.values())])
        count += len(new)
        facts["after"] = old[-1][0]


def _opened_and_sealed(
    rows: list[tuple[int, memoryview]], cipher: Cipher, done: Rotated
) -> dict[int, bytes]:
    found = {}
    for pk, value in rows:
        try:
            found[pk] = cipher.encrypt(cipher.decrypt(value))
        except DecryptionError:
            done.unreadable += 1
    return found


def _seal_second_factors(done: Rotated) -> int:
    """TOTP secrets and seeds of recovery codes, which allauth keeps as hex in JSON."""
    cipher, count = Cipher(MFA_PURPOSE), 0

    def again(text: str) -> str:
        sealed = bytes.fromhex(text)
        return cipher.encrypt(cipher.decrypt(sealed)).hex() if needs_rotation(sealed) else text

    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=pk)
            try:
                data = _with_secrets(row.data, again)
            except DecryptionError:
                done.unreadable += 1
                continue
            if data != row.data:
                Authenticator.objects.filter(pk=pk).update(data=data)
                count += 1
    return count


def _with_secrets(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The data of an authenticator with `change` applied to each encrypted text in it."""
    changed: dict[str, Any] = {n: change(data[n]) for n in ("secret", "seed") if n in data}
    if "migrated_codes" in data:
        changed["migrated_codes"] = [change(code) for code in data["migrated_codes"]]
    return data | changed


def _index_niks(done: Rotated) -> None:
    current = blind_index(niks.PURPOSE, "").partition(":")[0]
    old = Participant.objects.filter(nik__isnull=False).exclude(nik_index__startswith=f"{current}:")
    cipher, after = Cipher(niks.PURPOSE), 0
    while rows := list(old.filter(pk__gt=after).order_by("pk").values_list("pk", "nik")[:CHUNK]):
        after = rows[-1][0]
        indexes = {}
        for pk, sealed in rows:
            assert sealed is not None  # noqa: S101 - filtered above
            with contextlib.suppress(DecryptionError):  # counted with its column
                indexes[pk] = blind_index(niks.PURPOSE, cipher.decrypt(sealed))
        _write_indexes(indexes, done)


def _write_indexes(indexes: dict[int, str], done: Rotated) -> None:
    """All at once; one by one only where somebody else has the same NIK."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_WRITE_INDEXES, [list(indexes), list(indexes.values())])
    except IntegrityError:
        if len(indexes) == 1:
            done.same_nik_twice += indexes
            return
        for pk, index in indexes.items():
            _write_indexes({pk: index}, done)
    else:
        done.indexed_again += len(indexes)


def _pk(model: type[Model]) -> str:
    return model._meta.pk.get_attname()
