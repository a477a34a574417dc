"""One row of a report of sales as it will be stored, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from django.utils import timezone

from participants.importing.cells import CellReaders, NikTally
from participants.importing.lookups import Lookups
from partners.bazaars.columns import LABELS, REPAIRS
from partners.curation.cleaning import read_code
from partners.curation.shops import read_shops
from partners.models import Bazaar
from umkm_portal.common.dates import parse_date
from umkm_portal.common.money import parse_rupiah
from umkm_portal.common.spreadsheets import Cell, line_of, text_of
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import Cleaned
from umkm_portal.imports.raw_cells import mask_niks
from umkm_portal.imports.sheets import FieldReader, Row, SheetCells

LONGEST_CHANNEL, LONGEST_NAME, LONGEST_KEY = 40, 120, 300
MOST_ORDERS = 10_000_000
WHO = ("code", "nik", "phone", "store_link")
REPEATING = frozenset(("period_from", "period_to", "channel"))
_WHOLE = re.compile(r"\d{1,3}(?:\.\d{3})*|\d{1,8}")
_NOT_NAME = re.compile(r"[\W_]+")


class SalesReader:
    """Cleans the rows of one report; judges it as a whole by its NIKs."""

    def __init__(self, file: ImportFile) -> None:
        self.platform = str(file.options.get("platform", ""))
        bazaar = Bazaar.objects.filter(pk=file.options.get("bazaar") or 0).first()
        self.channel = (self.platform.title() or "Bazar") if bazaar is None else bazaar.name
        self.lookups = Lookups()
        self.today = timezone.localdate()
        self.tally = NikTally()

    def for_sheet(
        self, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> Callable[[Sequence[Cell]], Cleaned]:
        return _SheetReader(self, places, labels).clean

    def refusal(self) -> str:
        if not self.tally.refusal():
            return ""
        return (
            "Banyak NIK dalam berkas ini berakhiran 0: angka terakhirnya hilang di Excel. Hapus "
            "kolom NIK, isi kode peserta atau nomor HP, lalu unggah lagi."
        )


class _SheetReader:
    def __init__(
        self, reader: SalesReader, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> None:
        self._reader, self._labels = reader, labels
        self._cells = SheetCells(
            places, labels, repairs=REPAIRS, other_repair=REPAIRS["identity"], names=LABELS
        )
        self._cells.read_with(self._readers(), repeating=REPEATING, last="nik")

    def clean(self, cells: Sequence[Cell]) -> Cleaned:
        """Return the row to be stored; the key tells rows about one shop, time and channel."""
        row = self._cells.read(cells)
        who = self._identify(row)
        self._complete(row)
        problems = self._cells.problems
        key = _key_of(row, who) if who and not problems else ""
        return Cleaned(key, row, problems)

    def _readers(self) -> dict[str, FieldReader]:
        shared = CellReaders(
            lookups=self._reader.lookups,
            today=self._reader.today,
            tally=self._reader.tally,
            warn=lambda *told: None,
        )
        known = shared.by_key()
        return {
            "full_name": known["full_name"],
            "phone": known["phone"],
            "business_name": _business_name,
            "code": read_code,
            "nik": _nik_reader(shared.blind_nik),
            "store_link": self._store_link,
            "period_from": _day_reader("period_from", self._reader),
            "period_to": _day_reader("period_to", self._reader),
            "channel": _channel,
            "orders": _orders,
            "amount": _amount,
        }

    def _store_link(self, cell: Cell, row: Row) -> None:
        heading = self._labels.get("store_link", "")
        found = read_shops(text_of(cell), heading=heading, platform=self._reader.platform)
        if found and found.keys:
            row["links"] = found.keys

    def _identify(self, row: Row) -> str:
        name = row.get("full_name") or row.get("business_name")
        if "code" in row:
            return f"code:{row['code']}"
        if "nik_indexes" in row:
            return f"nik:{row['nik_indexes'][0]}"
        if row.get("phone") and name:
            return f"phone:{row['phone']}:{_NOT_NAME.sub('', str(name).lower())}"
        if "links" in row:
            return f"store_link:{row['links'][0]}"
        if not self._cells.is_refused(*WHO):
            told = "Kode peserta, nomor HP dengan nama, dan tautan toko kosong."
            self._cells.problems.append(
                {
                    "column": self._cells.heading(*WHO),
                    "message": told,
                    "repair": REPAIRS["identity"],
                }
            )
        return ""

    def _complete(self, row: Row) -> None:
        """A day alone is a period of one day; a channel left out is the bazaar itself."""
        for key, told in (
            ("period_from", "Tanggal mulai kosong."),
            ("amount", "Penjualan kosong."),
        ):
            if key not in row and not self._cells.is_refused(key):
                self._cells.refuse(key, told)
        row.setdefault("channel", self._reader.channel[:LONGEST_CHANNEL])
        if "period_from" in row:
            row.setdefault("period_to", row["period_from"])
            if row["period_to"] < row["period_from"]:
                self._cells.refuse("period_to", "Tanggal selesai sebelum mulai.")


def _key_of(row: Row, who: str) -> str:
    period = f"{row['period_from']}:{row['period_to']}:{str(row['channel']).lower()}"
    return f"{who}:{period}"[:LONGEST_KEY]


def _business_name(cell: Cell, row: Row) -> None:
    row["business_name"] = mask_niks(line_of(cell))[:LONGEST_NAME]


def _nik_reader(read: FieldReader) -> FieldReader:
    """A damaged NIK does not matter beside a code."""

    def read_nik(cell: Cell, row: Row) -> None:
        try:
            read(cell, row)
        except ValueError:
            if "code" not in row:
                raise ValueError("NIK tidak terbaca utuh.") from None

    return read_nik


def _day_reader(key: str, reader: SalesReader) -> FieldReader:
    def read(cell: Cell, row: Row) -> None:
        day = parse_date(cell if isinstance(cell, str) else text_of(cell))
        if day > reader.today:
            raise ValueError(f"Tanggal {day:%d/%m/%Y} masih di masa depan.")
        row[key] = str(day)

    return read


def _channel(cell: Cell, row: Row) -> None:
    text = mask_niks(line_of(cell))
    if len(text) > LONGEST_CHANNEL:
        raise ValueError(f"Kanal lebih dari {LONGEST_CHANNEL} huruf.")
    row["channel"] = text


def _orders(cell: Cell, row: Row) -> None:
    text = text_of(cell).strip()
    if not _WHOLE.fullmatch(text) or int(text.replace(".", "")) > MOST_ORDERS:
        raise ValueError(f"Jumlah pesanan “{mask_niks(text)[:20]}” bukan angka bulat.")
    row["orders"] = int(text.replace(".", ""))


def _amount(cell: Cell, row: Row) -> None:
    row["amount"] = parse_rupiah(cell)
