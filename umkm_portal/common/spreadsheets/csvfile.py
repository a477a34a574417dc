"""Reading CSV in every shape that Indonesian spreadsheets write it."""

import codecs
import csv
import re
from collections.abc import Iterator, Set
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO, NamedTuple, Protocol, TextIO, cast

from umkm_portal.common.spreadsheets.headers import SEARCHED_ROWS, find_header
from umkm_portal.common.spreadsheets.invisible import CONTROLS, without_invisible
from umkm_portal.common.spreadsheets.onecolumn import DELIMITERS
from umkm_portal.common.spreadsheets.sniff import TRUNCATED
from umkm_portal.common.spreadsheets.tables import Cell, Limits, SpreadsheetError

_BLOCK = 1 << 20
_SAMPLE_CHARACTERS = 1 << 16
_FEWEST_ROWS = 20
"""From so many rows on, a last line that breaks off is taken for a file that was cut."""
_NO_TABLE = "Berkas ini bukan tabel. Simpan sebagai Excel (.xlsx) atau CSV, lalu unggah lagi."
_LONG_NUMBER = re.compile(r"\d{8}")
_NO_CONTROLS = bytes(set(range(256)) - set(CONTROLS))
_END_MARKS = b"\0\x1a \t"
"""Halves of wide characters, the mark with which DOS ends a text, and blanks below the table."""
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _byte_as_cp1252(problem: UnicodeError) -> tuple[str, int]:
    """Read single bytes that are no UTF-8 as old Windows text: files are glued together."""
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    wrong = problem.object[problem.start : problem.end]
    return wrong.decode("cp1252", "replace"), problem.end


codecs.register_error("cp1252", _byte_as_cp1252)


class _Reader(Protocol):
    """What a reader of the csv module knows of where it is."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class _Text(NamedTuple):
    """How the bytes of a file are read, and whether characters in it may be invisible."""

    encoding: str
    is_plain: bool = False


@contextmanager
def open_rows(path: str, *, words: Set[str], limits: Limits) -> Iterator[Iterator[list[Cell]]]:
    """Open a CSV file and give its records from the first row on, blank ones as []."""
    text = look_at_text(path)
    errors = "cp1252" if text.encoding.startswith("utf-8") else "replace"
    with open(path, encoding=text.encoding, errors=errors, newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
        file.seek(0)
        delimiter = _declared_delimiter(file, sample) or _find_delimiter(sample, words)
        csv.field_size_limit(limits.cell_characters)
        lines = file if text.encoding.startswith("utf-8") else _without_gaps(file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        rows = _explained(reader, delimiter, limits, is_cut=ends_within_line(path))
        if '="' in sample:
            rows = map(_without_formula_quotes, rows)
        if not text.is_plain:
            rows = map(_visible, rows)
        yield cast("Iterator[list[Cell]]", rows)


def look_at_text(path: str) -> _Text:
    """Return the encoding: by its BOM, else UTF-16 by its zeros, else UTF-8.

    Bytes that are no UTF-8 are read one by one as cp1252.
    """
    with open(path, "rb") as file:
        head = file.read(4096)
        for bom, encoding in _BOMS:
            if head.startswith(bom):
                return _whole(file, encoding)
        if b"\0" in head:
            return _whole(file, _utf16_by_its_zeros(head))
        file.seek(0)
        return _look_at_bytes(file)


def ends_within_line(path: str) -> bool:
    """Tell whether no line break ends the file: some programs leave it out, a cut takes it."""
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, 2) - 16))
        tail = file.read()
    return not tail.rstrip(_END_MARKS).endswith((b"\n", b"\r"))


def _whole(file: BinaryIO, encoding: str) -> _Text:
    """Return the encoding; raise SpreadsheetError when the file ends within a character."""
    width = {"utf-16": 2, "utf-32": 4}.get(encoding[:6], 1)
    if file.seek(0, 2) % width:
        raise SpreadsheetError(TRUNCATED)
    return _Text(encoding)


def _without_gaps(file: TextIO) -> Iterator[str]:
    """Pass lines of wide characters on; refuse zeros in a row, left by a copy that failed."""
    for line in file:
        if "\0\0" in line:
            raise SpreadsheetError(TRUNCATED)
        yield line


def _utf16_by_its_zeros(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 8 > max(even, odd):
        raise SpreadsheetError(_NO_TABLE)
    return "utf-16-le" if odd > even else "utf-16-be"


def _look_at_bytes(file: BinaryIO) -> _Text:
    is_plain = True
    while block := file.read(_BLOCK):
        if b"\0" in block:
            raise SpreadsheetError(_NO_TABLE)
        is_plain = is_plain and block.isascii() and not block.translate(None, _NO_CONTROLS)
    return _Text("utf-8", is_plain)


def _visible(row: list[str]) -> list[str]:
    if "".join(row).isprintable():
        return row
    return [without_invisible(cell) for cell in row]


def _declared_delimiter(file: TextIO, sample: str) -> str:
    """Return the delimiter of a `sep=;` first line and move past that line, else ''."""
    first = sample.split("\n", 1)[0].strip().strip('"')
    if len(first) != 5 or not first.lower().startswith("sep="):
        return ""
    file.readline()
    return first[4]


def _find_delimiter(sample: str, words: Set[str]) -> str:
    """Return the delimiter under which the header is understood best."""
    return max(DELIMITERS, key=lambda delimiter: _fit(sample, delimiter, words))


def _fit(sample: str, delimiter: str, words: Set[str]) -> tuple[int, int]:
    try:
        reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
        rows = list(islice(reader, SEARCHED_ROWS))
    except csv.Error:
        return 0, 0
    header = find_header(rows, words)
    return header.score, len(rows[header.first]) if rows else 0


def _explained(
    reader: _Reader, delimiter: str, limits: Limits, *, is_cut: bool
) -> Iterator[list[str]]:
    """Pass records on and turn the parser's complaints into sentences."""
    row_no = width = width_before = lines = 0
    try:
        for row_no, row in enumerate(reader, 1):
            if reader.line_num > lines + 1 and _has_swallowed(row, delimiter):
                raise SpreadsheetError(
                    f"Tanda kutip pada baris {row_no} menelan baris di bawahnya. Hapus tanda "
                    "kutip yang berlebih, lalu unggah lagi."
                )
            lines = reader.line_num
            width_before, width = width, len(row)
            yield row
    except csv.Error as problem:
        raise SpreadsheetError(_quote_sentence(str(problem), row_no + 1, limits)) from None
    if is_cut and row_no > _FEWEST_ROWS and width < width_before:
        raise SpreadsheetError(
            f"Baris terakhir ({row_no}) terpotong: {width} dari {width_before} isian. Ambil lagi "
            "berkas aslinya yang utuh, lalu unggah lagi."
        )


def _has_swallowed(row: list[str], delimiter: str) -> bool:
    """Tell whether a cell holds the end of one row and the beginning of another.

    Between two stray quotes stand as many delimiters as the rows have, and some number.
    """
    last = len(row) - 1
    for index, cell in enumerate(row):
        first_line, *others = cell.splitlines() or [""]
        if not others or last < 1 or not _LONG_NUMBER.search(cell):
            continue
        if first_line.count(delimiter) == last - index and others[-1].count(delimiter) == index:
            return True
    return False


def _quote_sentence(problem: str, row_no: int, limits: Limits) -> str:
    if "field limit" in problem:
        most = f"{limits.cell_characters:,}".replace(",", ".")
        return (
            f"Tanda kutip yang dibuka pada baris {row_no} tidak ditutup, atau ada sel lebih dari "
            f"{most} huruf. Perbaiki baris itu, lalu unggah lagi."
        )
    if "unexpected end" in problem:
        return (
            f"Tanda kutip yang dibuka pada baris {row_no} tidak ditutup. Perbaiki baris "
            "itu, lalu unggah lagi."
        )
    return (
        f"Tanda kutip pada baris {row_no} tidak beres. Perbaiki baris itu, atau simpan "
        "sebagai Excel (.xlsx), lalu unggah lagi."
    )


def _without_formula_quotes(row: list[str]) -> list[str]:
    """Undo the `="0812"` that some programs write to keep digits whole."""
    return [
        cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell
        for cell in row
    ]
