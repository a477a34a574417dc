"""Writing a list of people into a file, in one pass and in flat memory.

PostgreSQL makes the cells and streams them by COPY; Python counts, opens NIKs and, for Excel,
turns the finished CSV into a workbook.
"""

from __future__ import annotations

import csv
import hashlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.db import DatabaseError, connection

from participants.exporting.columns import NIK, READ, Column, statement
from participants.models import ExportFile, ParticipantQuerySet
from participants.niks import PURPOSE
from participants.segments.audiences import compiled
from umkm_portal.common.encryption import Cipher
from umkm_portal.common.spreadsheets import write_xlsx

BLOCK = 1 << 18
BOM = b"\xef\xbb\xbf"
EVERY = 2_000
"""Rows that are handled together, and between two looks at the clock."""

Beat = Callable[[int], None]
"""Told now and then how many rows are written; raises to stop."""


class Written(NamedTuple):
    """A finished file, and the ids of exactly the people in it."""

    people: array[int]
    size: int
    sha256: str


class Sink:
    """Takes the rows of COPY one by one and writes them in blocks; counts and hashes on the way.

    `show_nik` says how an opened NIK is written; None where the rows have none.
    """

    def __init__(
        self, file: BinaryIO, beat: Beat, *, show_nik: Callable[[str], str] | None = None
    ) -> None:
        self._file, self._beat = file, beat
        self._lines: list[bytes] = []
        self._cipher, self._show_nik = Cipher(PURPOSE), show_nik
        self._people, self._size, self._digest = array("q"), 0, hashlib.sha256()

    def write(self, line: bytes) -> None:
        """One row, as psycopg2 hands it over: the id of the person, then her cells."""
        self._lines.append(line)
        if len(self._lines) >= EVERY:
            self._take()

    def _take(self) -> None:
        """Pass the waiting rows on to the file."""
        pairs = [line.split(b";", 1) for line in self._lines]
        self._lines.clear()
        self._people.extend(int(pk) for pk, _ in pairs)
        if self._show_nik is not None:
            show = self._show_nik
            self.put(b"".join([self._with_nik(cells, show) for _, cells in pairs]))
        else:
            self.put(b"".join([cells for _, cells in pairs]))
        self._beat(len(self._people))

    def put(self, data: bytes) -> None:
        """Bytes for the file: the head, or finished rows."""
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)

    def finish(self) -> Written:
        """Write what is left."""
        self._take()
        return Written(self._people, self._size, self._digest.hexdigest())

    def _with_nik(self, line: bytes, show: Callable[[str], str]) -> bytes:
        """The sealed NIK is the last cell, in hexadecimal digits: nothing that CSV would quote."""
        start = line.rfind(b";") + 1
        sealed = line[start:].strip()
        nik = self._cipher.decrypt(bytes.fromhex(sealed.decode())) if sealed else ""
        return line[:start] + show(nik).encode() + b"\n"


def grouped(nik: str) -> str:
    """A NIK that spreadsheets keep as text, and that imports read again: 317101-010190-0001."""
    return "-".join((nik[:6], nik[6:12], nik[12:])) if nik else ""


def write_csv(
    path: Path, people: ParticipantQuerySet, columns: list[Column], *, for_eyes: bool, beat: Beat
) -> Written:
    """Write these people to `path`, semicolons and UTF-8.

    `for_eyes` adds what a spreadsheet needs to open it undamaged: the byte order mark, harmless
    formulas, NIKs in groups.
    """
    show = (grouped if for_eyes else str) if columns[-1].key == NIK else None
    with path.open("wb", buffering=0) as file, connection.cursor() as cursor:
        rows = cursor.mogrify(*compiled(people, READ)).decode()
        sql = statement(columns, people=rows, is_inert=for_eyes)
        sink = Sink(file, beat, show_nik=show)
        sink.put((BOM if for_eyes else b"") + ";".join(c.label for c in columns).encode() + b"\n")
        cursor.execute("SET jit = off")  # compiling so many cells takes longer than running them
        try:
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER ';')", sink)
        finally:
            with suppress(DatabaseError):  # the connection may be what broke
                cursor.execute("RESET jit")
        return sink.finish()


def write_workbook(path: Path, source: Path, *, beat: Beat) -> tuple[int, str]:
    """Turn a CSV into a workbook of text cells; return its size and SHA-256."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        write_xlsx(path, next(rows), _watched(rows, beat))
    digest = hashlib.sha256()
    with path.open("rb") as finished:
        while block := finished.read(BLOCK):
            digest.update(block)
    return path.stat().st_size, digest.hexdigest()


def write_file(
    path: Path,
    people: ParticipantQuerySet,
    *,
    file_format: str,
    columns: list[Column],
    beat: Beat,
) -> Written:
    """Write these people in the format that was asked for."""
    if file_format == ExportFile.Format.CSV:
        return write_csv(path, people, columns, for_eyes=True, beat=beat)
    plain = path.with_suffix(".part")
    try:
        written = write_csv(plain, people, columns, for_eyes=False, beat=lambda rows: beat(0))
        return Written(written.people, *write_workbook(path, plain, beat=beat))
    finally:
        plain.unlink(missing_ok=True)


def _watched(rows: Iterator[list[str]], beat: Beat) -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        if not number % EVERY:
            beat(number)
        yield row
