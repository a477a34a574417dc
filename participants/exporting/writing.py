"""Writing a list of people into a file, in flat memory.

PostgreSQL makes the cells and streams them; for Excel the finished CSV becomes a workbook.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from participants.exporting.columns import NIK, Column, Listing
from participants.exporting.streams import BLOCK, HALVES_FROM, Beat, Written, stream
from participants.models import ExportFile, ParticipantQuerySet
from umkm_portal.common.spreadsheets import write_xlsx

BOM = b"\xef\xbb\xbf"
EVERY = 2_000
"""Rows of a workbook between two looks at the clock."""


def grouped(nik: str) -> str:
    """A NIK that spreadsheets keep as text, and that imports read again: 317101-010190-0001."""
    return "-".join((nik[:6], nik[6:12], nik[12:])) if nik else ""


def write_csv(
    path: Path,
    people: ParticipantQuerySet,
    columns: list[Column],
    *,
    for_eyes: bool,
    total: int,
    beat: Beat,
) -> Written:
    """Write these people, about `total`, to `path`, semicolons and UTF-8.

    `for_eyes` adds what a spreadsheet needs to open it undamaged: the byte order mark, harmless
    formulas, NIKs in groups.
    """
    titles = ";".join(column.label for column in columns).encode()
    return stream(
        people,
        Listing(columns, is_inert=for_eyes),
        path,
        head=(BOM if for_eyes else b"") + titles + b"\n",
        show_nik=(grouped if for_eyes else str) if columns[-1].key == NIK else None,
        in_halves=total >= HALVES_FROM,
        beat=beat,
    )


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
    total: int,
    beat: Beat,
) -> Written:
    """Write these people, about `total`, in the format that was asked for."""
    if file_format == ExportFile.Format.CSV:
        return write_csv(path, people, columns, for_eyes=True, total=total, beat=beat)
    plain = path.with_suffix(".part")
    try:
        written = write_csv(
            plain, people, columns, for_eyes=False, total=total, beat=lambda rows: beat(0)
        )
        return Written(written.people, *write_workbook(path, plain, beat=beat))
    finally:
        plain.unlink(missing_ok=True)


def _watched(rows: Iterator[list[str]], beat: Beat) -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        if not number % EVERY:
            beat(number)
        yield row
