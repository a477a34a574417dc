"""Secrets at rest: AES-256-GCM with a key id, and blind indexes to find what is encrypted.

Keys stand in settings as `id:base64` (id 1 to 255, 32 bytes), the current one first. Losing
FIELD_KEYS loses every NIK. A NIK has about 10^12 plausible values, so a blind index is only as
safe as its key: INDEX_KEYS never live in the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HASH_BLOCK_BYTES = 64
_DUMPED = "sealed:"


class DecryptionError(Exception):
    """The bytes cannot be opened: unknown key, wrong purpose, or changed data."""


class Cipher:
    """Encrypts text for one purpose; what was sealed for another purpose does not open."""

    __slots__ = ("_aad", "_aead", "_head", "purpose")

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._aad = purpose.encode()
        key_id, self._aead = _current_field_key()
        self._head = bytes([key_id])

    def encrypt(self, text: str) -> bytes:
        """Return key id, nonce and ciphertext: 29 bytes more than the text."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._head + nonce + self._aead.encrypt(nonce, text.encode(), self._aad)

    def decrypt(self, data: bytes | memoryview) -> str:
        """Return the text; raise DecryptionError rather than ever show ciphertext."""
        sealed = bytes(data)
        if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
            raise DecryptionError(f"{self.purpose}: too short to be encrypted data")
        aead = _field_keys(tuple(settings.FIELD_KEYS)).get(sealed[0])
        if aead is None:
            raise DecryptionError(f"{self.purpose}: FIELD_KEYS has no key with id {sealed[0]}")
        try:
            return aead.decrypt(
                sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], self._aad
            ).decode()
        except InvalidTag:
            raise DecryptionError(
                f"{self.purpose}: key {sealed[0]} does not open this data"
            ) from None

    def __reduce__(self) -> tuple[type[Cipher], tuple[str]]:
        return Cipher, (self.purpose,)


def needs_rotation(data: bytes | memoryview) -> bool:
    """Tell whether the data was sealed with another key than the current one."""
    return bytes(data[:1])[0] != _current_field_key()[0]


def blind_index(purpose: str, text: str) -> str:
    """Return `keyid:base64url` of HMAC-SHA256 under the current key: equal for equal text."""
    return _index(_primed(tuple(settings.INDEX_KEYS), purpose)[0], text)


def blind_indexes(purpose: str, text: str) -> list[str]:
    """Return the index under every key, the current first: to search while keys rotate."""
    return [_index(key, text) for key in _primed(tuple(settings.INDEX_KEYS), purpose)]


class Sealed(bytes):
    """Encrypted bytes as they stand in the column; never shown as a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<terenkripsi>"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)


class _OpenedOnAccess(DeferredAttribute):
    """Keeps the sealed bytes in the instance and opens them at each reading."""

    field: EncryptedField

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        return self.field.open(value) if isinstance(value, bytes | memoryview) else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.BinaryField):
    """Text encrypted at rest. `purpose` binds the data to its use and never changes.

    Reading the attribute decrypts; `values()` gives Sealed bytes for Cipher.decrypt. Only the
    isnull lookup works: search by a blind index column.
    """

    descriptor_class = _OpenedOnAccess

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"purpose": self.purpose}

    def open(self, value: bytes | memoryview) -> str:
        """Return the text inside sealed bytes."""
        return Cipher(self.purpose).decrypt(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return what the instance holds: sealed bytes that nobody changed stay the same."""
        return model_instance.__dict__.get(self.attname)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            value = Cipher(self.purpose).encrypt(value)
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup: str) -> Any:
        if lookup != "isnull":
            raise TypeError(
                f"{self.name} is encrypted and cannot be searched by {lookup!r}; "
                "use its blind index column"
            )
        return super().get_lookup(lookup)

    def get_transform(self, lookup_name: str) -> Any:
        raise TypeError(f"{self.name} is encrypted and has no {lookup_name!r}")

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_DUMPED):
            return Sealed(base64.b64decode(value.removeprefix(_DUMPED)))
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Return the sealed bytes for a dump: never the text."""
        value = obj.__dict__.get(self.attname)
        if isinstance(value, str):
            value = Cipher(self.purpose).encrypt(value)
        return _DUMPED + base64.b64encode(value or b"").decode()


class _PrimedKey(NamedTuple):
    """HMAC-SHA256 with the key and purpose already hashed (RFC 2104): a third of the time."""

    key_id: int
    inner: hashlib._Hash
    outer: hashlib._Hash


def _index(key: _PrimedKey, text: str) -> str:
    inner, outer = key.inner.copy(), key.outer.copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    encoded = base64.urlsafe_b64encode(outer.digest())
    return f"{key.key_id}:{encoded[:-1].decode()}"


@lru_cache(maxsize=64)
def _primed(entries: tuple[str, ...], purpose: str) -> tuple[_PrimedKey, ...]:
    return tuple(
        _PrimedKey(
            key_id,
            hashlib.sha256(_padded(key, 0x36) + f"{purpose}\0".encode()),
            hashlib.sha256(_padded(key, 0x5C)),
        )
        for key_id, key in _parse_keys("INDEX_KEYS", entries).items()
    )


def _padded(key: bytes, pad: int) -> bytes:
    return bytes(byte ^ pad for byte in key.ljust(_HASH_BLOCK_BYTES, b"\0"))


def _current_field_key() -> tuple[int, AESGCM]:
    return next(iter(_field_keys(tuple(settings.FIELD_KEYS)).items()))


@lru_cache(maxsize=8)
def _field_keys(entries: tuple[str, ...]) -> Mapping[int, AESGCM]:
    return {key_id: AESGCM(key) for key_id, key in _parse_keys("FIELD_KEYS", entries).items()}


def _parse_keys(setting: str, entries: tuple[str, ...]) -> dict[int, bytes]:
    """Return the keys by id in the order of the setting; the message never shows a key."""
    keys: dict[int, bytes] = {}
    for place, entry in enumerate(entries, 1):
        key_id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, altchars=b"-_" if {"-", "_"} & {*encoded} else None)
        except (binascii.Error, ValueError):
            key = b""
        number = int(key_id) if key_id.isascii() and key_id.isdigit() else 0
        if not 1 <= number <= 255 or number in keys or len(key) != _KEY_BYTES:
            raise ImproperlyConfigured(
                f"{setting}: entry {place} must be id:base64 with a new id from 1 to 255 and "
                f"{_KEY_BYTES} random bytes."
            )
        keys[number] = key
    if not keys:
        raise ImproperlyConfigured(f"{setting} has no key.")
    return keys
