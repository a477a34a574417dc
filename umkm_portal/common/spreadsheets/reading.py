"""Reading a table: the parent's side. The file itself is read by a limited child process."""

import fcntl
import json
import marshal
import os
import select
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from umkm_portal.common.spreadsheets.tables import (
    Cell,
    Doubt,
    Limits,
    Sheet,
    Skipped,
    SpreadsheetError,
    normalise_header,
)

_PACKAGE = Path(__file__).resolve().parent
_LONGEST_FRAME = 256 << 20
_PIPE_BYTES = 1 << 20
# The child imports this package alone: the project package above it would load Celery.
_CHILD = """
import sys, types
for name, path in zip(("umkm_portal", "umkm_portal.common", "umkm_portal.common.spreadsheets"),
                      sys.argv[1:4]):
    sys.modules[name] = package = types.ModuleType(name)
    package.__path__ = [path]
from umkm_portal.common.spreadsheets.child import main
main()
"""
_TOO_SLOW = (
    "Berkas terlalu lama dibaca, jadi dihentikan. Bagi menjadi beberapa berkas, atau simpan "
    "sebagai CSV."
)
_DIED = (
    "Berkas tidak bisa dibaca: rusak atau terlalu besar. Salin datanya ke berkas baru, simpan "
    "sebagai Excel (.xlsx) atau CSV, lalu unggah lagi."
)


def read_table(
    path: str | os.PathLike[str], *, header_words: Iterable[str], limits: Limits | None = None
) -> "Table":
    """Return the table in a CSV, XLSX, XLS or ODS file, to be used in a `with` statement.

    `header_words` are the column titles that tell a header row. Looping over the table gives its
    visible sheets that have a header; a refusal is a SpreadsheetError raised in that loop.
    """
    return Table(Path(path), frozenset(map(normalise_header, header_words)), limits or Limits())


class Table:
    """The child process that reads one file; leaving the `with` block ends it."""

    def __init__(self, path: Path, words: frozenset[str], limits: Limits) -> None:
        self._path, self._words, self._limits = path, words, limits
        self._child: subprocess.Popen[bytes] | None = None
        self._after_rows: tuple[Any, ...] = ()
        self.skipped_sheets: list[Skipped] = []
        self.doubts: list[Doubt] = []

    def __enter__(self) -> Self:
        if self._path.stat().st_size > self._limits.file_bytes:
            raise SpreadsheetError(
                f"Berkas lebih besar dari {self._limits.file_bytes // 1_000_000} MB. Bagi menjadi "
                "beberapa berkas."
            )
        order = {
            "path": str(self._path.resolve()),
            "words": sorted(self._words),
            "limits": asdict(self._limits),
        }
        folders = [str(_PACKAGE.parent.parent), str(_PACKAGE.parent), str(_PACKAGE)]
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD, *folders, json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "PYTHONUTF8": "1"},
            cwd="/",
            bufsize=0,
        )
        with suppress(OSError):  # the system bounds what all pipes of one user may hold
            fcntl.fcntl(self._pipe(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None:
            self._child.kill()
            self._pipe().close()
            self._child.wait()

    def __iter__(self) -> Iterator[Sheet]:
        frame = self._next_frame()
        while frame[0] == "sheet":
            sheet = Sheet(frame[1], frame[2], frame[3], frame[4], frame[5], self._rows())
            yield sheet
            for _ in sheet.rows:
                pass
            frame = self._after_rows
        self.skipped_sheets, self.doubts = frame[1:]

    def _rows(self) -> Iterator[tuple[int, list[Cell]]]:
        while (frame := self._next_frame())[0] == "rows":
            _, numbers, rows = frame
            if isinstance(numbers, list):
                yield from zip(numbers, rows, strict=True)
            else:
                yield from enumerate(rows, numbers)
        self._after_rows = frame

    def _next_frame(self) -> tuple[Any, ...]:
        (length,) = struct.unpack("!I", self._read(4))
        if length > _LONGEST_FRAME:
            raise SpreadsheetError(_DIED)
        frame: tuple[Any, ...] = marshal.loads(self._read(length))  # noqa: S302 - our own child
        if frame[0] == "error":
            raise SpreadsheetError(frame[1])
        return frame

    def _read(self, length: int) -> bytearray:
        """Return exactly `length` bytes from the child, waiting no longer than the limit."""
        data = bytearray(length)
        view, filled = memoryview(data), 0
        while filled < length:
            self._wait_for_bytes()
            count = os.readv(self._pipe().fileno(), [view[filled:]])
            if not count:
                raise SpreadsheetError(self._why_it_died())
            filled += count
        return data

    def _wait_for_bytes(self) -> None:
        poller = select.poll()
        poller.register(self._pipe().fileno(), select.POLLIN | select.POLLHUP)
        if not poller.poll(self._limits.seconds * 1000):
            raise SpreadsheetError(_TOO_SLOW)

    def _why_it_died(self) -> str:
        child = self._running()
        child.wait()
        ran_out_of_time = child.returncode in (-24, -9)  # SIGXCPU, then SIGKILL
        return _TOO_SLOW if ran_out_of_time else _DIED

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is None:
            raise RuntimeError("read_table() is used in a with statement")
        return self._child

    def _pipe(self) -> Any:
        return self._running().stdout
