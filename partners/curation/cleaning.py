"""One row of a curation list as it will be judged, or what is wrong with it.

Runs once for each of 50,000 rows: values that repeat are read once. A NIK is only ever turned into
its blind index here, and no repair asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.utils import timezone

from participants.importing import words
from participants.importing.cells import CellReaders, FieldReader, NikTally, Row
from participants.importing.lookups import Lookups
from partners.curation import outcomes, shops
from partners.curation.columns import DECIDING
from partners.curation.repairs import REPAIRS
from partners.models import CurationCall
from umkm_portal.common import codes
from umkm_portal.common.encryption import blind_index
from umkm_portal.common.spreadsheets import Cell, text_of
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.profiles import SHEET, Cleaned, Problem
from umkm_portal.imports.staging import mask_niks

IDENTITY = "curation.identity"
LONGEST = {"business_name": 120, "products": 300, "reason": 300, "note": 300}
NAMES = {"business_name": "Nama usaha", "products": "Produk", "reason": "Alasan"}
NAMES |= {"note": "Catatan"}
REPEATING = frozenset(("result", "passed_mark", "failed_mark", "grade", "products", "reason"))
MOST_KNOWN = 5_000
"""Columns whose cells repeat are read once for each different cell, up to so many."""
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
        self._warnings: list[Problem] = []
        self._by_sheet = _outcome_without_column(reader, places, labels)
        readers = self._readers()
        # The NIK is read last: what else a row has decides whether a damaged one matters.
        self._fields: list[tuple[int, str, FieldReader, dict[Cell, Row] | None]] = [
            (places[key], key, readers[key], {} if key in REPEATING else None)
            for key in sorted(places, key="nik".__eq__)
            if key in readers
        ]
        self._place_cells = [places.get(key) for key in ("city", "district", "village")]
        self._has_marks = "passed_mark" in places or "failed_mark" in places
        self._has_place = any(index is not None for index in self._place_cells)

    def clean(self, cells: Sequence[Cell]) -> Cleaned:
        """Return the row to be judged; the key tells rows about one business."""
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
            self._read_place(cells, row)
        self._decide(row, problems)
        key = _key_of(row)
        self._identify(row, key, problems)
        return Cleaned(key, row, problems)

    # --- One cell -------------------------------------------------------------------------------
    def _readers(self) -> dict[str, FieldReader]:
        shared = CellReaders(
            lookups=self._reader.lookups,
            today=self._reader.today,
            tally=self._reader.tally,
            warn=self._warn,
        ).by_key()
        texts = {key: _text_reader(key) for key in LONGEST}
        return {
            **{key: shared[key] for key in SHARED},
            **texts,
            "code": self._code,
            "nik": self._nik_reader(shared["nik"]),
            "store_link": self._store_link,
            "result": self._result,
            "passed_mark": self._mark("passed_mark"),
            "failed_mark": self._mark("failed_mark"),
            "grade": self._grade,
        }

    def _read_cell(
        self,
        cell: Cell,
        key: str,
        read: FieldReader,
        row: Row,
        problems: list[Problem],
    ) -> None:
        if isinstance(cell, str):
            cell = cell.strip()
            if cell in words.BLANK or cell == words.CLEAR:
                return
        try:
            if cell in words.SHEET_ERRORS:
                raise ValueError(f"Sel ini berisi kesalahan rumus {cell}.")
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

    def _code(self, cell: Cell, row: Row) -> None:
        code = codes.normalise(text_of(cell))
        if not codes.is_valid(code):
            raise ValueError(f"Kode peserta “{mask_niks(text_of(cell))[:20]}” keliru.")
        row["code"] = code

    def _nik_reader(self, read: FieldReader) -> FieldReader:
        """Keep the blind index alone; where a code tells who it is, damage is only noticed."""

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
            row.pop("nik", None)
            row.pop("nik_last4", None)

        return read_nik

    def _store_link(self, cell: Cell, row: Row) -> None:
        text = text_of(cell)
        found = shops.read_shops(text, heading=self._labels["store_link"], platform=self._platform)
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
    def _read_place(self, cells: Sequence[Cell], row: Row) -> None:
        """A place only tells what follows; a wrong one keeps no decision back."""
        texts = ["" if index is None else text_of(cells[index]) for index in self._place_cells]
        if not any(texts):
            return
        lookups = self._reader.lookups
        region_id, problem = lookups.place(*texts)
        row["place"] = " / ".join(text for text in texts if text)[:120]
        if problem:
            self._warn("city", problem, "Tidak perlu diperbaiki: baris ini tetap diterima.")
        elif region_id in lookups.outside:
            row["is_outside"] = True
            self._warn("city", f"{lookups.outside[region_id]} di luar Jakarta.", REPAIRS["outside"])

    def _decide(self, row: Row, problems: list[Problem]) -> None:
        """Settle what is decided from the result, the marks, or the sheet."""
        reader = self._reader
        if "outcome" in row and not self._has_marks and "is_cross" not in row:
            reader.passes += row["outcome"] == outcomes.Outcome.PASSED
            return
        marks = [row.pop(key) for key in ("passed_mark", "failed_mark") if key in row]
        found = {*marks, *([row["outcome"]] if "outcome" in row else [])}
        if len(found) > 1:
            problems.append(self._problem("result", "Baris ini ditandai lolos dan tidak lolos."))
        elif found:
            row["outcome"] = found.pop()
        elif self._by_sheet:
            row["outcome"] = self._by_sheet
        elif not self._is_refused(problems, *DECIDING):
            problems.append(self._problem("result", "Hasil kurasi kosong."))
        if row.pop("is_cross", False):
            reader.crosses += 1
        elif row.get("outcome") == outcomes.Outcome.PASSED:
            reader.passes += 1

    def _identify(self, row: Row, key: str, problems: list[Problem]) -> None:
        """Refuse a row that does not tell whom it is about."""
        if key:
            row["identity"] = _identity_of(key)
            return
        if self._is_refused(problems, "code", "nik", "phone", "store_link", "full_name"):
            return
        told = (
            "Nama di samping nomor HP kosong."
            if row.get("phone")
            else ("Kode peserta, nomor HP, dan tautan toko kosong.")
        )
        column = self._heading(*(("full_name",) if row.get("phone") else ("code", "phone")))
        repair = REPAIRS["name" if row.get("phone") else "identity"]
        problems.append({"column": column, "message": told, "repair": repair})

    # --- Words ----------------------------------------------------------------------------------
    @property
    def _platform(self) -> str:
        return self._reader.platform

    def _is_refused(self, problems: list[Problem], *keys: str) -> bool:
        headings = {self._labels[key] for key in keys if key in self._labels}
        return any(p["column"] in headings for p in problems if "warning" not in p)

    def _problem(self, key: str, message: str) -> Problem:
        return {"column": self._heading(key), "message": message, "repair": REPAIRS[key]}

    def _warn(self, key: str, message: str, repair: str) -> None:
        if key == "nik":
            message = message.split(". ", 1)[0].rstrip(".") + "."
            repair = repair if "kode" in repair else "Tidak perlu diperbaiki."
        self._warnings.append(
            {"column": self._heading(key), "message": message, "repair": repair, "warning": True}
        )

    def _heading(self, *keys: str) -> str:
        return next(
            (self._labels[key] for key in keys if key in self._labels), LABELS.get(keys[0], "")
        )


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


def _text_reader(key: str) -> FieldReader:
    longest, name = LONGEST[key], NAMES[key]

    def read(cell: Cell, row: Row) -> None:
        text = mask_niks(" ".join(text_of(cell).lstrip("'").split()))
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
