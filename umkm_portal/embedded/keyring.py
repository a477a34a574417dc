"""The secrets of one installation, made on first use and kept in `secrets.json` (0600)."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from umkm_portal.embedded.errors import EmbeddedError

KEY_BYTES = 32


@dataclass(frozen=True)
class Keyring:
    """Key lists are `id:base64` with the current key first, as FIELD_KEYS and INDEX_KEYS are."""

    secret_key: str
    field_keys: list[str]
    index_keys: list[str]
    database_password: str
    redis_password: str


def generate() -> Keyring:
    """A fresh set of random secrets."""
    return Keyring(
        secret_key=secrets.token_urlsafe(50),
        field_keys=[f"1:{_random_key()}"],
        index_keys=[f"1:{_random_key()}"],
        database_password=secrets.token_hex(24),
        redis_password=secrets.token_hex(24),
    )


def read(path: Path) -> Keyring | None:
    """The kept secrets, or None when there are none yet."""
    try:
        return Keyring(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise EmbeddedError(
            f"{path} cannot be read by the present user: run as its owner, "
            "or set PORTAL_DATA to a folder of your own."
        ) from None
    except (ValueError, TypeError):
        raise EmbeddedError(
            f"{path} is damaged: restore it from a backup (without it every NIK is lost), "
            "or delete the data folder to start again empty."
        ) from None


def read_or_create(path: Path) -> Keyring:
    """The kept secrets; the first caller makes them. Call it under the start lock."""
    kept = read(path)
    if kept is None:
        kept = generate()
        write_private(path, json.dumps(asdict(kept), indent=1))
    return kept


def write_private(path: Path, text: str) -> None:
    """Replace a file at once (readers see the old or the new one), readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
