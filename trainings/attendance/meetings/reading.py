"""The list of participants that a meeting leaves behind, whichever of its forms it has.

One row per join, or one per person with a total; with or without the meeting's own lines on top;
with or without topic and number of the meeting before each row.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trainings.attendance.meetings.stays import Stay, read_moment
from umkm_portal.common.dates import JAKARTA
from umkm_portal.common.spreadsheets import (
    Cell,
    Limits,
    SpreadsheetError,
    line_of,
    normalise_header,
    read_table,
    text_of,
)

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (
        *("Name (Original Name)", "Name", "Participant", "Full Name", "Display Name"),
        *("Nama (Nama Asli)", "Nama", "Nama Peserta"),
    ),
    "email": ("User Email", "Email", "E-mail", "Email Pengguna", "Alamat Email"),
    "joined": ("Join Time", "First Join", "Waktu Bergabung", "Waktu Masuk", "Jam Masuk"),
    "left": ("Leave Time", "Last Leave", "Waktu Keluar", "Jam Keluar"),
    "minutes": (
        *("Duration (Minutes)", "Total Duration (Minutes)", "Duration", "Total Duration"),
        *("Durasi (Menit)", "Total Durasi (Menit)", "Durasi"),
    ),
    "guest": ("Guest", "Tamu"),
    "consent": ("Recording Consent", "Recording Disclaimer Response", "In Waiting Room"),
}
_FIELDS = {normalise_header(word): field for field, words in COLUMNS.items() for word in words}
LIMITS = Limits(file_bytes=10_000_000, unpacked_bytes=100_000_000, rows=60_000, seconds=30)
LONGEST_MINUTES = 24 * 60
NO_TABLE = (
    "Berkas ini bukan daftar peserta rapat: kolom nama dan waktu tidak ditemukan. Unduh lagi "
    "laporan peserta dari Zoom, lalu unggah di sini."
)


@dataclass(frozen=True)
class Line:
    """One row of the file: a stay, or only a number of minutes where it tells no times."""

    name: str
    email: str
    stay: Stay | None
    minutes: int


def read_lines(path: str | os.PathLike[str], *, near: datetime) -> list[Line]:
    """All rows of the file's first table of participants; `near` is when the session began.

    Raises SpreadsheetError with the sentence for staff.
    """
    words = [word for words in COLUMNS.values() for word in words]
    with read_table(path, header_words=words, limits=LIMITS) as table:
        for sheet in table:
            places = _places(sheet.header)
            if "name" in places and ("minutes" in places or "joined" in places):
                lines = [_line(cells, places, near=near) for _, cells in sheet.rows]
                return [line for line in lines if line is not None]
    raise SpreadsheetError(NO_TABLE)


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each known column is; the first one of a kind counts."""
    places: dict[str, int] = {}
    for place, text in enumerate(header):
        field = _FIELDS.get(normalise_header(text))
        if field:
            places.setdefault(field, place)
    return places


def _line(cells: Sequence[Cell], places: Mapping[str, int], *, near: datetime) -> Line | None:
    def cell(field: str) -> Cell:
        place = places.get(field)
        return cells[place] if place is not None and place < len(cells) else ""

    name, email = line_of(cell("name"))[:200], line_of(cell("email"))[:254].lower()
    if not name and not email:
        return None
    day = near.astimezone(JAKARTA).date()
    begins = read_moment(text_of(cell("joined")), day=day)
    ends = read_moment(text_of(cell("left")), day=day)
    minutes = _minutes(cell("minutes"))
    if begins and ends is None:
        ends = begins + timedelta(minutes=minutes)
    stay = Stay(begins, ends) if begins and ends and ends >= begins else None
    return Line(name, email, stay, minutes)


def _minutes(cell: Cell) -> int:
    try:
        number = float(text_of(cell).replace(",", "."))
    except ValueError:
        return 0
    return round(min(max(number, 0), LONGEST_MINUTES)) if number == number else 0
