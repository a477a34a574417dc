"""One row of the register as it will be written, or what is wrong with it.

Runs once for each of 370,000 rows: values that repeat are looked up, not worked out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from django.utils import timezone

from participants.activity import active_until_after
from participants.importing import words
from participants.importing.cells import DATES, FLAGS, CellReaders, FieldReader, NikTally, Row
from participants.importing.lookups import Lookups
from participants.importing.repairs import DATE_REPAIR, PLACE_COLUMNS, REPAIRS
from umkm_portal.common import codes
from umkm_portal.common.spreadsheets import Cell, text_of
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import Cleaned, Problem

CLEARED = {
    **{key: key for key in ("phone", "email", "address", "products", "market", "stall", "nib")},
    **{key: key for key in ("birth_date", "yearly_sales", "active_until")},
}
"""What `---` empties, and under which key of the clean row."""
REPEATING = frozenset(
    (
        *(*DATES, *FLAGS, "birth_date", "active_until", "track", "agency", "sector"),
        *("market", "products", "yearly_sales", "whatsapp_source"),
    )
)
MOST_KNOWN = 20_000
"""Columns whose cells repeat are read once for each different cell, up to so many."""
_NOT_NAME = re.compile(r"[\W_]+")
LONGEST_KEY = 300


@lru_cache(maxsize=8_192)
def _active_until_text(day: date) -> str:
    return str(active_until_after(day))


class RegisterReader:
    """Cleans the rows of one register file; judges the file as a whole by its NIKs."""

    def __init__(self, file: ImportFile) -> None:
        self.lookups = Lookups()
        self.today = timezone.localdate()
        self.default_agency = file.organisation_id
        self.tally = NikTally()

    def for_sheet(
        self, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> Callable[[Sequence[Cell]], Cleaned]:
        return _SheetReader(self, places, labels).clean

    def refusal(self) -> str:
        return self.tally.refusal()


class _SheetReader:
    """Cleans the rows of one sheet: which cell is what is settled once."""

    def __init__(
        self, reader: RegisterReader, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> None:
        self._reader, self._labels = reader, labels
        self._warnings: list[Problem] = []
        readers = CellReaders(
            lookups=reader.lookups, today=reader.today, tally=reader.tally, warn=self._warn
        ).by_key()
        # The NIK is read after the birth date that it is compared with.
        self._fields: list[tuple[int, str, FieldReader, dict[Cell, Row] | None]] = [
            (places[key], key, readers[key], {} if key in REPEATING else None)
            for key in sorted(places, key="nik".__eq__)
            if key in readers
        ]
        self._place_cells = [places.get(key) for key in ("city", "district", "village")]
        self._has_place = any(index is not None for index in self._place_cells)

    def clean(self, cells: Sequence[Cell]) -> Cleaned:
        """Return the row to be written; the key tells rows about one person."""
        row: Row = {}
        problems: list[Problem] = []
        self._warnings = problems
        for index, key, read, known in self._fields:
            cell = cells[index]
            if cell == "":
                continue
            if known is None:
                self._read_cell(cell, key, read, row, problems)
            elif (effect := known.get(cell)) is not None:
                row.update(effect)
            else:
                row.update(self._learn(cell, key, read, known, problems))
        if self._has_place:
            self._read_place(cells, row, problems)
        self._finish(row, problems)
        return Cleaned(_key_of(row), row, problems)

    def _read_cell(
        self, cell: Cell, key: str, read: FieldReader, row: Row, problems: list[Problem]
    ) -> None:
        if isinstance(cell, str):
            cell = cell.strip()
            if cell in words.BLANK:
                return
        try:
            if cell == words.CLEAR:
                _clear(key, row)
            elif cell in words.SHEET_ERRORS:
                raise ValueError(f"Sel ini berisi kesalahan rumus {cell}.")
            else:
                read(cell, row)
        except ValueError as error:
            problems.append(self._problem(key, str(error)))

    def _learn(
        self,
        cell: Cell,
        key: str,
        read: FieldReader,
        known: dict[Cell, Row],
        problems: list[Problem],
    ) -> Row:
        """Read a cell of a column that repeats itself, and keep what it does to a row."""
        before, effect = len(problems), Row()
        self._read_cell(cell, key, read, effect, problems)
        if len(problems) == before and len(known) < MOST_KNOWN:
            known[cell] = effect
        return effect

    # --- Several cells together -----------------------------------------------------------------
    def _read_place(self, cells: Sequence[Cell], row: Row, problems: list[Problem]) -> None:
        city, district, village = (
            "" if index is None else text_of(cells[index]) for index in self._place_cells
        )
        if not (city or district or village):
            return
        lookups = self._reader.lookups
        region_id, problem = lookups.place(city, district, village)
        if region_id is None and not problem:
            return
        if problem:
            level = problem.split(" ", 1)[0].lower()
            problems.append(self._problem(PLACE_COLUMNS.get(level, "city"), problem))
            return
        row["region_id"] = region_id
        if region_id in lookups.outside:
            message = f"{lookups.outside[region_id]} di luar Jakarta."
            self._warn("city", message, REPAIRS["outside"])

    def _finish(self, row: Row, problems: list[Problem]) -> None:
        """Complete the row from its parts and refuse what only shows in the whole."""
        refused = {problem["column"] for problem in problems if "warning" not in problem}
        if "full_name" not in row and self._heading("full_name") not in refused:
            problems.append(self._problem("full_name", "Nama kosong."))
        if (
            not refused
            and not row.keys() & {"nik", "code"}
            and not (row.get("phone") or row.get("email"))
        ):
            problems.append(
                {
                    "column": self._heading("nik", "phone", "email"),
                    "message": "NIK, nomor HP, dan email semuanya kosong.",
                    "repair": REPAIRS["identity"],
                }
            )
        self._finish_whatsapp(row, problems)
        row["new_code"] = codes.new_code()
        if "last_activity_on" in row:
            day = date.fromisoformat(row["last_activity_on"])
            row["active_at_least"] = _active_until_text(day)
        if self._reader.default_agency and "agency_id" not in row:
            row["agency_id"] = self._reader.default_agency
        if "channels" in row:
            row["channels"] = _tidy_channels(row["channels"])

    def _finish_whatsapp(self, row: Row, problems: list[Problem]) -> None:
        """A consent counts only with its date and source (UU 27/2022 article 24)."""
        if "whatsapp" not in row:
            return
        if not row["whatsapp"]:
            row.setdefault("whatsapp_on", str(self._reader.today))
            return
        lacking = [
            name
            for key, name in (("whatsapp_on", "tanggal"), ("whatsapp_source", "sumber"))
            if not row.get(key)
        ]
        if lacking:
            problems.append(
                self._problem("whatsapp", f"Persetujuan WhatsApp tanpa {' dan '.join(lacking)}.")
            )

    # --- Words ----------------------------------------------------------------------------------
    def _problem(self, key: str, message: str) -> Problem:
        return {
            "column": self._heading(key),
            "message": message,
            "repair": REPAIRS.get(key, DATE_REPAIR),
        }

    def _warn(self, key: str, message: str, repair: str) -> None:
        self._warnings.append(
            {"column": self._heading(key), "message": message, "repair": repair, "warning": True}
        )

    def _heading(self, *keys: str) -> str:
        return next((self._labels[key] for key in keys if key in self._labels), keys[0])


def _clear(key: str, row: Row) -> None:
    if key not in CLEARED:
        raise ValueError("Isian ini tidak bisa dikosongkan lewat berkas.")
    row[CLEARED[key]] = ""


def _tidy_channels(channels: list[tuple[str, str]]) -> list[list[str]]:
    """Each platform and link once; a platform with a link needs no bare name."""
    linked = {platform for platform, link in channels if link}
    return [[p, link] for p, link in sorted({*channels}) if link or p not in linked]


def _key_of(row: Row) -> str:
    if "nik_indexes" in row:
        return f"nik:{row['nik_indexes'][0]}"
    if "code" in row:
        return f"code:{row['code']}"
    name = _NOT_NAME.sub("", str(row.get("full_name", "")).lower())
    if row.get("phone"):
        return f"phone:{row['phone']}:{name}"
    return f"email:{row['email']}:{name}"[:LONGEST_KEY] if row.get("email") else ""
