"""How long files that came in are kept: bytes until they are final, rows for a month after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock
from umkm_portal.imports import rows, services, uploads
from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision, RowRepair

KEEP_WAITING = timedelta(days=30)
"""A file that nobody accepts for so long is cancelled."""
KEEP_DECISIONS = timedelta(days=365)
"""Who decided what about a row: for questions that come after the row has gone."""
KEEP_STRAY = timedelta(days=1)
"""Bytes that belong to no open file; younger ones may be on their way in."""
ERROR_FILES = "*-perlu-diperbaiki*.xlsx"
CHUNK = 5_000
State = ImportFile.State


def register_jobs() -> None:
    for job in (
        RetentionJob(
            "import_waiting", "Berkas yang tidak pernah diterima", _find_waiting, _cancel_waiting
        ),
        RetentionJob("import_rows", "Baris berkas yang sudah selesai", _find_rows, _remove_rows),
        RetentionJob(
            "import_repairs", "Perbaikan baris yang sudah selesai", _find_repairs, _remove_repairs
        ),
        RetentionJob(
            "import_decisions", "Keputusan tentang baris", _find_decisions, _remove_decisions
        ),
        RetentionJob("import_bytes", "Berkas di cakram", _find_bytes, _remove_bytes),
    ):
        retention.register(job)


def _waiting(now: datetime) -> QuerySet[ImportFile]:
    """Files that wait for a person, and those that the machine gave up on."""
    rows = ImportFile.objects.filter(approved_at=None, uploaded_at__lt=now - KEEP_WAITING)
    return rows.exclude(state__in=ImportFile.FINAL).free(now=now)


def _find_waiting(now: datetime) -> Stock:
    return retention.stock_of(_waiting(now), "uploaded_at")


def _cancel_waiting(now: datetime) -> int:
    cancelled = 0
    for file in _waiting(now).order_by("pk").iterator(chunk_size=100):
        try:
            services.cancel_file(file, now=now)
        except services.NotNow:  # somebody took it up meanwhile
            continue
        cancelled += 1
    return cancelled


def _old(now: datetime) -> QuerySet[ImportFile]:
    """Final files whose rows, and the samples of whose columns, are still here."""
    old = ImportFile.objects.filter(
        state__in=ImportFile.FINAL, done_at__lt=now - services.KEEP_ROWS
    )
    return old.filter(Q(Exists(ImportRow.objects.filter(file=OuterRef("pk")))) | ~Q(samples=[]))


def _find_rows(now: datetime) -> Stock:
    files = _old(now)
    count = ImportRow.objects.filter(file__in=files).count()
    found = retention.stock_of(files, "done_at")
    return Stock(max(count, found.count), found.oldest)


def _remove_rows(now: datetime) -> int:
    removed = 0
    for pk in list(_old(now).order_by("pk").values_list("pk", flat=True)):
        taken = rows.remove(ImportRow.objects.filter(file=pk))
        blanked = ImportFile.objects.filter(pk=pk).exclude(samples=[]).update(samples=[])
        removed += taken or blanked
    return removed


def _repairs(now: datetime) -> QuerySet[RowRepair]:
    """Corrections of rows that are gone: their cells were emptied when they were stored."""
    final = ImportFile.objects.filter(
        state__in=ImportFile.FINAL, done_at__lt=now - services.KEEP_ROWS
    )
    return RowRepair.objects.filter(file__in=final)


def _decisions(now: datetime) -> QuerySet[RowDecision]:
    final = ImportFile.objects.filter(state__in=ImportFile.FINAL, done_at__lt=now - KEEP_DECISIONS)
    return RowDecision.objects.filter(file__in=final)


def _find_repairs(now: datetime) -> Stock:
    return retention.stock_of(_repairs(now), "at")


def _remove_repairs(now: datetime) -> int:
    return retention.in_chunks(partial(_delete_some, _repairs(now)), size=CHUNK)


def _find_decisions(now: datetime) -> Stock:
    return retention.stock_of(_decisions(now), "at")


def _remove_decisions(now: datetime) -> int:
    return retention.in_chunks(partial(_delete_some, _decisions(now)), size=CHUNK)


def _delete_some(old: QuerySet[RowRepair] | QuerySet[RowDecision], size: int) -> int:
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:size])
    return old.model._default_manager.filter(pk__in=ids).delete()[0] if ids else 0


def _stray_bytes(now: datetime) -> Iterator[tuple[Path, datetime]]:
    """Give what lies in the folder of uploads and belongs to no file that is still open."""
    folder = Path(settings.MEDIA_ROOT, uploads.FOLDER)
    open_paths = set(ImportFile.objects.open().exclude(path="").values_list("path", flat=True))
    for path in sorted(folder.glob("*")):
        is_open = f"{uploads.FOLDER}/{path.name}" in open_paths
        if is_open or not path.is_file():
            continue
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        kept = services.KEEP_ROWS if path.match(ERROR_FILES) else KEEP_STRAY
        if changed < now - kept:
            yield path, changed


def _find_bytes(now: datetime) -> Stock:
    return retention.oldest_of(changed for _, changed in _stray_bytes(now))


def _remove_bytes(now: datetime) -> int:
    removed = 0
    for path, _ in _stray_bytes(now):
        path.unlink(missing_ok=True)
        removed += 1
    return removed
