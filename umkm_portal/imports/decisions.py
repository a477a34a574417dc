"""What people decide about rows that waited for them, each with who and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from umkm_portal.accounts.models import User
from umkm_portal.imports import profiles, repairs, services
from umkm_portal.imports.leaving_out import SKIPPED
from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision

State, Action, Choice = ImportFile.State, ImportRow.Action, RowDecision.Choice
AT_ONCE = 50
"""Rows that are checked again while the page waits; more are left to a worker."""


@transaction.atomic
def decide_rows(
    file: ImportFile,
    *,
    row_nos: Sequence[int],
    choice: str,
    by: User | None,
    now: datetime,
    target_id: int | None = None,
) -> int:
    """Decide waiting rows in one way; return how many could be.

    A row is decided only by what its reason allows. Good rows are checked again at once, in a
    stored file they go into the register by the next worker. Raises NotNow when the file takes no
    decisions, or none of the rows allows this one.
    """
    file = repairs.lock_for_rows(file)
    profile = profiles.get(file.profile)
    waiting = file.rows.filter(row_no__in=row_nos, action=Action.REVIEW).order_by("row_no")
    rows = [row for row in waiting if choice in choices_of(profile, row)]
    if not rows:
        raise services.NotNow("Keputusan ini tidak berlaku untuk baris itu. Pilih yang lain.")
    _write_decisions(file, rows, choice, target_id=target_id, by=by, now=now)
    for row in rows:
        row.problems = [p for p in row.problems if "reason" not in p]
        row.action = Action.CREATE
        if choice == Choice.SKIP:
            row.action, row.problems = Action.REJECT, [*row.problems, SKIPPED]
    ImportRow.objects.bulk_update(rows, ["problems", "action"], batch_size=500)
    if choice != Choice.SKIP:
        _check_again(file, profile, [row.row_no for row in rows])
    repairs.recount(file)
    return len(rows)


def choices_of(profile: profiles.Profile, row: ImportRow) -> tuple[str, ...]:
    """What may be decided about a waiting row, by the reason that it waits for."""
    return profile.choices_for.get(reason_of(row), ())


def reason_of(row: ImportRow) -> str:
    return next((str(p["reason"]) for p in row.problems if p.get("reason")), "")


def decision_of(file: ImportFile, row_no: int) -> RowDecision | None:
    return file.decisions.select_related("by").filter(row_no=row_no).first()


def _write_decisions(
    file: ImportFile,
    rows: list[ImportRow],
    choice: str,
    *,
    target_id: int | None,
    by: User | None,
    now: datetime,
) -> None:
    RowDecision.objects.bulk_create(
        [
            RowDecision(
                file=file,
                row_no=row.row_no,
                choice=choice,
                target_id=target_id if choice == Choice.LINK else row.target_id,
                by=by,
                at=now,
            )
            for row in rows
        ],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["file", "row_no"],
        update_fields=["choice", "target_id", "by", "at"],
    )


def _check_again(file: ImportFile, profile: profiles.Profile, numbers: list[int]) -> None:
    if file.state == State.DONE:
        services.reopen_file(file)
    elif len(numbers) > AT_ONCE:
        services.check_again(file)
    else:
        with connection.cursor() as cursor:
            for number in numbers:
                profile.check_slice(cursor, file, number - 1, number)
