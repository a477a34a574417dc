"""A file on its way: received, read and checked, approved, applied; or refused and forgotten."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import PurePath

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from umkm_portal.accounts.models import Organisation, User
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import duplicates, mapping, profiles, rows, staging, telling, uploads
from umkm_portal.imports.leases import (
    LeaseLost,
    claim,
    held,
    release,
    slice_transaction,
    update_claimed,
)
from umkm_portal.imports.models import ImportFile, ImportRow

State, Action = ImportFile.State, ImportRow.Action
CANCELLABLE = (State.UPLOADED, State.READ, State.MAPPED, State.CHECKED, *ImportFile.TO_APPLY)
MOST_FAILURES = 3
KEEP_ROWS = timedelta(days=30)
"""How long the staged rows of a final file stay, for its receipt and its error file."""


class NotNow(Exception):
    """The file is not in a state for this; the message is an Indonesian sentence."""


def receive_file(
    blocks: Iterable[bytes],
    *,
    name: str,
    profile: str,
    organisation: Organisation | None = None,
    uploader: User | None = None,
    options: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> tuple[ImportFile, bool]:
    """Keep uploaded bytes and return (file, True), or the file that holds the same bytes already.

    Bytes are the same for one organisation and kind of list: a file that is done and not undone,
    or one still open. Raises SpreadsheetError when the file is too large.
    """
    name = _plain_name(name)
    upload = uploads.keep(blocks, suffix=PurePath(name).suffix.lower()[:8])
    digest = _digest(upload.sha256, options or {})
    known = _same_bytes(digest, profile, organisation)
    if known:
        uploads.drop(upload.path)
        return known, False
    file = ImportFile.objects.create(
        sha256=digest,
        profile=profile,
        organisation=organisation,
        uploader=uploader,
        name=name,
        path=upload.path,
        size=upload.size,
        options=dict(options or {}),
        uploaded_at=now or timezone.now(),
        waiting_since=now or timezone.now(),
    )
    return file, True


def process_file(pk: int) -> ImportFile | None:
    """Read and check a waiting file; None if another process works on it or nothing is to do.

    What is wrong with the file as a whole is told in `file_error`; a missing column leaves it
    `read` until a person has matched the columns. An uploader who did not wait is written to.
    """
    file = claim(pk, states=ImportFile.TO_PROCESS, now=timezone.now())
    if file is None:
        return None
    if file.failures > MOST_FAILURES:
        _refuse(file, "Berkas ini berulang kali gagal dibaca. Hubungi pengelola portal.")
    else:
        try:
            _process(file)
        except LeaseLost:
            return None
    telling.tell_checked(file, now=timezone.now())
    return file


def _process(file: ImportFile) -> None:
    profile = profiles.get(file.profile)
    try:
        with held(file):
            if not _is_staged(file):
                staging.stage_file(file, profile)
            check_file(file, profile)
    except SpreadsheetError as refusal:
        _refuse(file, str(refusal))
    except staging.ColumnsMissing:
        release(file, state=State.READ)
    except FileNotFoundError:
        _refuse(file, "Berkas tidak tersimpan lagi. Unggah sekali lagi.")


def check_file(file: ImportFile, profile: profiles.Profile) -> None:
    """Check the staged rows against each other and the register, slice by slice."""
    with transaction.atomic(), connection.cursor() as cursor:
        update_claimed(file, now=timezone.now(), rows_checked=0)
        rows.judge_anew(file)
        duplicates.refuse_duplicates(cursor, file, profile)
    for first, last, count in rows.slices(file, after=-1):
        with slice_transaction() as cursor:
            update_claimed(file, now=timezone.now(), rows_checked=file.rows_checked + count)
            profile.check_slice(cursor, file, first, last)
    is_approved = file.approved_at is not None
    release(
        file,
        state=State.APPROVED if is_approved else State.CHECKED,
        checked_at=timezone.now(),
        **rows.counts(file),
    )


def set_mapping(file: ImportFile, mapping_of: Mapping[str, str], *, now: datetime) -> None:
    """Take the columns as a person matched them and have the file read again.

    Raises NotNow when the file is past checking, or when a column is given twice or missing.
    """
    profile = profiles.get(file.profile)
    chosen = [key for key in mapping_of.values() if key]
    twice = sorted({profile.by_key[key].label for key in chosen if chosen.count(key) > 1})
    if twice:
        raise NotNow(f"Isian {', '.join(twice)} dipilih dua kali. Pilih satu kolom saja.")
    if missing := profile.missing(chosen):
        raise NotNow(f"Kolom {', '.join(missing)} belum dipilih.")
    won = ImportFile.objects.filter(
        pk=file.pk, state__in=[State.READ, State.CHECKED], approved_at=None
    ).update(
        state=State.MAPPED,
        mapping=dict(mapping_of),
        guesses=[],
        total_rows=0,
        rows_read=0,
        rows_checked=0,
        failures=0,
        lease_until=None,
        waiting_since=now,
        told_at=None,
    )
    if not won:
        raise NotNow("Kolom hanya bisa diubah sebelum daftar diterima.")
    file.refresh_from_db()


def approve_file(file: ImportFile, *, by: User | None, now: datetime) -> None:
    """Let the good rows of a checked file into the register; raises NotNow otherwise."""
    won = ImportFile.objects.filter(pk=file.pk, state=State.CHECKED).update(
        state=State.APPROVED, approved_by=by, approved_at=now, lease_until=None, failures=0
    )
    if not won:
        raise NotNow("Berkas ini belum selesai diperiksa, atau sudah diterima.")
    file.refresh_from_db()


def cancel_file(file: ImportFile, *, by: User | None = None, now: datetime) -> None:
    """Stop a file on its way, whatever is being done with it; raises NotNow when it is too late.

    A process at work loses the file after its slice. Rows that are in the register by then stay
    there and can be taken back (`undoing.undo_file`).
    """
    won = ImportFile.objects.filter(pk=file.pk, state__in=CANCELLABLE, done_at=None).update(
        state=State.CANCELLED,
        cancelled_by=by,
        done_at=now,
        lease_until=None,
        attempt=F("attempt") + 1,
        failures=0,
    )
    if not won:
        raise NotNow("Berkas ini sudah selesai, jadi tidak bisa dibatalkan.")
    rows.forget(file)
    file.refresh_from_db()
    _stopped(file)
    if file.approved_at is not None:
        ImportFile.objects.filter(pk=file.pk).update(**rows.counts(file))
        file.refresh_from_db()


def apply_file(pk: int, *, seconds: float = float("inf")) -> ImportFile | None:
    """Write the good rows of an approved file into the register, slice by slice.

    Goes on where a dead process stopped, and begins no further slice after `seconds`: the rest is
    left for the next call, and a file of one slice is done by one. None if another process works
    on it or nothing is to do.
    """
    file = claim(pk, states=ImportFile.TO_APPLY, now=timezone.now())
    if file is None:
        return None
    if file.failures > MOST_FAILURES:
        return _give_up(file)
    try:
        with held(file):
            return _apply(file, stop_at=time.monotonic() + seconds)
    except LeaseLost:
        return None


def reopen_file(file: ImportFile) -> None:
    """Let a stored file take up rows that a person has repaired or decided; raises NotNow."""
    done = ImportFile.objects.filter(pk=file.pk, state=State.DONE, undone_at=None)
    if not done.update(state=State.APPROVED, lease_until=None, failures=0):
        raise NotNow("Berkas ini tidak bisa diubah lagi.")
    file.refresh_from_db()


def check_again(file: ImportFile, **facts: object) -> None:
    """Have the rows of a checked file checked anew, with other facts; raises NotNow otherwise."""
    checked = ImportFile.objects.filter(pk=file.pk, state=State.CHECKED)
    if not checked.update(
        **{"state": State.MAPPED, "rows_checked": 0, "failures": 0, "lease_until": None},
        **{"waiting_since": timezone.now(), "told_at": None},
        **facts,
    ):
        raise NotNow("Aturan hanya bisa diubah sebelum daftar diterima.")
    file.refresh_from_db()


def _is_staged(file: ImportFile) -> bool:
    """Whether a file has to be checked anew only: its rows stand as they were read."""
    return (
        file.state == State.MAPPED
        and 0 < file.total_rows == file.rows_read
        and rows.are_whole(file)
    )


def _apply(file: ImportFile, *, stop_at: float) -> ImportFile:
    profile = profiles.get(file.profile)
    is_later_pass = file.was_applied
    if not is_later_pass and not rows.are_whole(file):
        release(file, state=State.UPLOADED, rows_read=0, rows_checked=0, applied_through=0)
        return file
    after = -1 if is_later_pass else file.applied_through or -1
    slices = rows.slices(file, after=after, is_later_pass=is_later_pass)
    for number, (first, last, count) in enumerate(slices):
        if number and time.monotonic() > stop_at:  # with work left: what is through is finished
            release(file)
            return file
        _apply_slice(file, profile, first, last, 0 if is_later_pass else count)
    return _finish(file, profile)


def _apply_slice(
    file: ImportFile, profile: profiles.Profile, first: int, last: int, count: int
) -> None:
    """One transaction: the rows, and that they are done.

    Somebody may register a person between the look and the write: then the unique index refuses
    and the slice is looked at again.
    """
    for tries_left in (2, 1, 0):
        try:
            with slice_transaction() as cursor:
                update_claimed(
                    file,
                    now=timezone.now(),
                    state=State.APPLYING,
                    applied_through=last,
                    rows_applied=file.rows_applied + count,
                    failures=0,
                )
                profile.apply_slice(cursor, file, first, last)
            return
        except IntegrityError:
            file.refresh_from_db(fields=["applied_through", "rows_applied"])
            if not tries_left:
                raise


def _finish(file: ImportFile, profile: profiles.Profile) -> ImportFile:
    facts: dict[str, object] = {**rows.counts(file), "done_at": file.done_at or timezone.now()}
    if profile.after_apply:
        facts["options"] = {**file.options, "after_apply": profile.after_apply(file)}
    try:
        with transaction.atomic():
            release(file, state=State.DONE, **facts)
    except IntegrityError:  # the same bytes were accepted twice at once; both wrote the same rows
        release(file, state=State.CANCELLED, **facts)
    mapping.remember_mapping(file)
    file.repairs.update(cells=None)
    uploads.drop(file.path)
    return file


def prune_rows(*, now: datetime) -> int:
    """Forget staged rows that nobody needs any more; return of how many files.

    All rows of files that have been final for long, and those that changed nothing as soon as no
    undo has to know of them.
    """
    final = ImportFile.objects.filter(state__in=ImportFile.FINAL)
    has_rows = Exists(ImportRow.objects.filter(file=OuterRef("pk")))
    stale = list(final.filter(has_rows, done_at__lt=now - KEEP_ROWS).order_by("pk")[:20])
    for file in stale:
        rows.remove(file.rows.all())
    unchanged = ImportRow.objects.filter(action=Action.SAME, problems=[])
    settled = final.filter(
        Exists(unchanged.filter(file=OuterRef("pk"))), done_at__lt=now - ImportFile.UNDO_FOR
    )
    idle = list(settled.order_by("pk")[:20])
    for file in idle:
        rows.remove(unchanged.filter(file=file))
    return len({*stale, *idle})


def _plain_name(name: str) -> str:
    """The name of a file without folders, and without what turns its letters around."""
    visible = "".join(letter for letter in name.replace("\\", "/") if letter.isprintable())
    path = PurePath(visible)
    return f"{path.stem[:190]}{path.suffix[:10]}" or "tanpa nama"


def _digest(sha256: str, options: Mapping[str, object]) -> str:
    """The same list for another goal is another file."""
    goal = options.get("goal")
    return hashlib.sha256(f"{sha256}:{goal}".encode()).hexdigest() if goal else sha256


def _same_bytes(sha256: str, profile: str, organisation: Organisation | None) -> ImportFile | None:
    same = ImportFile.objects.filter(sha256=sha256, profile=profile, organisation=organisation)
    done = same.filter(state=State.DONE, undone_at__isnull=True).order_by("-pk").first()
    return done or same.open().order_by("-pk").first()


def _refuse(file: ImportFile, sentence: str) -> ImportFile:
    release(file, state=State.FAILED, file_error=sentence[:400], done_at=timezone.now())
    rows.forget(file)
    _stopped(file)
    return file


def _give_up(file: ImportFile) -> ImportFile:
    """Stop writing a file that breaks again and again; what is stored stays and is told."""
    sentence = f"Penyimpanan terhenti setelah {file.rows_applied} baris. Hubungi pengelola portal."
    if file.was_applied:
        release(file, state=State.DONE, file_error=sentence)
        return file
    _refuse(file, sentence)
    telling.tell_checked(file, now=timezone.now())
    return file


def _stopped(file: ImportFile) -> None:
    """What was accepted and will not be stored is known to who made something of it."""
    after_stop = profiles.get(file.profile).after_stop
    if file.approved_at is not None and after_stop:
        after_stop(file)
