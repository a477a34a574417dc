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
from participants.importing.cells import DATES, FLAGS, CellReaders, NikTally
from participants.importing.lookups import Lookups
from participants.importing.repairs import DATE_REPAIR, PLACE_COLUMNS, REPAIRS
from umkm_portal.common import codes
from umkm_portal.common.spreadsheets import Cell
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import Cleaned
from umkm_portal.imports.sheets import Row, SheetCells

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
PLACE = ("city", "district", "village")
ENOUGH = frozenset(("nik", "code"))
"""What tells by itself whom a row is about."""
_NOT_NAME = re.compile(r"[\W_]+")
LONGEST_KEY = 300


@lru_cache(maxsize=8_192)
def _active_until_text(day: str) -> str:
    return str(active_until_after(date.fromisoformat(day)))


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
        self._reader = reader
        self._cells = SheetCells(places, labels, repairs=REPAIRS, other_repair=DATE_REPAIR)
        readers = CellReaders(
            lookups=reader.lookups, today=reader.today, tally=reader.tally, warn=self._cells.warn
        )
        # The NIK is read after the birth date that it is compared with.
        self._cells.read_with(readers.by_key(), repeating=REPEATING, last="nik", clear=_clear)
        self._cells.read_group_with(PLACE, self._read_place)

    def clean(self, cells: Sequence[Cell]) -> Cleaned:
        """Return the row to be written; the key tells rows about one person."""
        row = self._cells.read(cells)
        self._finish(row)
        return Cleaned(_key_of(row), row, self._cells.problems)

    def _read_place(self, texts: Mapping[str, str], row: Row) -> None:
        lookups = self._reader.lookups
        region_id, problem = lookups.place(*[texts.get(key, "") for key in PLACE])
        if region_id is None and not problem:
            return
        if problem:
            level = problem.split(" ", 1)[0].lower()
            self._cells.refuse(PLACE_COLUMNS.get(level, "city"), problem)
            return
        row["region_id"] = region_id
        if region_id in lookups.outside:
            message = f"{lookups.outside[region_id]} di luar Jakarta."
            self._cells.warn("city", message, REPAIRS["outside"])

    def _finish(self, row: Row) -> None:
        """Complete the row from its parts and refuse what only shows in the whole."""
        if self._cells.problems or "full_name" not in row or not row.keys() & ENOUGH:
            self._refuse_unknown(row)
        if "whatsapp" in row:
            self._finish_whatsapp(row)
        row["new_code"] = codes.new_code()
        if "last_activity_on" in row:
            row["active_at_least"] = _active_until_text(row["last_activity_on"])
        if self._reader.default_agency and "agency_id" not in row:
            row["agency_id"] = self._reader.default_agency
        if "channels" in row:
            row["channels"] = _tidy_channels(row["channels"])

    def _refuse_unknown(self, row: Row) -> None:
        """Refuse a row that does not tell whom it is about."""
        is_refused = self._cells.is_refused()
        if "full_name" not in row and not self._cells.is_refused("full_name"):
            self._cells.refuse("full_name", "Nama kosong.")
        is_known = row.keys() & {"nik", "code"} or row.get("phone") or row.get("email")
        if not is_refused and not is_known:
            self._cells.problems.append(
                {
                    "column": self._cells.heading("nik", "phone", "email"),
                    "message": "NIK, nomor HP, dan email semuanya kosong.",
                    "repair": REPAIRS["identity"],
                }
            )

    def _finish_whatsapp(self, row: Row) -> None:
        """A consent counts only with its date and source (UU 27/2022 article 24)."""
        if not row["whatsapp"]:
            row.setdefault("whatsapp_on", str(self._reader.today))
            return
        lacking = [
            name
            for key, name in (("whatsapp_on", "tanggal"), ("whatsapp_source", "sumber"))
            if not row.get(key)
        ]
        if lacking:
            message = f"Persetujuan WhatsApp tanpa {' dan '.join(lacking)}."
            self._cells.refuse("whatsapp", message)


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
