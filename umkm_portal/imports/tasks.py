"""Errands for the workers of the `imports` queue; the rows say what is to be done."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from umkm_portal.imports import nudging, services, undoing
from umkm_portal.imports.models import ImportFile


@shared_task
def process_file(*, file_id: int, **future: object) -> int:
    """Read and check one file; return how many rows it has."""
    file = services.process_file(file_id)
    if file and file.state in ImportFile.TO_APPLY:
        nudging.nudge(file)
    return file.total_rows if file else 0


@shared_task
def apply_file(*, file_id: int, **future: object) -> int:
    """Write one file into the register for as long as a task may run; return the rows so far."""
    file = services.apply_file(file_id, seconds=settings.CELERY_TASK_SOFT_TIME_LIMIT / 2)
    if file and file.is_busy:
        nudging.nudge(file)
    return file.rows_applied if file else 0


@shared_task
def undo_file(*, file_id: int, **future: object) -> int:
    """Take one file back for as long as a task may run; return the rows taken back so far."""
    file = undoing.work_on_undo(file_id, seconds=settings.CELERY_TASK_SOFT_TIME_LIMIT / 2)
    if file and file.is_busy:
        nudging.nudge(file)
    return file.undone_count if file else 0


@shared_task
def sweep(**future: object) -> int:
    """Nudge every file that waits with nobody working on it; return how many."""
    now = timezone.now()
    services.prune_rows(now=now)
    waiting = list(ImportFile.objects.waiting_for_machine().free(now=now).order_by("pk")[:100])
    for file in waiting:
        nudging.nudge(file)
    return len(waiting)
