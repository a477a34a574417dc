"""What one cell of a list says, or why it cannot be read."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import date

from django.conf import settings

from participants import niks
from participants.importing import words
from participants.importing.lookups import Lookups
from participants.importing.repairs import LONGEST, NAMES
from umkm_portal.common import codes, nik, phones
from umkm_portal.common.dates import parse_date
from umkm_portal.common.encryption import Cipher, blind_indexes
from umkm_portal.common.money import parse_rupiah
from umkm_portal.common.spreadsheets import Cell, line_of, text_of
from umkm_portal.imports.sheets import FieldReader, Row

FEWEST_NIKS, MOST_ZEROS = 20, 0.30
"""From so many NIKs on, a file with a greater share ending in 0 has been through Excel."""
YOUNGEST, OLDEST, ADULT = 10, 110, 17
"""Ages in years: outside the first two a birth date is a slip; below the third it is odd."""
DATES = ("registered_on", "last_activity_on", "last_served_on", "willing_on", "whatsapp_on")
FLAGS = ("is_active", "is_willing", "sells_live", "whatsapp")
_NOT_IN_NAMES = re.compile(r"[<>=\uff1d@{}\\|^~;]|^[+*/]|\d{6}")
"""What is markup, a formula, an address or several cells, and stands in nobody's name."""
_EMAIL = re.compile(
    r"[^@\s,;:<>()\[\]\\\"]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}"
)


class NikTally:
    """Counts NIKs, and those that end as Excel leaves them, to judge a file as a whole."""

    def __init__(self) -> None:
        self.seen = self.zeros = 0

    def count(self, cell: Cell) -> None:
        text = cell if isinstance(cell, str) else f"{cell:.0f}"
        self.seen += 1
        if text.endswith("0") or "E+" in text.upper():
            self.zeros += 1

    def refusal(self) -> str:
        """The sentence that refuses a file of damaged NIKs, or ''."""
        if self.seen < FEWEST_NIKS or self.zeros <= MOST_ZEROS * self.seen:
            return ""
        share = round(100 * self.zeros / self.seen)
        return (
            f"{share} % NIK dalam berkas ini berakhiran 0: angka terakhirnya hilang di Excel. "
            "Ambil data asli, ubah format kolom NIK menjadi Teks, isi ulang, lalu unggah lagi."
        )


class CellReaders:
    """Reads one cell into a row; a ValueError says in Indonesian why not.

    `warn` takes (column key, what was noticed, what may be done) where the row goes on.
    """

    def __init__(
        self,
        *,
        lookups: Lookups,
        today: date,
        tally: NikTally,
        warn: Callable[[str, str, str], None],
    ) -> None:
        self._lookups, self._today, self._tally, self._warn = lookups, today, tally, warn
        self._seal = Cipher(niks.PURPOSE).encrypt

    def by_key(self) -> dict[str, FieldReader]:
        """What reads a cell of each column; the caller hands in the row to be filled."""
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

    def _text(self, key: str) -> FieldReader:
        longest, name = LONGEST[key], NAMES[key]

        def read(cell: Cell, row: Row) -> None:
            text = line_of(cell)
            if len(text) > longest:
                raise ValueError(f"{name} lebih dari {longest} huruf.")
            row[key] = text

        return read

    def _past_date(self, key: str) -> FieldReader:
        def read(cell: Cell, row: Row) -> None:
            day = _date_of(cell)
            if day > self._today:
                raise ValueError(f"Tanggal {day:%d/%m/%Y} masih di masa depan.")
            row[key] = str(day)

        return read

    def _yes_no(self, key: str) -> FieldReader:
        def read(cell: Cell, row: Row) -> None:
            row[key] = words.read_yes_no(text_of(cell))

        return read

    def _full_name(self, cell: Cell, row: Row) -> None:
        name = line_of(cell)
        is_plain = name.replace(" ", "").isalpha() and len(name) <= LONGEST["full_name"]
        if is_plain:
            row["full_name"] = name
            return
        if "\ufffd" in name:
            raise ValueError(f"Nama “{name[:40]}” berisi huruf yang rusak.")
        if not any(map(str.isalpha, name)) or _NOT_IN_NAMES.search(name):
            raise ValueError(f"“{name[:40]}” bukan nama orang.")
        if len(name) > LONGEST["full_name"]:
            raise ValueError(f"Nama lebih dari {LONGEST['full_name']} huruf.")
        row["full_name"] = name

    def _nik(self, cell: Cell, row: Row) -> None:
        value = self._checked_nik(cell, row)
        row["nik"] = base64.b64encode(self._seal(value)).decode()
        row["nik_indexes"] = blind_indexes(niks.PURPOSE, value)
        row["nik_last4"] = value[-4:]

    def blind_nik(self, cell: Cell, row: Row) -> None:
        """Read a NIK and keep its blind index alone."""
        row["nik_indexes"] = blind_indexes(niks.PURPOSE, self._checked_nik(cell, row))

    def _checked_nik(self, cell: Cell, row: Row) -> str:
        self._tally.count(cell)
        born = row.get("birth_date")
        found = nik.check(
            cell,
            birth_date=date.fromisoformat(born) if born else None,
            known_regions=self._lookups.regions.nik_areas,
            allow_synthetic=settings.EMBEDDED,
        )
        if found.errors:
            raise ValueError(" ".join(found.errors))
        for message in found.warnings:
            self._warn("nik", message, "Cocokkan dengan KTP; baris ini tetap diterima.")
        if cell.__class__ is float:
            row["is_number_nik"] = True
        return found.value

    def _phone(self, cell: Cell, row: Row) -> None:
        row["phone"] = phones.to_e164(cell if isinstance(cell, str) else f"{cell:.0f}")

    def _email(self, cell: Cell, row: Row) -> None:
        email = text_of(cell).lstrip("'").lower()
        if len(email) > LONGEST["email"] or not _EMAIL.fullmatch(email) or ".." in email:
            raise ValueError(f"“{email[:60]}” bukan alamat email yang lengkap.")
        row["email"] = email

    def _birth_date(self, cell: Cell, row: Row) -> None:
        day = _date_of(cell)
        age = self._today.year - day.year
        if day > self._today:
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
        agency = self._lookups.agency(text)
        if agency is None:
            raise ValueError(f"Dinas “{text[:60]}” tidak dikenal.")
        row["agency_id"] = agency

    def _sector(self, cell: Cell, row: Row) -> None:
        text = text_of(cell)
        sector = self._lookups.sector(text)
        if sector is None:
            sector = self._lookups.other_sector
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


def _date_of(cell: Cell) -> date:
    return parse_date(cell if isinstance(cell, str) else text_of(cell))
