"""A look into an old workbook (BIFF in an OLE container): locks, hidden rows and error cells."""

import struct
from collections.abc import Callable, Iterator

from umkm_portal.common.spreadsheets.facts import SheetFacts
from umkm_portal.common.spreadsheets.sizes import refuse_errors
from umkm_portal.common.spreadsheets.sniff import ENCRYPTED, TRUNCATED
from umkm_portal.common.spreadsheets.tables import SpreadsheetError

_FREE = 0xFFFFFFFA
"""Sector numbers from here on mean an end, or nothing."""
_STREAMS = ("Workbook", "Book")
_FORMULA, _FILEPASS, _BOUNDSHEET = 0x06, 0x2F, 0x85
_BOOLERR, _ROW, _BOF, _EOF, _DIMENSIONS = 0x205, 0x208, 0x809, 0x0A, 0x200
_CELLS = frozenset((_FORMULA, _BOOLERR, 0x201, 0x203, 0x204, 0x27E, 0xBD, 0xBE, 0xD6, 0xFD))
"""Records of cells; all begin with their row."""
_LONGEST_RECORD = 8224
_HIDDEN_ROW = 0x20
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def check_xls(path: str) -> dict[str, SheetFacts]:
    """Return facts by sheet name.

    Raises SpreadsheetError for a workbook with a password, and for one that breaks off or cannot
    be followed: the parser would give what comes before that place.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        return _Scan(_workbook_stream(content)).run()
    except (struct.error, IndexError, ValueError):
        raise SpreadsheetError(TRUNCATED) from None


def _workbook_stream(content: bytes) -> bytes:
    """Return the stream `Workbook` (or `Book`) of the container; raises ValueError without one."""
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    size, mini_size = 1 << min(shift, 20), 1 << min(mini_shift, 20)
    first_entry, _, cutoff, first_mini, _ = struct.unpack_from("<IIIII", content, 48)

    def sector(number: int) -> bytes:
        return content[(number + 1) * size : (number + 2) * size]

    table = _numbers(b"".join(sector(n) for n in _table_sectors(content, sector)))
    entries = _chain(first_entry, table, sector)
    root_start = struct.unpack_from("<I", entries, 116)[0]
    start, total = _place_of_workbook(entries)
    if total >= cutoff:
        return _whole(_chain(start, table, sector), total)
    small = _chain(root_start, table, sector)

    def mini_sector(number: int) -> bytes:
        return small[number * mini_size : (number + 1) * mini_size]

    mini_table = _numbers(_chain(first_mini, table, sector))
    return _whole(_chain(start, mini_table, mini_sector), total)


def _whole(stream: bytes, total: int) -> bytes:
    if len(stream) < total:
        raise SpreadsheetError(TRUNCATED)
    return stream[:total]


def _place_of_workbook(entries: bytes) -> tuple[int, int]:
    """Return (first sector, bytes) of the stream, looked up in the container's directory."""
    for at in range(0, len(entries) - 127, 128):
        (length,) = struct.unpack_from("<H", entries, at + 64)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
        if name in _STREAMS:
            start, total = struct.unpack_from("<II", entries, at + 116)
            return start, total
    raise ValueError("no workbook stream")


def _table_sectors(content: bytes, sector: Callable[[int], bytes]) -> Iterator[int]:
    """Give the sectors of the allocation table: 109 in the header, the others in a chain."""
    yield from (n for n in struct.unpack_from("<109I", content, 76) if n < _FREE)
    number, left = struct.unpack_from("<II", content, 68)
    while number < _FREE and 0 < left <= len(content) // 512:
        *numbers, number = _numbers(sector(number))
        left -= 1
        yield from (n for n in numbers if n < _FREE)


def _chain(start: int, table: tuple[int, ...], sector: Callable[[int], bytes]) -> bytes:
    pieces: list[bytes] = []
    number = start
    while number < _FREE:
        if len(pieces) > len(table):
            raise ValueError("the chain bites its tail")
        pieces.append(sector(number))
        number = table[number]
    return b"".join(pieces)


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


class _Rows:
    """Compares the rows that a sheet says it has with those that have cells."""

    def __init__(self) -> None:
        self.is_wide = True
        self.end = 0
        self.known: set[int] = set()
        self.declared: set[int] = set()
        self.filled: set[int] = set()

    def note(self, kind: int, data: bytes) -> None:
        if kind == _DIMENSIONS:
            self.end = struct.unpack_from("<4xI" if self.is_wide else "<2xH", data)[0]
            return
        row, first, behind_last = struct.unpack_from("<HHH", data)
        if kind in _CELLS:
            self.filled.add(row)
        else:
            self.known.add(row)
            if behind_last > first:
                self.declared.add(row)

    def first_lost(self) -> int:
        """Return the first row, counted from 1, that should have cells and has none, or 0."""
        if lost := self.declared - self.filled:
            return min(lost) + 1
        seen = max(self.filled | self.known, default=-1) + 1
        return seen + 1 if seen < self.end else 0


class _Scan:
    """Walks the records of a workbook stream."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.unfinished = 0
        self.names: dict[int, str] = {}
        self.found: dict[str, SheetFacts] = {}
        self.rows: dict[str, _Rows] = {}

    def run(self) -> dict[str, SheetFacts]:
        title, facts, rows, at, last = "", SheetFacts(), _Rows(), 0, len(self.stream) - 4
        while at <= last:
            kind, length = struct.unpack_from("<HH", self.stream, at)
            data = self.stream[at + 4 : at + 4 + length]
            if self.unfinished > 0 and (length > _LONGEST_RECORD or (kind == _EOF and length)):
                raise SpreadsheetError(TRUNCATED)
            if kind == _EOF:
                self.unfinished -= 1
            elif kind == _BOF:
                self.unfinished += 1
                title = self.names.get(at, "")
                facts = self.found.setdefault(title, SheetFacts())
                rows = self.rows.setdefault(title, _Rows())
                rows.is_wide = data[:2] == b"\0\6"
            elif kind == _FILEPASS:
                raise SpreadsheetError(ENCRYPTED)
            elif kind == _BOUNDSHEET:
                self._note_sheet(data)
            elif kind in _CELLS or kind in (_ROW, _DIMENSIONS):
                rows.note(kind, data)
                if kind in (_ROW, _BOOLERR, _FORMULA):
                    self._look_at(kind, data, title, facts)
            at += 4 + length
        if self.unfinished > 0 or not self.found.keys() >= {*self.names.values()}:
            raise SpreadsheetError(TRUNCATED)
        for title, facts in self.found.items():
            facts.lost_row = self.rows[title].first_lost()
        return self.found

    def _note_sheet(self, data: bytes) -> None:
        place, _, _, count, is_wide = struct.unpack_from("<IBBBB", data)
        name = data[8 : 8 + 2 * count].decode("utf-16-le") if is_wide else ""
        self.names[place] = name or data[8 : 8 + count].decode("latin-1")

    def _look_at(self, kind: int, data: bytes, title: str, facts: SheetFacts) -> None:
        row, column = struct.unpack_from("<HH", data)
        code = None
        if kind == _ROW:
            flags = struct.unpack_from("<H", data, 12)[0]
            facts.hidden_rows += bool(flags & _HIDDEN_ROW)
        elif kind == _BOOLERR:
            code = data[6] if data[7] else None
        elif data[12:14] == b"\xff\xff" and data[6] == 2:
            code = data[8]
        if code is not None:
            facts.note_error(row, column, _ERRORS.get(code, "#GALAT"))
            refuse_errors(title, facts)
