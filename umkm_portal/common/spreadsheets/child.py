"""The limited process that reads one hostile file and speaks in frames on its output.

A frame is four bytes of length and a marshalled tuple: ("sheet", name, header row, header, hidden
rows, is text), ("rows", row numbers or the first of unbroken ones, rows), ("end", skipped sheets,
doubts) or ("error", sentence). Only text, numbers and lists cross: nothing that could run.
"""

import json
import marshal
import os
import resource
import struct
import sys
from collections.abc import Iterator, Set
from itertools import chain, islice
from typing import Any, BinaryIO

from umkm_portal.common.spreadsheets import csvfile, onecolumn, webpage, workbook, xmltable
from umkm_portal.common.spreadsheets.headers import SEARCHED_ROWS, find_header
from umkm_portal.common.spreadsheets.sizes import too_many_rows
from umkm_portal.common.spreadsheets.sniff import TRUNCATED, Kind, kind_of
from umkm_portal.common.spreadsheets.tables import Cell, Doubt, Limits, Skipped, SpreadsheetError

CHUNK = 500
_MARSHAL_VERSION = 2
"""Without object references: smaller and faster for rows of short texts."""
_LONGEST_FRAME = 64 << 20
"""Bytes of 500 rows; of people they are a hundred times less."""
BEHIND = 5
"""How much later than its parent the system lets it have its turn."""
TOO_BIG = (
    "Berkas terlalu besar untuk dibaca. Bagi menjadi beberapa berkas, atau simpan sebagai CSV."
)


def main() -> None:
    """Read the file named by the arguments (JSON) and write frames to standard output."""
    order = json.loads(sys.argv[-1])
    limits = Limits(**order["limits"])
    confine(limits)
    writer = Writer(sys.stdout.buffer, limits)
    try:
        read_file(order["path"], frozenset(order["words"]), limits, writer)
    except SpreadsheetError as refusal:
        writer.send("error", str(refusal))
    except MemoryError:
        writer.send("error", TOO_BIG)
    except BrokenPipeError:
        sys.exit(1)
    except Exception:  # whatever a hostile file breaks, the sentence is the same
        writer.send("error", TRUNCATED)


def confine(limits: Limits) -> None:
    """Bound memory and time for good; forbid writing files and core dumps; let others go first."""
    os.nice(BEHIND)
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        value = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (value, value))


class Writer:
    """Sends frames and counts what went out."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._stream, self._limits = stream, limits
        self.rows = self.cells = self.last_row = 0

    def send(self, *frame: Any) -> None:
        data = marshal.dumps(frame, _MARSHAL_VERSION)
        if len(data) > _LONGEST_FRAME:
            raise SpreadsheetError(
                "Ada sel yang isinya terlalu panjang. Singkatkan isinya, lalu unggah lagi."
            )
        self._stream.write(struct.pack("!I", len(data)))
        self._stream.write(data)
        self._stream.flush()

    def send_rows(self, numbers: int | list[int], rows: list[list[Cell]], width: int) -> None:
        self.rows += len(rows)
        self.cells += len(rows) * width
        self.last_row = numbers + len(rows) - 1 if isinstance(numbers, int) else numbers[-1]
        if self.rows > self._limits.rows:
            raise SpreadsheetError(too_many_rows(self._limits))
        if self.cells > self._limits.cells:
            raise SpreadsheetError(TOO_BIG)
        self.send("rows", numbers, rows)


def read_file(path: str, words: Set[str], limits: Limits, writer: Writer) -> None:
    kind = kind_of(path)
    skipped: list[Skipped] = []
    doubts: list[Doubt] = []
    if kind is Kind.CSV:
        with csvfile.open_rows(path, words=words, limits=limits) as rows:
            found = not read_sheet("CSV", -1, rows, words, limits, writer)
        if csvfile.ends_within_line(path):
            doubts.append(("CSV", "unended", writer.last_row))
    else:
        found = False
        for name, hidden_rows, cells in open_sheets(path, kind, limits, skipped, doubts):
            if reason := read_sheet(name, hidden_rows, cells, words, limits, writer):
                skipped.append((name, reason))
            else:
                found = True
    if not found:
        raise SpreadsheetError(no_header_sentence(skipped))
    if not writer.rows:
        raise SpreadsheetError(
            "Tidak ada data di bawah baris judul. Isi datanya, lalu unggah lagi."
        )
    writer.send("end", skipped, doubts)


def open_sheets(
    path: str, kind: Kind, limits: Limits, skipped: list[Skipped], doubts: list[Doubt]
) -> Iterator[tuple[str, int, Iterator[list[Cell]]]]:
    """Give (name, hidden rows, rows) of every visible sheet; the others are added to `skipped`.

    What may be missing in a sheet is added to `doubts`.
    """
    if kind is Kind.WEB_PAGE:
        return webpage.open_sheets(path, limits, skipped)
    if kind is Kind.XML_TABLE:
        return xmltable.open_sheets(path, limits, skipped)
    return workbook.open_sheets(path, kind, limits, skipped, doubts)


def no_header_sentence(skipped: list[Skipped]) -> str:
    reasons = {reason for _, reason in skipped}
    if "hidden" in reasons and "untitled" not in reasons:
        name = next(name for name, reason in skipped if reason == "hidden")
        return (
            f"Lembar “{name}” tersembunyi, dan lembar lain kosong. Tampilkan lembarnya di Excel, "
            "simpan, lalu unggah lagi."
        )
    if reasons == {"empty"}:
        return "Semua lembar kosong. Isi datanya, lalu unggah lagi."
    return (
        f"Baris judul kolom tidak ditemukan dalam {SEARCHED_ROWS} baris pertama. Beri judul "
        "tiap kolom, misalnya Nama, NIK, No HP, lalu unggah lagi."
    )


def read_sheet(
    name: str,
    hidden_rows: int,
    rows: Iterator[list[Cell]],
    words: Set[str],
    limits: Limits,
    writer: Writer,
) -> str:
    """Send one sheet and return '', or why it is not read; -1 hidden rows stand for a text file."""
    top = list(islice(rows, SEARCHED_ROWS + 1))
    found = find_header(top, words)
    if not found.score and (delimiter := onecolumn.find_inner_delimiter(top, words)):
        top = [onecolumn.split(row, delimiter) for row in top]
        rows = (onecolumn.split(row, delimiter) for row in rows)
        found = find_header(top, words)
    if not found.score:
        return "untitled" if any(map(any, top)) or any(map(any, rows)) else "empty"
    header, data_at = found.texts, found.first + found.height
    if len(header) > limits.columns:
        raise SpreadsheetError(
            f"Berkas berisi lebih dari {limits.columns} kolom. Hapus kolom yang tidak perlu, lalu "
            "unggah lagi."
        )
    writer.send("sheet", name, data_at, header, max(hidden_rows, 0), hidden_rows < 0)
    rest = chain(top[data_at:], rows)
    row_no, width = data_at + 1, len(header)
    while chunk := list(islice(rest, CHUNK)):
        is_plain = {width}.issuperset(map(len, chunk)) and all(map(any, chunk))
        if is_plain:
            writer.send_rows(row_no, chunk, width)
        else:
            send_untidy(row_no, chunk, width, limits, writer)
        row_no += len(chunk)
    return ""


def send_untidy(
    first: int, chunk: list[list[Cell]], width: int, limits: Limits, writer: Writer
) -> None:
    """Send rows of other widths, filled up to the header, without the blank ones."""
    numbers, rows = [], []
    for row_no, row in enumerate(chunk, first):
        if not any(cell != "" and not (isinstance(cell, str) and cell.isspace()) for cell in row):
            continue
        if len(row) < width:
            row = row + [""] * (width - len(row))
        filled = len(row)
        while filled > width and not str(row[filled - 1]).strip():
            filled -= 1
        row = row[:filled]
        if len(row) > limits.columns:
            raise SpreadsheetError(
                f"Baris {row_no} berisi lebih dari {limits.columns} kolom. Hapus isian yang "
                "berlebih, lalu unggah lagi."
            )
        numbers.append(row_no)
        rows.append(row)
    if rows:
        writer.send_rows(numbers, rows, width)
