"""Writing a list of people into a file, in one pass and in flat memory.

PostgreSQL makes the cells and streams them by COPY; Python counts, opens NIKs and, for Excel,
turns the finished CSV into a workbook.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.db import DatabaseError, connection

from participants.exporting.columns import NIK, Column, statement
from participants.models import ExportFile, ParticipantQuerySet
from participants.niks import PURPOSE
from participants.segments.audiences import compiled
from umkm_portal.common.encryption import Cipher
from umkm_portal.common.spreadsheets import write_xlsx

PEOPLE = "export_people"
BLOCK = 1 << 18
BOM = b"\xef\xbb\xbf"
EVERY = 2_000
"""Rows between two looks at the clock."""

Beat = Callable[[int], None]
"""Told now and then how many rows are written; raises to stop."""


class Written(NamedTuple):
    """A finished file."""

    rows: int
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
        self._block, self._digest = bytearray(), hashlib.sha256()
        self._cipher, self._show_nik = Cipher(PURPOSE), show_nik
        self._rows = self._size = 0

    def write(self, line: bytes) -> int:
        """One row, as psycopg2 hands it over."""
        self.put(line if self._show_nik is None else self._with_nik(line, self._show_nik))
        self._rows += 1
        if not self._rows % EVERY:
            self._beat(self._rows)
        return len(line)

    def put(self, data: bytes) -> None:
        """Bytes that are no row of a person, or a finished row."""
        self._block += data
        if len(self._block) > BLOCK:
            self._flush()

    def finish(self) -> Written:
        """Write what is left."""
        self._flush()
        return Written(self._rows, self._size, self._digest.hexdigest())

    def _with_nik(self, line: bytes, show: Callable[[str], str]) -> bytes:
        """The sealed NIK is the last cell, in hexadecimal digits: nothing that CSV would quote."""
        start = line.rfind(b";") + 1
        sealed = line[start:].strip()
        nik = self._cipher.decrypt(bytes.fromhex(sealed.decode())) if sealed else ""
        return line[:start] + show(nik).encode() + b"\n"

    def _flush(self) -> None:
        self._file.write(self._block)
        self._digest.update(self._block)
        self._size += len(self._block)
        self._block.clear()


def grouped(nik: str) -> str:
    """A NIK that spreadsheets keep as text, and that imports read again: 317101-010190-0001."""
    return "-".join((nik[:6], nik[6:12], nik[12:])) if nik else ""


@contextmanager
def chosen_people(people: ParticipantQuerySet) -> Iterator[int]:
    """Fix who is in the list in a temporary table; gives how many they are."""
    sql, params = compiled(people)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {PEOPLE}")
        cursor.execute(f"CREATE TEMPORARY TABLE {PEOPLE} (id bigint PRIMARY KEY)")
        try:
            cursor.execute(f"INSERT INTO {PEOPLE} {sql}", params)
            count = cursor.rowcount
            cursor.execute(f"ANALYZE {PEOPLE}")
            yield count
        finally:
            with suppress(DatabaseError):  # the connection may be what broke; it ends the table
                cursor.execute(f"DROP TABLE IF EXISTS {PEOPLE}")


def chosen_ids(*, block: int = 10_000) -> Iterator[int]:
    """The ids in the temporary table, some thousands in memory at a time."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {PEOPLE} WHERE id > %s ORDER BY id LIMIT %s",  # noqa: S608
                [last, block],
            )
            found = [row[0] for row in cursor.fetchall()]
        if not found:
            return
        yield from found
        last = found[-1]


def write_csv(path: Path, columns: list[Column], *, for_eyes: bool, beat: Beat) -> Written:
    """Write the chosen people to `path`, semicolons and UTF-8.

    `for_eyes` adds what a spreadsheet needs to open it undamaged: the byte order mark, harmless
    formulas, NIKs in groups.
    """
    sql = statement(columns, people=PEOPLE, is_inert=for_eyes)
    show = (grouped if for_eyes else str) if columns[-1].key == NIK else None
    with path.open("wb", buffering=0) as file, connection.cursor() as cursor:
        sink = Sink(file, beat, show_nik=show)
        sink.put((BOM if for_eyes else b"") + ";".join(c.label for c in columns).encode() + b"\n")
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER ';')", sink)
        return sink.finish()


def write_workbook(path: Path, source: Path, *, beat: Beat) -> Written:
    """Turn a CSV into a workbook of text cells."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        count = write_xlsx(path, next(rows), _watched(rows, beat))
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return Written(count, path.stat().st_size, digest.hexdigest())


def write_file(path: Path, *, file_format: str, columns: list[Column], beat: Beat) -> Written:
    """Write the chosen people in the format that was asked for."""
    if file_format == ExportFile.Format.CSV:
        return write_csv(path, columns, for_eyes=True, beat=beat)
    plain = path.with_suffix(".part")
    try:
        write_csv(plain, columns, for_eyes=False, beat=lambda rows: beat(0))
        return write_workbook(path, plain, beat=beat)
    finally:
        plain.unlink(missing_ok=True)


def _watched(rows: Iterator[list[str]], beat: Beat) -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        if not number % EVERY:
            beat(number)
        yield row
