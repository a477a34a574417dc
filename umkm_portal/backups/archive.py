"""The backup file: a zip of tables as PostgreSQL's COPY text, written and read as streams.

One format for every installation: the embedded servers come without pg_dump, and pg_dump refuses
servers newer than itself. `manifest.json` is written last, so a file that was cut off has none.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK_BYTES = 256 * 1024


class BrokenArchive(Exception):
    """The file is no backup, is cut off, or was changed; the message says which, for people."""


@dataclass
class Part:
    """One table or uploaded file in the archive."""

    name: str
    member: str
    columns: list[str] = field(default_factory=list)
    rows: int = 0
    size: int = 0
    sha256: str = ""


@dataclass
class Manifest:
    """What the archive holds and what it takes to bring it back."""

    created_at: str
    database: str
    migrations: list[list[str]]
    key_marks: dict[str, dict[str, str]]
    """Per setting and key id a mark that proves the same key; it does not tell the key."""
    tables: list[Part] = field(default_factory=list)
    uploads: list[Part] = field(default_factory=list)
    sequences: dict[str, list[Any]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def parts(self) -> list[Part]:
        return [*self.tables, *self.uploads]


class PartWriter:
    """A file to write to that counts, hashes and hands on in large pieces."""

    def __init__(self, part: Part, target: IO[bytes]) -> None:
        self.part = part
        self._target = target
        self._hash = hashlib.sha256()
        self._pending = bytearray()

    def write(self, data: bytes) -> int:
        self._pending += data
        if len(self._pending) >= CHUNK_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        piece = bytes(self._pending)
        self._pending.clear()
        self._hash.update(piece)
        self._target.write(piece)
        self.part.size += len(piece)
        self.part.rows += piece.count(b"\n")
        self.part.sha256 = self._hash.hexdigest()


class ArchiveWriter:
    """Writes parts one after the other, then the manifest; `target` need not be seekable."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3)

    @contextmanager
    def part(self, part: Part) -> Iterator[PartWriter]:
        with self._zip.open(part.member, "w", force_zip64=True) as stream:
            writer = PartWriter(part, stream)
            yield writer
            writer.flush()

    def finish(self, manifest: Manifest) -> None:
        self._zip.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
        self._zip.close()


class ArchiveReader:
    """A complete archive with its manifest. Raises BrokenArchive for anything else."""

    def __init__(self, source: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(source)
            self.manifest = _read_manifest(self._zip.read(MANIFEST))
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, zlib.error):
            raise BrokenArchive("it is not a backup of this portal, or it is cut off") from None

    def open(self, part: Part) -> IO[bytes]:
        return self._zip.open(part.member)

    def verify(self, progress: Callable[[str], None] = lambda name: None) -> None:
        """Read everything once and compare it with the manifest. Raises BrokenArchive."""
        for part in self.manifest.parts:
            progress(part.name)
            if self._digest(part) != (part.size, part.sha256):
                raise BrokenArchive(f"{part.name} in it is damaged")

    def _digest(self, part: Part) -> tuple[int, str]:
        found, size = hashlib.sha256(), 0
        try:
            with self.open(part) as stream:
                while piece := stream.read(CHUNK_BYTES):
                    found.update(piece)
                    size += len(piece)
        except (zipfile.BadZipFile, KeyError, zlib.error, EOFError):
            raise BrokenArchive(f"{part.name} in it is damaged") from None
        return size, found.hexdigest() if size else part.sha256


def _read_manifest(text: bytes) -> Manifest:
    facts = json.loads(text)
    if facts.get("format") != FORMAT:
        raise BrokenArchive(
            f"it has format {facts.get('format')}, this version reads format {FORMAT}"
        )
    tables = [Part(**part) for part in facts.pop("tables")]
    uploads = [Part(**part) for part in facts.pop("uploads")]
    return Manifest(**facts, tables=tables, uploads=uploads)
