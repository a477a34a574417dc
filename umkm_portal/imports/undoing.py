"""A file taken back: what it wrote goes, unless something was built on it since."""

from __future__ import annotations

import time
from datetime import datetime

from django.utils import timezone

from umkm_portal.accounts.models import User
from umkm_portal.imports import profiles, rows, services
from umkm_portal.imports.leases import (
    LeaseLost,
    claim,
    held,
    release,
    slice_transaction,
    update_claimed,
)
from umkm_portal.imports.models import ImportFile

State = ImportFile.State


def undo_file(file: ImportFile, *, actor: User | None, now: datetime) -> ImportFile:
    """Take back all that a file wrote, at once; raises NotNow when it is too late.

    Rows on which something was built stay, each with its reason in `ImportRow.stays`; they may be
    tried again within the day. The same bytes may be uploaded again afterwards.
    """
    start_undo(file, actor=actor, now=now)
    return work_on_undo(file.pk) or file


def start_undo(file: ImportFile, *, actor: User | None, now: datetime) -> None:
    """Ask for an undo, which a worker does; raises NotNow when it is too late."""
    if profiles.get(file.profile).undo_slice is None or not file.is_undoable(now=now):
        raise services.NotNow("Impor hanya bisa ditarik kembali dalam 24 jam setelah disimpan.")
    as_seen = ImportFile.objects.filter(pk=file.pk, state=file.state, undone_at=file.undone_at)
    won = as_seen.update(
        state=State.UNDOING,
        undone_by=actor,
        undone_through=-1,
        left_count=0,
        lease_until=None,
        failures=0,
    )
    if not won:
        raise services.NotNow("Berkas ini baru saja berubah. Muat ulang halaman, lalu coba lagi.")
    file.refresh_from_db()


def work_on_undo(pk: int, *, seconds: float = float("inf")) -> ImportFile | None:
    """Go on with an undo, slice by slice, for at most `seconds`; None if nothing is to do here."""
    file = claim(pk, states=[State.UNDOING], now=timezone.now())
    if file is None:
        return None
    try:
        with held(file):
            return _undo(file, stop_at=time.monotonic() + seconds)
    except LeaseLost:
        return None


def _undo(file: ImportFile, *, stop_at: float) -> ImportFile:
    undo_slice = profiles.get(file.profile).undo_slice
    if undo_slice is None:
        raise LookupError(f"nothing takes back a list of kind {file.profile}")
    for number, (first, last, _) in enumerate(rows.slices(file, after=file.undone_through)):
        if number and time.monotonic() > stop_at:
            release(file)
            return file
        with slice_transaction() as cursor:
            update_claimed(file, now=timezone.now(), undone_through=last, failures=0)
            undone, left = undo_slice(cursor, file, first, last)
            update_claimed(
                file,
                now=timezone.now(),
                undone_count=file.undone_count + undone,
                left_count=file.left_count + left,
            )
    release(file, state=State.DONE, undone_at=timezone.now())
    return file
