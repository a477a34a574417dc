"""Thousands of certificates in the background: issued in slices, printed in slices, then joined.

Each slice is one transaction that also says how far the job is, so a process that dies loses the
slice it was in and nothing else. Only one slice of pages is in memory at a time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from trainings.certificates import papers
from trainings.certificates.editions import freeze
from trainings.certificates.issuing import CertificateRefused, issue_some, missing
from trainings.certificates.joining import join_pdfs
from trainings.certificates.wording import Frozen, Paper, frozen_of, paper_of
from trainings.models import (
    Certificate,
    CertificateBatch,
    CertificateEdition,
    CertificateQuerySet,
    Cohort,
)
from umkm_portal.accounts.models import User
from umkm_portal.messaging import nudges

FOLDER = "certificates"
TASK = "trainings.tasks.write_certificates"
ISSUED_AT_ONCE = 500
PRINTED_AT_ONCE = 250
SUFFIX = ".pdf"
LEFT_AFTER = timedelta(hours=1)
BROKEN = "Penerbitan gagal karena kesalahan portal. Coba lagi, atau hubungi pengelola portal."
CHANGED = (
    "Ada sertifikat yang dicabut atau diganti sejak berkas ini dibuat. Buat berkas cetak baru."
)
NOBODY = "Belum ada yang berhak. Tutup gelombang ini dahulu."
FORGOTTEN = "Berkas dihapus karena data seseorang di dalamnya dihapus. Buat berkas cetak baru."
State = CertificateBatch.State

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """Another process has taken the batch over."""


class ChangedMeanwhile(Exception):
    """A certificate in the file was taken back while it was printed: it is printed anew."""


def request_batch(cohort: Cohort, *, kind: str, by: User | None, now: datetime) -> CertificateBatch:
    """Queue the job of a cohort; while one is open, pressing again gives that one.

    Raises CertificateRefused when there is nothing to issue or to print.
    """
    try:
        with transaction.atomic():
            if not missing(cohort, kind).exists() and not _pages(cohort, kind).exists():
                raise CertificateRefused(NOBODY)
            batch = CertificateBatch.objects.create(
                cohort=cohort, kind=kind, requested_by=by, created_at=now
            )
            nudges.after_commit(TASK, batch_id=batch.pk)
            return batch
    except IntegrityError:
        found = CertificateBatch.objects.filter(cohort=cohort, state__in=CertificateBatch.OPEN)
        # None: it was finished in this instant, so that a new one may begin.
        return found.first() or request_batch(cohort, kind=kind, by=by, now=now)


def work_batch(pk: int) -> CertificateBatch | None:
    """Do what is left of one batch; None when it does not wait or another process does it."""
    batch = _claim(pk, now=timezone.now())
    if batch is None:
        return None
    try:
        _issue(batch)
        _print(batch)
        if batch.printed:
            _finish(batch, now=timezone.now())
        else:
            _close(batch, state=State.FAILED, error=NOBODY)
    except Stopped:
        pass
    except ChangedMeanwhile:
        _close(batch, state=State.QUEUED, printed=0, printed_upto=0, parts=[])
        nudges.now(TASK, batch_id=batch.pk)
    except Exception:  # a worker lives on; the page says what to do
        _log.exception("certificate batch %s", batch.pk)
        _close(batch, state=State.FAILED, error=BROKEN)
    return CertificateBatch.objects.get(pk=pk)


def open_file(batch: CertificateBatch, *, now: datetime) -> Path:
    """The printed file, while it is kept and all in it still counts. Raises CertificateRefused."""
    path = Path(settings.MEDIA_ROOT, batch.path)
    if not batch.is_kept(now=now) or not path.is_file():
        raise CertificateRefused("Berkas ini sudah dihapus. Buat berkas cetak baru.")
    if is_outdated(batch):
        raise CertificateRefused(CHANGED)
    return path


def is_outdated(batch: CertificateBatch) -> bool:
    """Whether a certificate in the file does not count any more."""
    return printed_in(batch).count() != batch.printed


def outdated_among(cohort: Cohort, kept: Sequence[CertificateBatch]) -> set[int]:
    """Keys of those batches of one cohort whose file has a certificate that counts no more."""
    counts = {
        f"of_{batch.pk}": Count("pk", filter=Q(kind=batch.kind, pk__lte=batch.printed_upto))
        for batch in kept
    }
    papers = Certificate.objects.printable().filter(enrolment__cohort=cohort)
    found = papers.aggregate(**counts) if counts else {}
    return {batch.pk for batch in kept if found[f"of_{batch.pk}"] != batch.printed}


def printed_in(batch: CertificateBatch) -> CertificateQuerySet:
    """Certificates in the file that still count."""
    return _pages(batch.cohort, batch.kind).filter(pk__lte=batch.printed_upto)


def issued_since(batch: CertificateBatch) -> int:
    """Valid certificates that the file does not have yet."""
    return _pages(batch.cohort, batch.kind).filter(pk__gt=batch.printed_upto).count()


def forget_files(cohort_ids: list[int]) -> int:
    """Remove the printed files of these cohorts, after the commit; return how many.

    Called after the names are gone: a batch that is being finished waits for it and then looks.
    """
    rows = CertificateBatch.objects.select_for_update().filter(cohort__in=cohort_ids)
    found = list(rows.exclude(path="", parts=[]).order_by("pk"))
    for name in filter(None, (name for batch in found for name in (batch.path, *batch.parts))):
        file = Path(settings.MEDIA_ROOT, name)
        transaction.on_commit(partial(file.unlink, missing_ok=True))
    kept = CertificateBatch.objects.filter(pk__in=[batch.pk for batch in found])
    open_ones = kept.filter(state__in=CertificateBatch.OPEN)
    open_ones.update(
        printed=0, printed_upto=0, parts=[], attempt=F("attempt") + 1, lease_until=None
    )
    done = kept.filter(state=State.DONE)
    return done.update(state=State.EXPIRED, path="", error=FORGOTTEN)


def _claim(pk: int, *, now: datetime) -> CertificateBatch | None:
    won = (
        CertificateBatch.objects.waiting(now=now)
        .filter(pk=pk)
        .update(
            state=State.RUNNING,
            attempt=F("attempt") + 1,
            stalls=F("stalls") + 1,
            lease_until=now + CertificateBatch.LEASE,
        )
    )
    if not won:
        return None
    known_with = ("cohort__training", "edition", "requested_by")
    batch = CertificateBatch.objects.select_related(*known_with).get(pk=pk)
    if batch.stalls > CertificateBatch.MOST_STALLS:
        _close(batch, state=State.FAILED, error=BROKEN)
        return None
    return batch


def _issue(batch: CertificateBatch) -> None:
    edition = batch.edition or freeze(batch.cohort, kind=batch.kind)
    total = missing(batch.cohort, batch.kind).count() + _pages(batch.cohort, batch.kind).count()
    _update(batch, edition=edition, total=total)
    while True:
        now = timezone.now()
        with transaction.atomic():
            found = issue_some(
                batch.cohort,
                edition=edition,
                kind=batch.kind,
                by=batch.requested_by,
                now=now,
                most=ISSUED_AT_ONCE,
                batch=batch,
            )
            if not found.chosen:
                return
            _progress(batch, issued=batch.issued + found.issued)


def _print(batch: CertificateBatch) -> None:
    """Print what is valid now, slice by slice, each into a file of its own."""
    frozen: dict[int, Frozen] = {}
    pages = _pages(batch.cohort, batch.kind)
    while rows := list(pages.filter(pk__gt=batch.printed_upto)[:PRINTED_AT_ONCE]):
        _know(frozen, rows)
        name = _new_file(batch)
        with Path(settings.MEDIA_ROOT, name).open("wb") as target:
            papers.write_certificates(target, (page_of(row, frozen) for row in rows))
        _progress(
            batch,
            printed=batch.printed + len(rows),
            printed_upto=rows[-1].pk,
            parts=[*batch.parts, name],
        )


def _finish(batch: CertificateBatch, *, now: datetime) -> None:
    """Join the slices, and open the file unless somebody in it lost hers meanwhile."""
    parts = [Path(settings.MEDIA_ROOT, name) for name in batch.parts]
    if not all(part.is_file() for part in parts):
        raise ChangedMeanwhile
    name = _new_file(batch)
    path = Path(settings.MEDIA_ROOT, name)
    try:
        with path.open("wb") as target:
            join_pdfs(target, parts, title=f"Sertifikat {batch.cohort.code}")
        with transaction.atomic():
            _progress(
                batch,
                state=State.DONE,
                total=batch.printed,
                path=name,
                size=path.stat().st_size,
                sha256=_digest(path),
                parts=[],
                done_at=now,
                expires_at=now + CertificateBatch.KEPT,
                lease_until=None,
                error="",
            )
            # Only now: whoever takes one back or forgets its holder was before us, or waits.
            if is_outdated(batch):
                raise ChangedMeanwhile
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    for part in parts:
        part.unlink(missing_ok=True)


def _pages(cohort: Cohort, kind: str) -> CertificateQuerySet:
    """The certificates to be printed, in the order in which they were issued."""
    rows = Certificate.objects.printable().filter(enrolment__cohort=cohort, kind=kind)
    return rows.order_by("pk")


def page_of(row: Certificate, frozen: Mapping[int, Frozen]) -> tuple[Paper, str]:
    """One certificate ready to be drawn, and the address that its QR code holds."""
    return paper_of(row, frozen[row.edition_id]), papers.public_url(row.shown_number)


def _know(frozen: dict[int, Frozen], rows: list[Certificate]) -> None:
    """Read the editions of these rows that are not known yet."""
    unknown = {row.edition_id for row in rows} - frozen.keys()
    for edition in CertificateEdition.objects.filter(pk__in=unknown):
        frozen[edition.pk] = frozen_of(edition)


def _new_file(batch: CertificateBatch) -> str:
    """A new empty file that only the portal reads; its path below MEDIA_ROOT."""
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{batch.pk}-{uuid.uuid4().hex}{SUFFIX}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return f"{FOLDER}/{path.name}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def purge_files(now: datetime) -> int:
    """Remove files whose time is over, and what dead processes left; return how many."""
    removed = 0
    for batch in CertificateBatch.objects.filter(state=State.DONE, expires_at__lte=now):
        Path(settings.MEDIA_ROOT, batch.path).unlink(missing_ok=True)
        done = CertificateBatch.objects.filter(pk=batch.pk, state=State.DONE)
        removed += done.update(state=State.EXPIRED, path="")
    return removed + _remove_leftovers(now)


def _remove_leftovers(now: datetime) -> int:
    """Files that no batch knows and that no process can still be writing."""
    kept = set(CertificateBatch.objects.exclude(path="").values_list("path", flat=True))
    for parts in CertificateBatch.objects.filter(state__in=CertificateBatch.OPEN).values_list(
        "parts", flat=True
    ):
        kept |= set(parts)
    removed = 0
    for path in Path(settings.MEDIA_ROOT, FOLDER).glob("*"):
        age = now - datetime.fromtimestamp(path.stat().st_mtime, tz=now.tzinfo)
        if f"{FOLDER}/{path.name}" not in kept and age > LEFT_AFTER:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _progress(batch: CertificateBatch, **facts: Any) -> None:
    """Note that the job got further, which gives it new time."""
    lease = {"lease_until": timezone.now() + CertificateBatch.LEASE}
    _update(batch, stalls=0, **lease | facts)


def _update(batch: CertificateBatch, **facts: Any) -> None:
    """Write facts of a batch at work; raise Stopped when it is no longer ours."""
    mine = CertificateBatch.objects.filter(pk=batch.pk, attempt=batch.attempt, state=State.RUNNING)
    if not mine.update(**facts):
        raise Stopped
    for name, value in facts.items():
        setattr(batch, name, value)


def _close(batch: CertificateBatch, **facts: Any) -> None:
    mine = CertificateBatch.objects.filter(pk=batch.pk, attempt=batch.attempt, state=State.RUNNING)
    mine.update(lease_until=None, **facts)
