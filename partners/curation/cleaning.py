"""One row of a curation list as it will be judged, or what is wrong with it.

Runs once for each of 50,000 rows: values that repeat are read once. A NIK is only ever turned into
its blind index here, and no repair asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.utils import timezone

from participants.importing.cells import CellReaders, NikTally
from participants.importing.lookups import Lookups
from partners.curation import outcomes, shops
from partners.curation.columns import DECIDING
from partners.curation.repairs import REPAIRS
from partners.models import CurationCall
from umkm_portal.common import codes
from umkm_portal.common.encryption import blind_index
from umkm_portal.common.spreadsheets import Cell, line_of, text_of
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import SHEET, Cleaned
from umkm_portal.imports.raw_cells import mask_niks
from umkm_portal.imports.sheets import FieldReader, Row, SheetCells

IDENTITY = "curation.identity"
LONGEST = {"business_name": 120, "products": 300, "reason": 300, "note": 300}
NAMES = {"business_name": "Nama usaha", "products": "Produk", "reason": "Alasan"}
NAMES |= {"note": "Catatan"}
REPEATING = frozenset(("result", "passed_mark", "failed_mark", "grade", "products", "reason"))
PLACE = ("city", "district", "village")
PASSED = outcomes.Outcome.PASSED.value
SHARED = ("full_name", "phone", "email")
"""What is read as in the register."""
_NOT_NAME = re.compile(r"[\W_]+")
LONGEST_KEY = 300


class CurationReader:
    """Cleans the rows of one list; judges the file as a whole by its NIKs and its crosses."""

    def __init__(self, file: ImportFile) -> None:
        self.all_pass = bool(file.options.get("all_pass"))
        self.platform = _platform_of(file)
        self.lookups = Lookups()
        self.today = timezone.localdate()
        self.tally = NikTally()
        self.crosses = self.passes = 0

    def for_sheet(
        self, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> Callable[[Sequence[Cell]], Cleaned]:
        return _SheetReader(self, places, labels).clean

    def refusal(self) -> str:
        if self.crosses and not self.passes:
            return (
                "Hasilnya hanya berupa tanda x, jadi tidak jelas siapa yang lolos. Tulis Lolos "
                "atau Tidak lolos di tiap baris, lalu unggah lagi."
            )
        if not self.tally.refusal():
            return ""
        share = round(100 * self.tally.zeros / self.tally.seen)
        return (
            f"{share} % NIK dalam berkas ini berakhiran 0: angka terakhirnya hilang di Excel. "
            "Hapus kolom NIK, isi kode peserta atau nomor HP, lalu unggah lagi."
        )


class _SheetReader:
    """Cleans the rows of one sheet: which cell is what, and what its name decides, is settled."""

    def __init__(
        self, reader: CurationReader, places: Mapping[str, int], labels: Mapping[str, str]
    ) -> None:
        self._reader, self._labels = reader, labels
        self._by_sheet = _outcome_without_column(reader, places, labels)
        self._has_marks = "passed_mark" in places or "failed_mark" in places
        self._cells = SheetCells(places, labels, repairs=REPAIRS, names=LABELS)
        # The NIK is read last: what else a row has decides whether a damaged one matters.
        self._cells.read_with(self._readers(), repeating=REPEATING, last="nik")
        self._cells.read_group_with(PLACE, self._read_place)

    def clean(self, cells: Sequence[Cell]) -> Cleaned:
        """Return the row to be judged; the key tells rows about one business."""
        row = self._cells.read(cells)
        self._decide(row)
        key = _key_of(row)
        self._identify(row, key)
        return Cleaned(key, row, self._cells.problems)

    # --- One cell -------------------------------------------------------------------------------
    def _readers(self) -> dict[str, FieldReader]:
        shared = CellReaders(
            lookups=self._reader.lookups,
            today=self._reader.today,
            tally=self._reader.tally,
            warn=self._warn,
        )
        known = shared.by_key()
        return {
            **{key: known[key] for key in SHARED},
            **{key: _text_reader(key) for key in LONGEST},
            "code": read_code,
            "nik": self._nik_reader(shared.blind_nik),
            "store_link": self._store_link,
            "result": self._result,
            "passed_mark": self._mark("passed_mark"),
            "failed_mark": self._mark("failed_mark"),
            "grade": self._grade,
        }

    def _nik_reader(self, read: FieldReader) -> FieldReader:
        """Where a code tells who it is, damage is only noticed."""

        def read_nik(cell: Cell, row: Row) -> None:
            if isinstance(cell, str) and codes.is_valid(code := codes.normalise(cell)):
                row.setdefault("code", code)
                return
            try:
                read(cell, row)
            except ValueError as error:
                damage = str(error).split(". ", 1)[0].rstrip(".") + "."
                if "code" not in row:
                    raise ValueError(damage) from None
                self._warn("nik", damage, "NIK diabaikan; peserta dikenali dari kodenya.")

        return read_nik

    def _store_link(self, cell: Cell, row: Row) -> None:
        text = text_of(cell)
        heading, platform = self._labels["store_link"], self._reader.platform
        found = shops.read_shops(text, heading=heading, platform=platform)
        if found is None:
            self._warn(
                "store_link",
                f"“{text[:40]}” bukan tautan atau akun toko, jadi tidak dipakai.",
                "Tulis tautan toko yang lengkap bila ada; baris ini tetap diterima.",
            )
        elif found.keys:
            row["store_link"], row["links"] = found.link, found.keys

    def _result(self, cell: Cell, row: Row) -> None:
        found = outcomes.read_outcome(text_of(cell))
        row["outcome"] = found.outcome
        if found.reason:
            row.setdefault("reason", mask_niks(found.reason)[: LONGEST["reason"]])
        if found.is_cross:
            row["is_cross"] = True

    def _mark(self, key: str) -> FieldReader:
        def read(cell: Cell, row: Row) -> None:
            found = outcomes.read_mark(text_of(cell), column=key)
            if found.outcome:
                row[key] = found.outcome
            if found.is_cross:
                row["is_cross"] = True

        return read

    def _grade(self, cell: Cell, row: Row) -> None:
        text = text_of(cell)
        if grade := outcomes.read_grade(text):
            row["grade"] = grade
            return
        self._warn(
            "grade",
            f"Nilai {text} bukan grade A sampai D, jadi tidak disimpan.",
            "Tulis A, B, C, atau D bila perlu; baris ini tetap diterima.",
        )

    # --- Several cells together -----------------------------------------------------------------
    def _read_place(self, texts: Mapping[str, str], row: Row) -> None:
        """A place only tells what follows; a wrong one keeps no decision back."""
        lookups, told = self._reader.lookups, [texts.get(key, "") for key in PLACE]
        region_id, problem = lookups.place(*told)
        row["place"] = " / ".join(filter(None, told))[:120]
        if problem:
            self._warn("city", problem, "Tidak perlu diperbaiki: baris ini tetap diterima.")
        elif region_id in lookups.outside:
            row["is_outside"] = True
            self._warn("city", f"{lookups.outside[region_id]} di luar Jakarta.", REPAIRS["outside"])

    def _decide(self, row: Row) -> None:
        """Settle what is decided from the result, the marks, or the sheet."""
        reader = self._reader
        if "outcome" in row and not self._has_marks and "is_cross" not in row:
            reader.passes += row["outcome"] == PASSED
            return
        marks = [row.pop(key) for key in ("passed_mark", "failed_mark") if key in row]
        found = {*marks, *([row["outcome"]] if "outcome" in row else [])}
        if len(found) > 1:
            self._cells.refuse("result", "Baris ini ditandai lolos dan tidak lolos.")
        elif found:
            row["outcome"] = found.pop()
        elif self._by_sheet:
            row["outcome"] = self._by_sheet
        elif not self._cells.is_refused(*DECIDING):
            self._cells.refuse("result", "Hasil kurasi kosong.")
        if row.pop("is_cross", False):
            reader.crosses += 1
        elif row.get("outcome") == PASSED:
            reader.passes += 1

    def _identify(self, row: Row, key: str) -> None:
        """Refuse a row that does not tell whom it is about."""
        if key:
            row["identity"] = _identity_of(key)
            return
        if self._cells.is_refused("code", "nik", "phone", "store_link", "full_name"):
            return
        has_phone = bool(row.get("phone"))
        column = self._cells.heading(*(("full_name",) if has_phone else ("code", "phone")))
        told = (
            "Nama di samping nomor HP kosong."
            if has_phone
            else "Kode peserta, nomor HP, dan tautan toko kosong."
        )
        repair = REPAIRS["name" if has_phone else "identity"]
        self._cells.problems.append({"column": column, "message": told, "repair": repair})

    # --- Words ----------------------------------------------------------------------------------
    def _warn(self, key: str, message: str, repair: str) -> None:
        if key == "nik":
            message = message.split(". ", 1)[0].rstrip(".") + "."
            repair = repair if "kode" in repair else "Tidak perlu diperbaiki."
        self._cells.warn(key, message, repair)


LABELS = {
    "result": "Hasil kurasi",
    "code": "Kode peserta",
    "full_name": "Nama pemilik",
    "city": "Kota/Kab. Administrasi",
}
"""How a column is called that the file does not have."""


def lacks_result(file: ImportFile, sheet: str, keys: Iterable[str]) -> list[str]:
    """The heading of the result, where neither a column, the sheet's name nor the uploader
    decides."""
    is_decided = (
        bool(file.options.get("all_pass"))
        or bool({*keys} & {*DECIDING})
        or bool(outcomes.outcome_of_sheet(sheet))
    )
    return [] if is_decided else [LABELS["result"]]


def _outcome_without_column(
    reader: CurationReader, places: Mapping[str, int], labels: Mapping[str, str]
) -> str:
    """What all rows of a sheet without a column for the result are, or ''."""
    if any(key in places for key in DECIDING):
        return ""
    by_name = outcomes.outcome_of_sheet(labels.get(SHEET, ""))
    return by_name or (outcomes.Outcome.PASSED.value if reader.all_pass else "")


def read_code(cell: Cell, row: Row) -> None:
    """Read a participant's code, however it was written."""
    code = codes.normalise(text_of(cell))
    if not codes.is_valid(code):
        raise ValueError(f"Kode peserta “{mask_niks(text_of(cell))[:20]}” keliru.")
    row["code"] = code


def _text_reader(key: str) -> FieldReader:
    longest, name = LONGEST[key], NAMES[key]

    def read(cell: Cell, row: Row) -> None:
        text = mask_niks(line_of(cell))
        if len(text) > longest:
            raise ValueError(f"{name} lebih dari {longest} huruf.")
        row[key] = text

    return read


def _key_of(row: Row) -> str:
    """What tells two rows about one business: the surest that the row has, or ''."""
    if "code" in row:
        return f"code:{row['code']}"
    if "nik_indexes" in row:
        return f"nik:{row['nik_indexes'][0]}"
    name = row.get("full_name") or row.get("business_name")
    if row.get("phone") and name:
        return f"phone:{row['phone']}:{_NOT_NAME.sub('', str(name).lower())}"[:LONGEST_KEY]
    return f"store_link:{row['links'][0]}"[:LONGEST_KEY] if "links" in row else ""


def _identity_of(key: str) -> str:
    """What knows a row again in the next list: names, phones and links only blindly."""
    is_open = key.startswith(("code:", "nik:"))
    return key if is_open else blind_index(IDENTITY, key)


def _platform_of(file: ImportFile) -> str:
    """The slug of the partner whose shops the list names."""
    calls = CurationCall.objects.filter(pk=file.options.get("call") or 0)
    return calls.values_list("partner__organisation__slug", flat=True).first() or ""
