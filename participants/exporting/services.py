"""Lists of people to take along: asked for with a purpose, written in the background, removed."""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from participants.access import record_access
from participants.exporting import columns as known
from participants.exporting.recalling import left_since
from participants.exporting.streams import HALVES_FROM
from participants.exporting.writing import Written, write_file
from participants.models import DataAccess, ExportFile, ParticipantQuerySet
from participants.segments.audiences import Rules, RulesBroken, estimate, people_by
from umkm_portal.accounts.models import User
from umkm_portal.common.encryption import DecryptionError
from umkm_portal.messaging import nudges

FOLDER = "exports"
SHORTEST_PURPOSE = 10
MOST_OPEN = 3
BEAT_SECONDS = 1.0
TASK = "participants.tasks.write_export"
EVERYTHING = "*"
"""The area of who sees everybody by no role."""
LEFT_MEANWHILE = (
    "Selagi daftar ini ditulis, seseorang di dalamnya meminta datanya dihapus atau dibatasi. "
    "Minta ekspor baru."
)
BROKEN = "Ekspor gagal karena kesalahan portal. Coba lagi; bila berulang, hubungi pengelola portal."

_log = logging.getLogger(__name__)


class ExportRefused(Exception):
    """The list is not written; the sentence says why."""


class Stopped(Exception):
    """The export was cancelled, or another process has taken it over."""


@transaction.atomic
def request_export(
    *,
    rules: Rules,
    segment_name: str = "",
    column_keys: Sequence[str],
    file_format: str,
    purpose: str,
    nik_purpose: str = "",
    user: User,
    now: datetime,
) -> ExportFile:
    """Queue a list of the people these rules come to, as far as `user` may see them.

    Raises ExportRefused, RulesBroken.
    """
    people_by(rules, user=user)
    chosen = [column.key for column in known.chosen(column_keys)]
    _check_request(chosen, purpose, nik_purpose, user)
    User.objects.select_for_update().get(pk=user.pk)
    mine = ExportFile.objects.filter(requested_by=user, state__in=ExportFile.OPEN)
    if mine.count() >= MOST_OPEN:
        raise ExportRefused(
            f"Masih ada {MOST_OPEN} ekspor Anda yang berjalan. Tunggu satu selesai."
        )
    office = user.memberships.current().select_related("organisation").order_by("pk").first()
    export = ExportFile.objects.create(
        requested_by=user,
        organisation=office.organisation if office else None,
        segment_name=segment_name,
        rules=dict(rules),
        columns=chosen,
        file_format=ExportFile.Format(file_format),
        purpose=purpose.strip()[:200],
        nik_purpose=nik_purpose.strip()[:200] if known.NIK in chosen else "",
        created_at=now,
    )
    nudges.after_commit(TASK, export_id=export.pk)
    return export


def _check_request(chosen: list[str], purpose: str, nik_purpose: str, user: User) -> None:
    if not chosen:
        raise ExportRefused("Pilih sedikitnya satu kolom.")
    if len(purpose.strip()) < SHORTEST_PURPOSE:
        raise ExportRefused(
            "Tulis keperluan ekspor ini, misalnya “Verifikasi bazar 12 Maret”. Peserta dapat "
            "membacanya."
        )
    if known.NIK not in chosen:
        return
    if not user.has_perm("participants.export_nik"):
        raise ExportRefused("Anda tidak berwenang mengekspor NIK lengkap. Pilih “Akhir NIK”.")
    if len(nik_purpose.strip()) < SHORTEST_PURPOSE:
        raise ExportRefused("Tulis mengapa NIK lengkap diperlukan.")


def write_export(pk: int) -> ExportFile | None:
    """Write one waiting export; None when nobody waits or another process writes it.

    A crash leaves it `running` until its lease ends; then the next process starts over.
    """
    export = _claim(pk, now=timezone.now())
    if export is None:
        return None
    try:
        _write(export)
    except Stopped:
        pass
    except (ExportRefused, RulesBroken) as refusal:
        _fail(export, str(refusal))
    except DecryptionError:
        _log.exception("export %s", export.pk)
        _fail(export, "Ada NIK yang tidak bisa dibuka dengan kunci yang terpasang.")
    except Exception:  # a worker lives on; the page says what to do
        _log.exception("export %s", export.pk)
        _fail(export, BROKEN)
    return ExportFile.objects.get(pk=pk)


def _claim(pk: int, *, now: datetime) -> ExportFile | None:
    won = (
        ExportFile.objects.waiting(now=now)
        .filter(pk=pk)
        .update(
            state=ExportFile.State.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=now + ExportFile.LEASE,
            rows_done=0,
        )
    )
    if not won:
        return None
    export = ExportFile.objects.select_related("requested_by", "organisation").get(pk=pk)
    if export.attempt > ExportFile.MOST_ATTEMPTS:
        _fail(export, BROKEN)
        return None
    return export


def _write(export: ExportFile) -> None:
    user = _requester(export)
    area = area_of(user)  # before the people are chosen: a role that goes meanwhile is missed later
    path = _new_path(export)
    try:
        people = people_by(export.rules, user=user)
        total = _about(people)
        _update(export, total=total, area=area)
        with Pulse(export) as pulse:
            written = write_file(
                path,
                people,
                file_format=export.file_format,
                columns=known.chosen(export.columns),
                total=total,
                beat=pulse.beat,
            )
        _finish(export, path, written, user=user, now=timezone.now())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _about(people: ParticipantQuerySet) -> int:
    """How many people these are; of many only what the planner thinks, who looks at nobody."""
    guess = estimate(people)
    return guess if guess >= HALVES_FROM else people.count()


def _requester(export: ExportFile) -> User:
    """Who asked, if she still may have the list: rights can end while an export waits."""
    user = export.requested_by
    if user is None:
        raise ExportRefused("Pemohon ekspor ini tidak lagi berwenang.")
    _check_rights(export, user)
    return user


def _check_rights(export: ExportFile, user: User) -> None:
    if not user.is_active or not user.has_perm("participants.add_exportfile"):
        raise ExportRefused("Pemohon ekspor ini tidak lagi berwenang.")
    if known.NIK in export.columns and not user.has_perm("participants.export_nik"):
        raise ExportRefused("Pemohon tidak lagi berwenang mengekspor NIK lengkap.")


def area_of(user: User) -> list[str]:
    """By which roles this user sees people today: role, organisation and region of each."""
    if user.is_superuser:
        return [EVERYTHING]
    roles = user.memberships.current().order_by("pk")
    return [
        f"{role}:{organisation}:{region or ''}"
        for role, organisation, region in roles.values_list("role", "organisation", "region")
    ]


def _keeps_area(export: ExportFile, user: User) -> bool:
    """Whether she still has every role that the list was written by: none went or was changed."""
    now = {*area_of(user)}
    return EVERYTHING in now or (bool(export.area) and now.issuperset(export.area))


def _new_path(export: ExportFile) -> Path:
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{export.pk}-{uuid.uuid4().hex}.{export.file_format}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return path


@transaction.atomic
def _finish(export: ExportFile, path: Path, written: Written, *, user: User, now: datetime) -> None:
    """Log the list with everybody in it and open it for download, all or nothing.

    Raises ExportRefused when somebody in it was forgotten, or restricted her data, meanwhile.
    """
    _update(
        export,
        state=ExportFile.State.DONE,
        path=f"{FOLDER}/{path.name}",
        total=len(written.people),
        rows_done=len(written.people),
        size=written.size,
        sha256=written.sha256,
        lease_until=None,
        done_at=now,
        expires_at=now + ExportFile.KEPT,
    )
    # Only now: whoever is being forgotten holds the row of this export until she is.
    if left_since(written.people, since=export.created_at):
        raise ExportRefused(LEFT_MEANWHILE)
    reason = f"; NIK: {export.nik_purpose}" if export.nik_purpose else ""
    record_access(
        written.people,
        kind=DataAccess.Kind.EXPORT,
        actor=user,
        purpose=f"{export.purpose}{reason}",
        fields=[column.label for column in known.chosen(export.columns)],
        organisation=export.organisation,
        now=now,
    )


def _update(export: ExportFile, **facts: object) -> None:
    """Write facts of a claimed export; raise Stopped when it is no longer ours."""
    mine = ExportFile.objects.filter(
        pk=export.pk, attempt=export.attempt, state=ExportFile.State.RUNNING
    )
    if not mine.update(**facts):
        raise Stopped


def _fail(export: ExportFile, sentence: str) -> None:
    ExportFile.objects.filter(pk=export.pk, attempt=export.attempt).filter(
        state=ExportFile.State.RUNNING
    ).update(state=ExportFile.State.FAILED, error=sentence[:300], lease_until=None)


class Pulse:
    """Tells the page how far a running export is, and learns whether to stop.

    The rows stream on the thread's connection, so this speaks on one of its own.
    """

    def __init__(self, export: ExportFile) -> None:
        self._export, self._next = export, time.monotonic() + BEAT_SECONDS
        self._connection = connection.copy()

    def __enter__(self) -> Pulse:
        return self

    def __exit__(self, *failure: object) -> None:
        self._connection.close()

    def beat(self, rows: int) -> None:
        """Note `rows` once a second; raise Stopped when the export is no longer ours."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + BEAT_SECONDS
        with self._connection.cursor() as cursor:
            cursor.execute(
                "UPDATE participants_exportfile SET rows_done = %s, lease_until = %s "
                "WHERE id = %s AND attempt = %s AND state = 'running'",
                [rows, timezone.now() + ExportFile.LEASE, self._export.pk, self._export.attempt],
            )
            if not cursor.rowcount:
                raise Stopped


def cancel_export(export: ExportFile) -> None:
    """Stop an export that is not finished; the writing process notices within a second.

    Raises ExportRefused when it is finished.
    """
    waiting = ExportFile.objects.filter(pk=export.pk, state__in=ExportFile.OPEN)
    if not waiting.update(state=ExportFile.State.CANCELLED, lease_until=None):
        raise ExportRefused("Ekspor ini sudah selesai, jadi tidak bisa dibatalkan.")


def open_download(export: ExportFile, *, user: User, now: datetime) -> Path:
    """The file, for who asked for it and while it is kept. Raises ExportRefused."""
    if export.requested_by_id != user.pk:
        raise ExportRefused("Hanya pemohon yang bisa mengunduh berkas ini.")
    _check_rights(export, user)
    if not _keeps_area(export, user):
        raise ExportRefused("Tugas Anda berubah sejak ekspor ini diminta. Minta ekspor baru.")
    path = Path(settings.MEDIA_ROOT, export.path)
    if not export.is_kept(now=now) or not path.is_file():
        raise ExportRefused("Berkas ini sudah dihapus. Minta ekspor baru.")
    ExportFile.objects.filter(pk=export.pk, downloaded_at=None).update(downloaded_at=now)
    return path


def purge_exports(now: datetime) -> int:
    """Remove files whose time is over, and what crashed processes left; return how many."""
    removed = 0
    for export in ExportFile.objects.filter(state=ExportFile.State.DONE, expires_at__lte=now):
        Path(settings.MEDIA_ROOT, export.path).unlink(missing_ok=True)
        removed += ExportFile.objects.filter(pk=export.pk, state=ExportFile.State.DONE).update(
            state=ExportFile.State.EXPIRED, path=""
        )
    return removed + _remove_leftovers(now)


def _remove_leftovers(now: datetime) -> int:
    """Files that no row knows and that no process can still be writing."""
    kept = set(ExportFile.objects.exclude(path="").values_list("path", flat=True))
    removed = 0
    for path in Path(settings.MEDIA_ROOT, FOLDER).glob("*"):
        age = now - datetime.fromtimestamp(path.stat().st_mtime, tz=now.tzinfo)
        if f"{FOLDER}/{path.name}" not in kept and age > timedelta(hours=1):
            path.unlink(missing_ok=True)
            removed += 1
    return removed
