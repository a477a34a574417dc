"""Rows that stay out of the register, however often their file is read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision, RowRepair
from umkm_portal.imports.profiles import Problem

Action, Choice = ImportRow.Action, RowDecision.Choice
SKIPPED: Problem = {
    "column": "Keputusan petugas",
    "message": "Baris ini dilewati petugas.",
    "repair": "Tidak perlu diperbaiki.",
    "reason": "skip",
}
FORGOTTEN: Problem = {
    "column": "Penghapusan data",
    "message": "Data orang ini sudah dihapus dari portal, jadi baris ini tidak disimpan.",
    "repair": "Tidak perlu diperbaiki.",
    "reason": "gone",
}


def left_out(file: ImportFile) -> dict[int, str]:
    """What was decided about the rows of a file that are not to be stored, by their numbers."""
    decided = file.decisions.filter(choice__in=(Choice.SKIP, Choice.GONE))
    return dict(decided.values_list("row_no", "choice"))


def forget_rows(person_id: int, *, keys: Collection[str], now: datetime) -> int:
    """Empty the staged rows about a person who is forgotten; return how many.

    `keys` find her rows in open files that were not compared with the register yet. What is not
    stored stays out also when the file is read again: only the numbers of the rows are kept.
    """
    hers = Q(target_id=person_id)
    if keys:
        hers |= Q(key__in=keys, file__in=ImportFile.objects.open())
    rows = ImportRow.objects.filter(hers)
    same_row = rows.filter(file=OuterRef("file"), row_no=OuterRef("row_no"))
    RowRepair.objects.filter(Exists(same_row)).update(cells=None)
    files = ImportFile.objects.filter(pk__in=rows.values("file"))
    files.exclude(samples=[]).update(samples=[])
    _leave_out(hers, now=now)
    return rows.update(raw=None, clean={}, before=None, key="")


def _leave_out(hers: Q, *, now: datetime) -> None:
    rows = ImportRow.objects.filter(hers)
    RowDecision.objects.bulk_create(
        [
            RowDecision(file_id=file, row_no=row_no, choice=Choice.GONE, at=now)
            for file, row_no in rows.values_list("file", "row_no")
        ],
        update_conflicts=True,
        unique_fields=["file", "row_no"],
        update_fields=["choice", "target_id", "by", "at"],
    )
    rows.filter(applied_at__isnull=False).update(problems=[])
    rows.filter(applied_at__isnull=True).update(action=Action.REJECT, problems=[FORGOTTEN])
