"""The workbook that goes to a partner; one of applicants comes back, and finds them by code."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from django.utils import timezone

from partners.models import SharedList
from partners.models.lists import Outcome
from partners.sharing.fields import CODE, SharedField
from partners.sharing.rows import SharedRow
from umkm_portal.common.spreadsheets import write_xlsx

RESULT = "Hasil"
GRADES = ("A", "B", "C", "D")
ROW_HASH = "Sidik baris"
SHOWN_HASH = 16
"""Characters of the hash in the file; the whole of it stays here."""


def write_workbook(
    path: str | PathLike[str],
    shared: SharedList,
    columns: list[SharedField],
    rows: Iterable[tuple[SharedRow, str]],
) -> None:
    """Write text cells below two lines that say what it is; a call's list has a Hasil to choose."""
    header = [CODE, *(column.label for column in columns)]
    blank, choices = _to_fill_in(shared, first=len(header))
    write_xlsx(
        path,
        [*header, *blank, ROW_HASH],
        ([row.code, *row.cells, *[""] * len(blank), h[:SHOWN_HASH]] for row, h in rows),
        above=_about(shared),
        choices=choices,
    )


def _to_fill_in(shared: SharedList, *, first: int) -> tuple[list[str], dict[int, list[str]]]:
    """The columns that the curator fills in, and what some of them may say."""
    if shared.call is None:
        return [], {}
    choices = {first: [str(outcome.label) for outcome in Outcome]}
    graded = ["Grade"] if shared.call.has_grades else []
    if graded:
        choices[first + 1] = list(GRADES)
    return [RESULT, *graded, "Alasan", "Catatan"], choices


def _about(shared: SharedList) -> list[str]:
    until = timezone.localtime(shared.expires_at)
    what = f"Pelamar {shared.call.title}" if shared.call else "Peserta Jakpreneur"
    how = " Isi kolom Hasil, lalu unggah berkas ini di Ruang mitra." if shared.call else ""
    return [
        f"{what}, versi {shared.version} (daftar nomor {shared.pk})",
        f"Hanya untuk: {shared.purpose}. Perjanjian {shared.agreement.number}. Hapus paling "
        f"lambat {until:%d/%m/%Y}.{how}",
    ]
