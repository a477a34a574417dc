"""Errands for the workers of the `imports` queue; the rows say what is to be done."""

from __future__ import annotations

import logging
from functools import partial

from celery import shared_task
from celery.app.task import Task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

logger = logging.getLogger(__name__)


@shared_task
def process_file(*, file_id: int) -> int:
    """Read and check one file; return how many rows it has."""
    file = services.process_file(file_id)
    if file and file.state in ImportFile.TO_APPLY:
        nudge(file)
    return file.total_rows if file else 0


@shared_task
def apply_file(*, file_id: int) -> int:
    """Write one file into the register for as long as a task may run; return the rows so far."""
    file = services.apply_file(file_id, seconds=settings.CELERY_TASK_SOFT_TIME_LIMIT / 2)
    if file and file.is_busy:
        nudge(file)
    return file.rows_applied if file else 0


@shared_task
def sweep() -> int:
    """Nudge every file that waits with nobody working on it; return how many."""
    now = timezone.now()
    services.prune_rows(now=now)
    waiting = list(ImportFile.objects.waiting_for_machine().free(now=now).order_by("pk")[:100])
    for file in waiting:
        nudge(file)
    return len(waiting)


def nudge_on_commit(file: ImportFile) -> None:
    """Tell a worker of a file once the present transaction is committed."""
    transaction.on_commit(partial(nudge, file))


def nudge(file: ImportFile) -> None:
    """Tell a worker that a file waits. A dead broker breaks nothing: the sweep finds the row."""
    task: Task = apply_file if file.state in ImportFile.TO_APPLY else process_file
    try:
        task.apply_async(kwargs={"file_id": file.pk}, retry=False, ignore_result=True)
    except Exception:  # whatever ails the broker, the row is the queue
        logger.warning("No worker could be told of import file %s; the sweep will.", file.pk)
