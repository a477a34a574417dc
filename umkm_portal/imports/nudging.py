"""Telling a worker that a file waits: the row is the queue, so a lost nudge costs a little time."""

from __future__ import annotations

from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging import nudges


def nudge(file: ImportFile) -> None:
    """Tell a worker of the file's next step now."""
    nudges.now(_task(file), file_id=file.pk)


def nudge_on_commit(file: ImportFile) -> None:
    """Tell a worker once the present transaction is committed."""
    nudges.after_commit(_task(file), file_id=file.pk)


def _task(file: ImportFile) -> str:
    if file.state == ImportFile.State.UNDOING:
        step = "undo_file"
    else:
        step = "apply_file" if file.state in ImportFile.TO_APPLY else "process_file"
    return f"umkm_portal.imports.tasks.{step}"
