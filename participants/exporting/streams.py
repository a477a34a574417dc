"""The rows of a list of people, streamed out of PostgreSQL by COPY in flat memory.

A long list comes in two halves at once, each made by a PostgreSQL process of its own; both see the
register as it was at the same moment.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import BinaryIO, NamedTuple

from django.db import DatabaseError, connection, transaction

from participants.exporting.columns import READ
from participants.models import ParticipantQuerySet
from participants.niks import PURPOSE
from participants.segments.audiences import compiled
from umkm_portal.common.encryption import Cipher

BLOCK = 1 << 18
EVERY = 2_000
"""Rows that are handled together, and between two looks at the clock."""
HALVES_FROM = 50_000
"""People from which a second connection pays."""
WAIT_SECONDS = 0.2
AT_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"

Beat = Callable[[int], None]
"""Told now and then how many rows are written; raises to stop."""
Statement = Callable[[str, str], str]
"""Gives the SQL that makes the cells of the people whom an SQL query reads, with such ids only."""


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
        if not self._lines:
            return
        pairs = [line.split(b";", 1) for line in self._lines]
        self._lines.clear()
        self._people.extend(int(pk) for pk, _ in pairs)
        if self._show_nik is not None:
            show = self._show_nik
            self.put(b"".join([self._with_nik(cells, show) for _, cells in pairs]))
        else:
            self.put(b"".join([cells for _, cells in pairs]))
        self._beat(len(self._people))

    @property
    def count(self) -> int:
        """Rows that were passed on so far."""
        return len(self._people)

    def tell(self) -> None:
        """Tell how many there are while others are waited for."""
        self._beat(self.count)

    def append(self, other: Written, path: Path) -> None:
        """The rows of another file, which has no head, after those of this one."""
        self._take()
        self._people.extend(other.people)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                self.put(block)

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


class _Abandoned(Exception):
    """The other half was stopped."""


def stream(
    people: ParticipantQuerySet,
    statement: Statement,
    path: Path,
    *,
    head: bytes,
    show_nik: Callable[[str], str] | None,
    in_halves: bool,
    beat: Beat,
) -> Written:
    """Write `head` and the rows of these people to `path`; within a transaction in one go."""
    with connection.cursor() as cursor:
        rows = cursor.mogrify(*compiled(people, READ)).decode()
    with path.open("wb", buffering=0) as file:
        if not in_halves or connection.in_atomic_block:
            sink = Sink(file, beat, show_nik=show_nik)
            sink.put(head)
            _copy(statement(rows, ""), sink)
            return sink.finish()
        beside = path.with_suffix(".half")
        try:
            with beside.open("wb", buffering=0) as upper:
                stop = Event()
                second = Sink(upper, lambda _: _go_on(stop), show_nik=show_nik)
                first = Sink(file, lambda count: beat(count + second.count), show_nik=show_nik)
                first.put(head)
                written = _stream_halves(rows, statement, first, second, stop)
            first.append(written, beside)
            return first.finish()
        finally:
            beside.unlink(missing_ok=True)


def _stream_halves(
    rows: str, statement: Statement, first: Sink, second: Sink, stop: Event
) -> Written:
    """Fill both sinks at once; return what the second got. `stop` ends the second early."""
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        snapshot, middle = _fix_moment()
        upper = pool.submit(_copy_at, snapshot, statement(rows, f"> {middle}"), second)
        try:
            _copy(statement(rows, f"<= {middle}"), first)
            while wait([upper], timeout=WAIT_SECONDS).not_done:
                first.tell()
            return upper.result()
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


def _copy_at(snapshot: str, sql: str, sink: Sink) -> Written:
    """Runs in a thread, on the thread's connection."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(AT_ONE_MOMENT)
                cursor.execute("SET TRANSACTION SNAPSHOT %s", [snapshot])
            _copy(sql, sink)
        return sink.finish()
    finally:
        connection.close()


def _copy(sql: str, sink: Sink) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")  # compiling so many cells takes longer than running them
        try:
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT csv, DELIMITER ';')", sink)
        finally:
            with suppress(DatabaseError):  # the connection may be what broke
                cursor.execute("RESET jit")
