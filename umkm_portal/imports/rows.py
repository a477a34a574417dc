"""The staged rows of a file as a whole: walked in slices, counted, forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Count, Max, QuerySet

from umkm_portal.imports import staging, uploads
from umkm_portal.imports.models import ImportFile, ImportRow

Action = ImportRow.Action
REMOVED_AT_ONCE = 5_000
WAITING = (Action.CREATE, Action.UPDATE)

_FORGET_HELD_BACK = """
    UPDATE imports_importrow SET action = 'create', target_id = NULL,
        problems = jsonb_path_query_array(problems, '$[*] ? (!exists(@.reason))')
    WHERE file_id = %s AND action = 'review'
"""


def slices(
    file: ImportFile, *, after: int, is_later_pass: bool = False
) -> Iterator[tuple[int, int, int]]:
    """Give (first, last, rows): staged rows after `first` up to `last`, some 500 to 5,000 each.

    A later pass meets only rows that are not in the register and should be.
    """
    size = max(staging.SLICE, min(5_000, file.total_rows // 10))
    rows = file.rows.all()
    if is_later_pass:
        rows = rows.filter(applied_at__isnull=True, action__in=WAITING)
    first = after
    while True:
        numbers = rows.filter(row_no__gt=first).order_by("row_no").values("row_no")[:size]
        found = numbers.aggregate(last=Max("row_no"), count=Count("row_no"))
        if not found["count"]:
            return
        yield first, found["last"], found["count"]
        first = found["last"]


def counts(file: ImportFile) -> dict[str, int]:
    """Return the counters of a file as its staged rows stand.

    Rows that changed nothing are forgotten first: of a file that was stored they are the rest.
    """
    found = dict(file.rows.values_list("action").annotate(Count("pk")).order_by())
    known = {
        "created_count": found.get(Action.CREATE, 0),
        "updated_count": found.get(Action.UPDATE, 0),
        "rejected_count": found.get(Action.REJECT, 0),
        "review_count": found.get(Action.REVIEW, 0),
    }
    if file.was_applied:
        return {**known, "same_count": max(0, file.total_rows - sum(known.values()))}
    return {**known, "same_count": found.get(Action.SAME, 0)}


def judge_anew(file: ImportFile) -> int:
    """Take back what held rows for a person, so that a check sees them; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_HELD_BACK, [file.pk])
        return cursor.rowcount


def are_whole(file: ImportFile) -> bool:
    """Whether all rows are staged, under the keys of today.

    Unlogged rows do not survive a database crash, and rows staged under old keys match nobody.
    """
    return file.rows.count() >= file.total_rows and file.options.get("keys") == staging.key_ids()


def remove(found: QuerySet[ImportRow]) -> int:
    """Delete staged rows of one file, each slice a transaction of its own; return how many.

    Killed anywhere it has removed whole slices, and the next call goes on.
    """
    removed, last = 0, -1
    while numbers := list(
        found.filter(row_no__gt=last)
        .order_by("row_no")
        .values_list("row_no", flat=True)[:REMOVED_AT_ONCE]
    ):
        removed += found.filter(row_no__range=(numbers[0], numbers[-1])).delete()[0]
        last = numbers[-1]
    return removed


def forget(file: ImportFile) -> None:
    """Drop the bytes of a file and its rows; those that are in the register stay for an undo."""
    remove(file.rows.filter(applied_at__isnull=True))
    file.repairs.update(cells=None)
    uploads.drop(file.path)
