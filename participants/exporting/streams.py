"""The rows of a list of people, streamed out of PostgreSQL by COPY in flat memory.

A long list comes in two halves at once, each made by a PostgreSQL process of its own. Both, and the
look at who is in the list, see the register as it was at the same moment.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from io import BufferedWriter, RawIOBase
from pathlib import Path
from sys import byteorder
from threading import Event
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from django.db import DatabaseError, connection, transaction

from participants.exporting.columns import READ, Listing
from participants.models import ParticipantQuerySet
from participants.niks import PURPOSE
from participants.segments.audiences import compiled
from umkm_portal.common.encryption import Cipher

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from django.db.backends.utils import CursorWrapper

BLOCK = 1 << 18
"""Bytes that are written together, and between two looks at the clock: some 2,000 rows."""
HALVES_FROM = 50_000
"""People from which a second connection pays."""
WAIT_SECONDS = 0.2
AT_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"

Beat = Callable[[int], None]
"""Told now and then about how many rows are written; raises to stop."""
ShowNik = Callable[[str], str]
"""Says how an opened NIK is written."""


class Written(NamedTuple):
    """A finished file, and the ids of exactly the people in it."""

    people: array[int]
    size: int
    sha256: str


class Sink(RawIOBase):
    """Takes blocks of rows and writes them; counts on the way, and hashes where it is asked to.

    It is only ever written to through a buffer: COPY hands over single rows, 370,000 of them.
    """

    def __init__(self, file: BinaryIO, beat: Beat, *, is_hashed: bool = True) -> None:
        self._file, self._beat = file, beat
        self._digest = hashlib.sha256() if is_hashed else None
        self._size = self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, block: ReadableBuffer, /) -> int:
        """Write a block of rows; raises what `beat` raises."""
        data = bytes(block)
        self.put(data)
        self.count += data.count(b"\n")  # a cell of several lines counts for so many
        self.report()
        return len(data)

    def report(self) -> None:
        """Tell how many there are, also while others are waited for."""
        self._beat(self.count)

    def put(self, data: bytes) -> None:
        """Bytes for the file that are no rows: the head, or those of another file."""
        self._file.write(data)
        self._size += len(data)
        if self._digest:
            self._digest.update(data)

    def append(self, path: Path) -> None:
        """The rows of another file, which has no head, after those of this one."""
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                self.put(block)

    def finish(self, people: array[int]) -> Written:
        """What stands in the file now, with these people in it."""
        return Written(people, self._size, self._digest.hexdigest() if self._digest else "")


class _NikOpener:
    """Stands before the buffer of rows that end with a sealed NIK: one row at a time."""

    def __init__(self, rows: BufferedWriter[Sink], show: ShowNik) -> None:
        self._rows, self._show, self._cipher = rows, show, Cipher(PURPOSE)

    def write(self, line: bytes) -> None:
        """The sealed NIK is the last cell, in hexadecimal digits: nothing that CSV would quote."""
        start = line.rfind(b";") + 1
        sealed = line[start:].strip()
        nik = self._cipher.decrypt(bytes.fromhex(sealed.decode())) if sealed else ""
        self._rows.write(line[:start] + self._show(nik).encode() + b"\n")


class _Abandoned(Exception):
    """The other half was stopped."""


class _Part(NamedTuple):
    """What one connection writes: the cells of the people of a query with such ids."""

    listing: Listing
    rows: str
    ids: str
    show_nik: ShowNik | None

    def cells(self, several: list[int]) -> str:
        return self.listing.statement(self.rows, ids=self.ids, several=several)

    def people(self) -> str:
        """SQL that gives the ids of these people, eight bytes each."""
        part = f"WHERE id {self.ids}" if self.ids else ""
        return f"SELECT string_agg(int8send(id), ''::bytea) FROM ({self.rows}) AS p {part}"  # noqa: S608


def stream(
    people: ParticipantQuerySet,
    listing: Listing,
    path: Path,
    *,
    head: bytes,
    show_nik: ShowNik | None,
    in_halves: bool,
    beat: Beat,
) -> Written:
    """Write `head` and the rows of these people to `path`; within a transaction in one go."""
    with connection.cursor() as cursor:
        rows = cursor.mogrify(*compiled(people, READ)).decode()

    def part(ids: str) -> _Part:
        return _Part(listing, rows, ids, show_nik)

    with path.open("wb", buffering=0) as file:
        if not in_halves or connection.in_atomic_block:
            sink = Sink(file, beat)
            sink.put(head)
            return sink.finish(_stream_whole(part(""), sink))
        beside = path.with_suffix(".half")
        try:
            with beside.open("wb", buffering=0) as upper:
                stop = Event()
                second = Sink(upper, lambda _: _go_on(stop), is_hashed=False)
                first = Sink(file, lambda count: beat(count + second.count))
                first.put(head)
                written = _stream_halves(part, first, second, stop)
            first.append(beside)
            return first.finish(written)
        finally:
            beside.unlink(missing_ok=True)


def _stream_whole(part: _Part, sink: Sink) -> array[int]:
    if connection.in_atomic_block:
        return _copy(part, sink)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(AT_ONE_MOMENT)
        return _copy(part, sink)


def _stream_halves(
    part: Callable[[str], _Part], first: Sink, second: Sink, stop: Event
) -> array[int]:
    """Fill both sinks at once; return who is in them. `stop` ends the second early."""
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        snapshot, middle = _fix_moment()
        upper = pool.submit(_copy_at, snapshot, part(f"> {middle}"), second)
        try:
            people = _copy(part(f"<= {middle}"), first)
            while wait([upper], timeout=WAIT_SECONDS).not_done:
                first.report()
            return people + upper.result()
        finally:
            stop.set()


def _go_on(stop: Event) -> None:
    if stop.is_set():
        raise _Abandoned


def _fix_moment() -> tuple[str, int]:
    """The name under which another connection sees what this one sees; a person in the middle."""
    with connection.cursor() as cursor:
        cursor.execute(AT_ONE_MOMENT)
        cursor.execute(
            "SELECT pg_export_snapshot(), coalesce((min(id) + max(id)) / 2, 0) "
            "FROM participants_participant"
        )
        return cursor.fetchone()


def _copy_at(snapshot: str, part: _Part, sink: Sink) -> array[int]:
    """Runs in a thread, on the thread's connection."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(AT_ONE_MOMENT)
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
            return _copy(part, sink)
    finally:
        connection.close()


def _copy(part: _Part, sink: Sink) -> array[int]:
    """Write the rows of a part into the sink; return whose they are."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")  # compiling so many cells takes longer than running them
        try:
            cells = part.cells(_several(cursor, part))
            with BufferedWriter(sink, BLOCK) as rows:
                lines = _NikOpener(rows, part.show_nik) if part.show_nik else rows
                cursor.copy_expert(f"COPY ({cells}) TO STDOUT (FORMAT csv, DELIMITER ';')", lines)
            count = cursor.rowcount
            cursor.execute(part.people())
            people = _people_in(cursor.fetchone()[0])
        finally:
            with suppress(DatabaseError):  # the connection may be what broke
                cursor.execute("RESET jit")
    if len(people) != count:
        raise RuntimeError(f"{count} rows are about {len(people)} people")
    return people


def _several(cursor: CursorWrapper, part: _Part) -> list[int]:
    """Who has several businesses, where that matters."""
    asked = part.listing.several(part.ids)
    if not asked:
        return []
    cursor.execute(asked)
    return [key for (key,) in cursor.fetchall()]


def _people_in(found: memoryview | None) -> array[int]:
    people = array("q", bytes(found or b""))
    if byteorder == "little":  # the database sends the other way round
        people.byteswap()
    return people
