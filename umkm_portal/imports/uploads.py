"""The bytes that came in: kept closed to others while a file is open, gone when it is final."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from umkm_portal.common.spreadsheets import Limits, SpreadsheetError

FOLDER = "imports"


class Upload(NamedTuple):
    """Bytes as kept: `path` is relative to MEDIA_ROOT."""

    path: str
    sha256: str
    size: int


def keep(blocks: Iterable[bytes], *, suffix: str = "") -> Upload:
    """Write the bytes to a file of their own that only the portal can read.

    Raises SpreadsheetError when there are more of them than a file may have.
    """
    folder = settings.MEDIA_ROOT / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4().hex}{suffix}"
    digest, size, most = hashlib.sha256(), 0, Limits().file_bytes
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            for block in blocks:
                size += len(block)
                if size > most:
                    raise SpreadsheetError(
                        f"Berkas lebih besar dari {most // 1_000_000} MB. Bagi menjadi beberapa "
                        "berkas, lalu unggah satu per satu."
                    )
                digest.update(block)
                file.write(block)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Upload(f"{FOLDER}/{path.name}", digest.hexdigest(), size)


def drop(path: str) -> None:
    """Remove kept bytes; harmless when they are gone."""
    if path:
        Path(settings.MEDIA_ROOT, path).unlink(missing_ok=True)


def blocks_of(path: Path, *, size: int = 1 << 20) -> Iterable[bytes]:
    """The bytes of a file on disk, block by block."""
    with path.open("rb") as file:
        while block := file.read(size):
            yield block
