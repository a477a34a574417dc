"""One row of the register as it will be written, or what is wrong with it.

Runs once for each of 370,000 rows: values that repeat are looked up, not worked out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from participants import niks
from participants.activity import active_until_after
from participants.importing import words
from participants.importing.lookups import Lookups
from umkm_portal.common import codes, nik, phones
from umkm_portal.common.dates import parse_date
from umkm_portal.common.encryption import Cipher, blind_indexes
from umkm_portal.common.money import parse_rupiah
from umkm_portal.common.spreadsheets import Cell, text_of
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import Cleaned, Problem

Row = dict[str, Any]
FieldReader = Callable[[Cell, Row], None]

FEWEST_NIKS, MOST_ZEROS = 20, 0.30
"""From so many NIKs on, a file with a greater share ending in 0 has been through Excel."""
YOUNGEST, OLDEST, ADULT = 10, 110, 17
"""Ages in years: outside the first two a birth date is a slip; below the third it is odd."""
LONGEST = {"full_name": 120, "address": 200, "products": 300, "market": 80, "stall": 40}
LONGEST |= {"business_name": 120, "whatsapp_source": 120, "email": 254}
NAMES = {"full_name": "Nama", "address": "Alamat", "products": "Produk", "market": "Nama pasar"}
NAMES |= {"stall": "Nomor kios", "business_name": "Nama usaha", "whatsapp_source": "Sumber"}
CLEARED = {
    **{key: key for key in ("phone", "email", "address", "products", "market", "stall", "nib")},
    **{key: key for key in ("birth_date", "yearly_sales", "active_until")},
}
"""What `---` empties, and under which key of the clean row."""
DATES = ("registered_on", "last_activity_on", "last_served_on", "willing_on", "whatsapp_on")
FLAGS = ("is_active", "is_willing", "sells_live", "whatsapp")
REPEATING = frozenset(
    (
        *(*DATES, *FLAGS, "birth_date", "active_until", "track", "agency", "sector"),
        *("market", "products", "yearly_sales", "whatsapp_source"),
    )
)
MOST_KNOWN = 20_000
"""Columns whose cells repeat are read once for each different cell, up to so many."""
REPAIRS = {
    "full_name": "Tulis nama lengkap seperti di KTP.",
    "nik": "Ketik ulang NIK dari KTP: 16 angka, dengan format kolom Teks.",
    "phone": f"Isi satu nomor HP yang aktif, misalnya {phones.EXAMPLE}.",
    "email": "Isi satu alamat email yang lengkap, atau kosongkan.",
    "birth_date": "Tulis tanggal lahir seperti di KTP, misalnya 25/03/1990.",
    "city": "Tulis nama kota atau kabupaten seperti di KTP, misalnya Jakarta Pusat.",
    "district": "Tulis nama kecamatan yang benar di kota itu.",
    "village": "Tulis nama kelurahan yang benar di kecamatan itu.",
    "sector": "Pilih sektor dari daftar portal.",
    "agency": "Tulis singkatan dinas, misalnya PPKUKM.",
    "track": "Tulis Pemula atau Naik kelas.",
    "nib": "Tulis NIB 13 angka, atau kosongkan bila belum punya.",
    "yearly_sales": "Tulis omzet dalam rupiah penuh, misalnya Rp120.000.000.",
    "code": "Salin kode peserta dari portal, atau kosongkan.",
    "whatsapp": "Lengkapi tanggal dan sumber persetujuan WhatsApp.",
    "identity": "Isi NIK, nomor HP, atau email agar orangnya bisa dikenali.",
    "outside": "Tidak perlu diperbaiki: peserta tetap diterima dan dirujuk ke dinas di kotanya.",
    **dict.fromkeys(("is_active", "is_willing", "sells_live"), "Tulis ya atau tidak."),
    **dict.fromkeys(("address", "products", "market"), "Hapus isian itu, atau singkatkan."),
}
PLACE_COLUMNS = {"kecamatan": "district", "kelurahan": "village"}
DATE_REPAIR = "Tulis tanggal seperti 25/03/2026; tidak boleh di masa depan."
_EMAIL = re.compile(
    r"[^@\s,;:<>()\[\]\\\"]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}"
)
_NOT_NAME = re.compile(r"[\W_]+")


@lru_cache(maxsize=8_192)
def _active_until_text(day: date) -> str:
    return str(active_until_after(day))


class RegisterReader:
    """Cleans the rows of one register file; counts NIKs to judge the file as a whole."""

    def __init__(self, file: ImportFile) -> None:
        self.lookups = Lookups()
        self.today = timezone.localdate()
        self.default_agency = file.organisation_id
        self.nik_count = self.zero_count = 0
        self._seal = Cipher(niks.PURPOSE).encrypt

    def for_sheet(
        self, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> Callable[[Sequence[Cell]], Cleaned]:
        return _SheetReader(self, places, labels).clean

    def refusal(self) -> str:
        if self.nik_count < FEWEST_NIKS or self.zero_count <= MOST_ZEROS * self.nik_count:
            return ""
        share = round(100 * self.zero_count / self.nik_count)
        return (
            f"{share} % NIK dalam berkas ini berakhiran 0: angka terakhirnya hilang di Excel. "
            "Ambil data asli, ubah format kolom NIK menjadi Teks, isi ulang, lalu unggah lagi."
        )


class _SheetReader:
    """Cleans the rows of one sheet: which cell is what is settled once."""

    def __init__(
        self, reader: RegisterReader, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> None:
        self._reader, self._labels = reader, labels
        self._warnings: list[Problem] = []
        readers = self._field_readers()
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

    def _field_readers(self) -> dict[str, FieldReader]:
        texts = {key: self._text(key) for key in LONGEST if key != "email"}
        return {
            **texts,
            **{key: self._past_date(key) for key in DATES},
            **{key: self._yes_no(key) for key in FLAGS},
            "full_name": self._full_name,
            "nik": self._nik,
            "phone": self._phone,
            "email": self._email,
            "birth_date": self._birth_date,
            "track": self._track,
            "agency": self._agency,
            "sector": self._sector,
            "nib": self._nib,
            "yearly_sales": self._yearly_sales,
            "platforms": self._platforms,
            "store_link": self._store_link,
            "active_until": self._active_until,
            "code": self._code,
        }

    # --- One cell each ------------------------------------------------------------------------
    def _text(self, key: str) -> FieldReader:
        longest, name = LONGEST[key], NAMES[key]

        def read(cell: Cell, row: Row) -> None:
            text = " ".join(text_of(cell).lstrip("'").split())
            if len(text) > longest:
                raise ValueError(f"{name} lebih dari {longest} huruf.")
            row[key] = text

        return read

    def _past_date(self, key: str) -> FieldReader:
        def read(cell: Cell, row: Row) -> None:
            day = _date_of(cell)
            if day > self._reader.today:
                raise ValueError(f"Tanggal {day:%d/%m/%Y} masih di masa depan.")
            row[key] = str(day)

        return read

    def _yes_no(self, key: str) -> FieldReader:
        def read(cell: Cell, row: Row) -> None:
            row[key] = words.read_yes_no(text_of(cell))

        return read

    def _full_name(self, cell: Cell, row: Row) -> None:
        name = " ".join(text_of(cell).lstrip("'").split())
        if not any(map(str.isalpha, name)):
            raise ValueError(f"“{name[:40]}” bukan nama orang.")
        if len(name) > LONGEST["full_name"]:
            raise ValueError(f"Nama lebih dari {LONGEST['full_name']} huruf.")
        row["full_name"] = name

    def _nik(self, cell: Cell, row: Row) -> None:
        self._count(cell)
        born = row.get("birth_date")
        found = nik.check(
            cell,
            birth_date=date.fromisoformat(born) if born else None,
            known_regions=self._reader.lookups.regions.nik_areas,
            allow_synthetic=settings.EMBEDDED,
        )
        if found.errors:
            raise ValueError(" ".join(found.errors))
        for message in found.warnings:
            self._warn("nik", message, "Cocokkan dengan KTP; baris ini tetap diterima.")
        row["nik"] = base64.b64encode(self._reader._seal(found.value)).decode()
        row["nik_indexes"] = blind_indexes(niks.PURPOSE, found.value)
        row["nik_last4"] = found.value[-4:]
        if cell.__class__ is float:
            row["is_number_nik"] = True

    def _count(self, cell: Cell) -> None:
        """Count NIKs and those that end as Excel leaves them."""
        text = cell if isinstance(cell, str) else f"{cell:.0f}"
        self._reader.nik_count += 1
        if text.endswith("0") or "E+" in text.upper():
            self._reader.zero_count += 1

    def _phone(self, cell: Cell, row: Row) -> None:
        row["phone"] = phones.to_e164(cell if isinstance(cell, str) else f"{cell:.0f}")

    def _email(self, cell: Cell, row: Row) -> None:
        email = text_of(cell).lstrip("'").lower()
        if len(email) > LONGEST["email"] or not _EMAIL.fullmatch(email) or ".." in email:
            raise ValueError(f"“{email[:60]}” bukan alamat email yang lengkap.")
        row["email"] = email

    def _birth_date(self, cell: Cell, row: Row) -> None:
        day = _date_of(cell)
        age = self._reader.today.year - day.year
        if day > self._reader.today:
            raise ValueError(f"Tanggal lahir {day:%d/%m/%Y} masih di masa depan.")
        if not YOUNGEST <= age <= OLDEST:
            raise ValueError(f"Tanggal lahir {day:%d/%m/%Y} berarti umur {age} tahun.")
        if age < ADULT:
            self._warn("birth_date", f"Umur baru {age} tahun.", "Pastikan ada izin orang tua.")
        row["birth_date"] = str(day)

    def _track(self, cell: Cell, row: Row) -> None:
        row["track"] = words.read_track(text_of(cell))

    def _agency(self, cell: Cell, row: Row) -> None:
        text = text_of(cell)
        agency = self._reader.lookups.agency(text)
        if agency is None:
            raise ValueError(f"Dinas “{text[:60]}” tidak dikenal.")
        row["agency_id"] = agency

    def _sector(self, cell: Cell, row: Row) -> None:
        text = text_of(cell)
        sector = self._reader.lookups.sector(text)
        if sector is None:
            sector = self._reader.lookups.other_sector
            self._warn(
                "sector",
                f"Sektor “{text[:60]}” tidak ada di daftar, jadi disimpan sebagai Lainnya.",
                "Samakan dengan daftar sektor portal bila perlu; baris ini tetap diterima.",
            )
        row["sector_id"] = sector

    def _nib(self, cell: Cell, row: Row) -> None:
        text = text_of(cell).replace(" ", "").replace("-", "").lstrip("'")
        if not (text.isascii() and text.isdigit() and len(text) == 13):
            raise ValueError(f"NIB “{text[:30]}” bukan 13 angka.")
        row["nib"] = text

    def _yearly_sales(self, cell: Cell, row: Row) -> None:
        row["yearly_sales"] = str(parse_rupiah(cell))

    def _platforms(self, cell: Cell, row: Row) -> None:
        row.setdefault("channels", []).extend(words.read_platforms(text_of(cell)))

    def _store_link(self, cell: Cell, row: Row) -> None:
        row.setdefault("channels", []).extend(words.read_links(text_of(cell)))

    def _active_until(self, cell: Cell, row: Row) -> None:
        row["active_until"] = str(_date_of(cell))

    def _code(self, cell: Cell, row: Row) -> None:
        code = codes.normalise(text_of(cell))
        if not codes.is_valid(code):
            raise ValueError(f"Kode peserta “{text_of(cell)[:20]}” keliru.")
        row["code"] = code

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


def _date_of(cell: Cell) -> date:
    return parse_date(cell if isinstance(cell, str) else text_of(cell))


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
    return f"email:{row['email']}:{name}" if row.get("email") else ""
