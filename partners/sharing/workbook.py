"""The workbook that goes to a curator and comes back: every row finds its person by the code."""

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
    """Write text cells with an empty Hasil to choose from, below two lines that say what it is."""
    has_grades = bool(shared.call and shared.call.has_grades)
    graded = ["Grade"] if has_grades else []
    blanks = [""] * (3 + len(graded))
    header = [CODE, *(column.label for column in columns)]
    result = len(header)
    choices = {result: [outcome.label for outcome in Outcome]}
    if has_grades:
        choices[result + 1] = list(GRADES)
    write_xlsx(
        path,
        [*header, RESULT, *graded, "Alasan", "Catatan", ROW_HASH],
        ([row.code, *row.cells, *blanks, row_hash[:SHOWN_HASH]] for row, row_hash in rows),
        above=_about(shared),
        choices=choices,
    )


def _about(shared: SharedList) -> list[str]:
    until = timezone.localtime(shared.expires_at)
    title = shared.call.title if shared.call else "Jakpreneur"
    return [
        f"Pelamar {title}, versi {shared.version} (daftar nomor {shared.pk})",
        f"Hanya untuk: {shared.purpose}. Perjanjian {shared.agreement.number}. Hapus paling "
        f"lambat {until:%d/%m/%Y}. Isi kolom Hasil, lalu unggah berkas ini di Ruang mitra.",
    ]
