"""Writing a list for a partner: the file, and one disclosure for each row, all or nothing."""

from __future__ import annotations

import hashlib
import logging
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from participants.access import record_access
from participants.models import DataAccess, living
from participants.segments.audiences import RulesBroken
from partners.models import Disclosure, SharedList
from partners.sharing import fields as known
from partners.sharing.agreements import SharingStopped, agreement_of
from partners.sharing.people import contacts_gone, gone
from partners.sharing.rows import CHUNK, SharedRow, count_of, rows_of
from partners.sharing.workbook import write_workbook
from umkm_portal.messaging import nudges

FOLDER = "shared"
TASK = "partners.tasks.write_list"
BEAT_SECONDS = 1.0
BROKEN = "Daftar gagal disiapkan karena kesalahan portal. Siapkan lagi, atau hubungi petugas."
LEFT_MEANWHILE = (
    "Selagi daftar ini ditulis, ada pemilik usaha yang menarik persetujuannya. Siapkan lagi."
)
State = SharedList.State

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """Another process has taken the list over."""


class LeftMeanwhile(Exception):
    """Somebody in the file may not be there any more: it is written anew."""


class Written(NamedTuple):
    """What is remembered of a row: who, its hash, and under which consents she is in it."""

    participant_id: int
    row_hash: str
    consent_id: int | None
    contact_consent_id: int | None


def write_at_once(shared: SharedList, *, now: datetime) -> None:
    """Write a new list inside the running transaction; raises whatever went wrong, with no file."""
    shared.state, shared.attempt = State.RUNNING, 1
    shared.save()
    try:
        _write(shared, now=now)
    except LeftMeanwhile:
        raise SharingStopped(LEFT_MEANWHILE) from None


def write_list(pk: int) -> SharedList | None:
    """Write one waiting list; None when it does not wait or another process writes it.

    After a crash nothing of it is there but the row, `running` until its lease ends: then the
    next process starts over. Whom that never succeeds for is told after three times.
    """
    shared = _claim(pk, now=timezone.now())
    if shared is None:
        return None
    try:
        _check(shared, now=timezone.now())
        _write(shared, now=timezone.now())
    except Stopped:
        pass
    except LeftMeanwhile:
        _put_back(shared)
    except (SharingStopped, RulesBroken) as refusal:
        _fail(shared, str(refusal))
    except Exception:  # a worker lives on; the page says what to do
        _log.exception("shared list %s", shared.pk)
        _fail(shared, BROKEN)
    return SharedList.objects.get(pk=pk)


def _claim(pk: int, *, now: datetime) -> SharedList | None:
    won = (
        SharedList.objects.waiting(now=now)
        .filter(pk=pk)
        .update(
            state=State.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=now + SharedList.LEASE,
            rows_done=0,
        )
    )
    if not won:
        return None
    known_with = ("partner__organisation", "call__partner__organisation", "agreement", "made_by")
    shared = SharedList.objects.select_related(*known_with).get(pk=pk)
    if shared.attempt > SharedList.MOST_ATTEMPTS:
        _fail(shared, shared.error or BROKEN)
        return None
    return shared


def _check(shared: SharedList, *, now: datetime) -> None:
    """The agreement may have ended, or allow less, since the list was asked for."""
    agreement = agreement_of(shared.partner, now=now)
    if not {*shared.fields} <= {*agreement.allowed_fields}:
        raise SharingStopped("Data yang boleh dibagikan berubah. Siapkan daftar baru.")
    _update(shared, agreement=agreement, total=count_of(shared, now=now))
    shared.agreement = agreement


def _write(shared: SharedList, *, now: datetime) -> None:
    columns, path = known.chosen(shared.fields), _new_path()
    shared.expires_at = now + SharedList.KEPT
    written: list[Written] = []
    try:
        write_workbook(path, shared, columns, _hashed(shared, columns, written, now=now))
        _finish(shared, path, written, columns, now=now)
    except IntegrityError as error:
        path.unlink(missing_ok=True)
        if living.is_refusal(error):  # somebody in it was merged meanwhile
            raise LeftMeanwhile from error
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _new_path() -> Path:
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4().hex}.xlsx"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


def _hashed(
    shared: SharedList,
    columns: Sequence[known.SharedField],
    written: list[Written],
    *,
    now: datetime,
) -> Iterator[tuple[SharedRow, str]]:
    """Rows with their hashes, noted in `written`; once a second the page is told how many."""
    told_at = time.monotonic()
    for row in rows_of(shared, columns, now=now):
        row_hash = row.hash_in(shared)
        written.append(
            Written(row.participant_id, row_hash, row.consent_id, row.contact_consent_id)
        )
        yield row, row_hash
        if time.monotonic() - told_at > BEAT_SECONDS:
            told_at = time.monotonic()
            lease = timezone.now() + SharedList.LEASE
            _update(shared, rows_done=len(written), lease_until=lease)


@transaction.atomic
def _finish(
    shared: SharedList,
    path: Path,
    written: list[Written],
    columns: Sequence[known.SharedField],
    *,
    now: datetime,
) -> None:
    """Write down whom the file names, and open it for download, all or nothing."""
    if not written:
        raise SharingStopped("Tidak ada lagi yang setuju datanya dibagikan.")
    _update(
        shared,
        state=State.DONE,
        row_count=len(written),
        rows_done=len(written),
        withdrawn_count=_left_out(shared, written),
        sha256=_digest(path),
        path=f"{FOLDER}/{path.name}",
        expires_at=shared.expires_at,
        lease_until=None,
        error="",
    )
    for start in range(0, len(written), CHUNK):  # one bulk_create would hold them all
        Disclosure.objects.bulk_create(
            Disclosure(shared_list=shared, disclosed_at=now, **row._asdict())
            for row in written[start : start + CHUNK]
        )
    _refuse_those_who_left(shared)
    record_access(
        (row.participant_id for row in written),
        kind=DataAccess.Kind.SHARE,
        actor=shared.made_by,
        purpose=shared.purpose,
        fields=[known.CODE, *(field.label for field in columns)],
        organisation=shared.partner.organisation,
        now=now,
    )


def _refuse_those_who_left(shared: SharedList) -> None:
    """Raise LeftMeanwhile when somebody said no, or was forgotten, while the list was written."""
    now = timezone.now()
    for left in (gone, contacts_gone):
        if left(shared.partner, now=now).filter(shared_list=shared).exists():
            raise LeftMeanwhile


def _left_out(shared: SharedList, written: Sequence[Written]) -> int:
    """How many people of the version before are not in this one."""
    same = SharedList.objects.ready().filter(
        partner=shared.partner, call=shared.call, segment_slug=shared.segment_slug
    )
    before = same.filter(version__lt=shared.version).order_by("-version").values("pk")[:1]
    there = Disclosure.objects.filter(shared_list__in=before)
    now_in = {row.participant_id for row in written}
    return len({*there.values_list("participant_id", flat=True)} - now_in)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _update(shared: SharedList, **facts: object) -> None:
    """Write facts of a list that is being written; raise Stopped when it is no longer ours."""
    mine = SharedList.objects.filter(pk=shared.pk, attempt=shared.attempt, state=State.RUNNING)
    if not mine.update(**facts):
        raise Stopped
    for name, value in facts.items():
        setattr(shared, name, value)


def _put_back(shared: SharedList) -> None:
    """Let the list be written anew, without whoever left."""
    _close(shared, state=State.QUEUED, error=LEFT_MEANWHILE)
    nudges.now(TASK, list_id=shared.pk)


def _fail(shared: SharedList, sentence: str) -> None:
    _close(shared, state=State.FAILED, error=sentence[:300])


def _close(shared: SharedList, **facts: object) -> None:
    mine = SharedList.objects.filter(pk=shared.pk, attempt=shared.attempt, state=State.RUNNING)
    mine.update(lease_until=None, **facts)
