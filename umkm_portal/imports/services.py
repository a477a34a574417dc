"""A file on its way: received, read and checked, approved, applied; or refused and forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import PurePath

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from umkm_portal.accounts.models import Organisation, User
from umkm_portal.common.spreadsheets import SpreadsheetError
from umkm_portal.imports import duplicates, mapping, profiles, staging, uploads
from umkm_portal.imports.leases import LeaseLost, claim, held, update_claimed
from umkm_portal.imports.models import ImportFile, ImportRow

State, Action = ImportFile.State, ImportRow.Action
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
    upload = uploads.keep(blocks, suffix=PurePath(name).suffix.lower()[:8])
    known = _same_bytes(upload.sha256, profile, organisation)
    if known:
        uploads.drop(upload.path)
        return known, False
    file = ImportFile.objects.create(
        sha256=upload.sha256,
        profile=profile,
        organisation=organisation,
        uploader=uploader,
        name=PurePath(name.replace("\\", "/")).name[:200],
        path=upload.path,
        size=upload.size,
        options=dict(options or {}),
        uploaded_at=now or timezone.now(),
    )
    return file, True


def process_file(pk: int) -> ImportFile | None:
    """Read and check a waiting file; None if another process works on it or nothing is to do.

    What is wrong with the file as a whole is told in `file_error`; a missing column leaves it
    `read` until a person has matched the columns.
    """
    file = claim(pk, states=ImportFile.TO_PROCESS, now=timezone.now())
    if file is None:
        return None
    if file.failures > MOST_FAILURES:
        return _refuse(file, "Berkas ini berulang kali gagal dibaca. Hubungi pengelola portal.")
    profile = profiles.get(file.profile)
    try:
        with held(file):
            staging.stage_file(file, profile)
            check_file(file, profile)
    except SpreadsheetError as refusal:
        return _refuse(file, str(refusal))
    except staging.ColumnsMissing:
        _release(file, state=State.READ)
    except FileNotFoundError:
        return _refuse(file, "Berkas tidak tersimpan lagi. Unggah sekali lagi.")
    except LeaseLost:
        return None
    return file


def check_file(file: ImportFile, profile: profiles.Profile) -> None:
    """Check the staged rows against each other and the register, slice by slice."""
    with transaction.atomic(), connection.cursor() as cursor:
        update_claimed(file, now=timezone.now())
        duplicates.refuse_duplicates(cursor, file, profile)
    for first, last, count in _slices(file, after=-1):
        with transaction.atomic(), connection.cursor() as cursor:
            update_claimed(file, now=timezone.now(), rows_checked=file.rows_checked + count)
            profile.check_slice(cursor, file, first, last)
    is_approved = file.approved_at is not None
    _release(
        file,
        state=State.APPROVED if is_approved else State.CHECKED,
        checked_at=timezone.now(),
        **_counts(file),
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
        rows_read=0,
        rows_checked=0,
        failures=0,
        lease_until=None,
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


def cancel_file(file: ImportFile, *, now: datetime) -> None:
    """Drop a file nobody has accepted; raises NotNow when it is too late."""
    open_states = [State.UPLOADED, State.READ, State.MAPPED, State.CHECKED]
    won = ImportFile.objects.filter(pk=file.pk, state__in=open_states, approved_at=None).update(
        state=State.CANCELLED, done_at=now, lease_until=None, failures=0
    )
    if not won:
        raise NotNow("Berkas ini sudah diterima, jadi tidak bisa dibatalkan.")
    _forget(file)
    file.refresh_from_db()


def apply_file(pk: int, *, seconds: float = float("inf")) -> ImportFile | None:
    """Write the good rows of an approved file into the register, slice by slice.

    Goes on where a dead process stopped, and stops after `seconds` with the rest left for the next
    call. None if another process works on it or nothing is to do.
    """
    file = claim(pk, states=ImportFile.TO_APPLY, now=timezone.now())
    if file is None:
        return None
    if file.failures > MOST_FAILURES:
        return _refuse(
            file,
            f"Penyimpanan terhenti setelah {file.rows_applied} baris. Hubungi pengelola portal.",
        )
    try:
        with held(file):
            return _apply(file, stop_at=time.monotonic() + seconds)
    except LeaseLost:
        return None


def _apply(file: ImportFile, *, stop_at: float) -> ImportFile:
    profile = profiles.get(file.profile)
    # Unlogged rows do not survive a database crash, and rows staged under old keys match nobody.
    if file.rows.count() < file.total_rows or file.options.get("keys") != staging.key_ids():
        _release(file, state=State.UPLOADED, rows_read=0, rows_checked=0, applied_through=0)
        return file
    for first, last, count in _slices(file, after=file.applied_through or -1):
        _apply_slice(file, profile, first, last, count)
        if time.monotonic() > stop_at:
            _release(file)
            return file
    return _finish(file)


def _apply_slice(
    file: ImportFile, profile: profiles.Profile, first: int, last: int, count: int
) -> None:
    """One transaction: the rows, and that they are done.

    Somebody may register a person between the look and the write: then the unique index refuses
    and the slice is looked at again.
    """
    for tries_left in (2, 1, 0):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
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


def _finish(file: ImportFile) -> ImportFile:
    try:
        with transaction.atomic():
            _release(file, state=State.DONE, done_at=timezone.now(), **_counts(file))
    except IntegrityError:  # the same bytes were accepted twice at once; both wrote the same rows
        _release(file, state=State.CANCELLED, done_at=timezone.now())
    mapping.remember_mapping(file)
    file.rows.filter(action=Action.SAME, problems=[]).delete()
    uploads.drop(file.path)
    return file


def prune_rows(*, now: datetime) -> int:
    """Forget staged rows of files that have been final for long; return how many files."""
    old = ImportFile.objects.filter(state__in=ImportFile.FINAL, done_at__lt=now - KEEP_ROWS)
    has_rows = Exists(ImportRow.objects.filter(file=OuterRef("pk")))
    stale = list(old.filter(has_rows).order_by("pk")[:20])
    for file in stale:
        file.rows.all().delete()
    return len(stale)


def _same_bytes(sha256: str, profile: str, organisation: Organisation | None) -> ImportFile | None:
    same = ImportFile.objects.filter(sha256=sha256, profile=profile, organisation=organisation)
    done = same.filter(state=State.DONE, undone_at__isnull=True).order_by("-pk").first()
    return done or same.open().order_by("-pk").first()


def _slices(file: ImportFile, *, after: int) -> Iterator[tuple[int, int, int]]:
    """Give (first, last, rows): staged rows after `first` up to `last`, some 500 to 5,000 each."""
    size = max(staging.SLICE, min(5_000, file.total_rows // 20))
    first = after
    while True:
        numbers = file.rows.filter(row_no__gt=first).order_by("row_no").values_list("row_no")
        rows = [number for (number,) in numbers[:size]]
        if not rows:
            return
        yield first, rows[-1], len(rows)
        first = rows[-1]


def _counts(file: ImportFile) -> dict[str, int]:
    """Return the counters of a file as its staged rows stand."""
    found = dict(file.rows.values_list("action").annotate(Count("pk")).order_by())
    return {
        "created_count": found.get(Action.CREATE, 0),
        "updated_count": found.get(Action.UPDATE, 0),
        "same_count": found.get(Action.SAME, 0),
        "rejected_count": found.get(Action.REJECT, 0),
        "review_count": found.get(Action.REVIEW, 0),
    }


def _release(file: ImportFile, **facts: object) -> None:
    """Give a claimed file back: what had to be done in this call is done."""
    update_claimed(file, now=timezone.now(), lease_until=None, failures=0, **facts)


def _refuse(file: ImportFile, sentence: str) -> ImportFile:
    _release(file, state=State.FAILED, file_error=sentence[:400], done_at=timezone.now())
    _forget(file)
    return file


def _forget(file: ImportFile) -> None:
    file.rows.all().delete()
    uploads.drop(file.path)
