"""Take the whole portal into one file, and bring it back without sending anything."""

from __future__ import annotations

import base64
import hmac
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from umkm_portal.backups import database
from umkm_portal.backups.archive import ArchiveReader, ArchiveWriter, Manifest, Part
from umkm_portal.messaging.models import Campaign, Delivery, SendingAccount

HELD = "Dipulihkan dari cadangan: lepaskan setelah diperiksa"
KEY_SETTINGS = ("FIELD_KEYS", "INDEX_KEYS")
_MARK_PURPOSE = b"umkm_portal.backups"

Progress = Callable[[str], None]


class RestoreRefused(Exception):
    """Nothing was changed; the message says why and what to do, in one sentence."""


@dataclass(frozen=True)
class Restored:
    """What was brought back, and what waits for a person."""

    created_at: str
    tables: int
    rows: int
    uploads: int
    held_campaigns: int
    waiting_messages: int


def make_backup(target: IO[bytes], *, with_uploads: bool, progress: Progress) -> Manifest:
    """Write everything the database holds at this moment to `target`, as one stream.

    Logins are left out and keys never written: whoever has only the file cannot read a NIK.
    """
    archive = ArchiveWriter(target)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        manifest = Manifest(
            created_at=timezone.now().isoformat(timespec="seconds"),
            database=database.server_version(),
            migrations=database.applied_migrations(),
            key_marks=key_marks(),
        )
        for part in database.kept_tables():
            progress(part.name)
            with archive.part(part) as stream:
                database.copy_out(part, stream)
            manifest.tables.append(part)
        manifest.sequences = database.sequences()
    if with_uploads:
        manifest.uploads = [_keep_upload(archive, path) for path in _uploads()]
    archive.finish(manifest)
    return manifest


def restore_backup(
    source: IO[bytes], *, force_empty: bool, without_keys: bool, progress: Progress
) -> Restored:
    """Bring a backup back into an empty database and hold its outbox.

    Checks everything before anything is changed: raises RestoreRefused, and BrokenArchive for a
    damaged file. `force_empty` gives up what the database holds, `without_keys` the NIKs.
    """
    archive = ArchiveReader(source)
    _refuse_foreign_keys_of(archive.manifest, without_keys=without_keys)
    _refuse_busy_database(force_empty=force_empty)
    _refuse_newer(archive.manifest)
    archive.verify(progress)
    database.build_schema(archive.manifest.migrations)
    with transaction.atomic(durable=True):
        rows = _load(archive, progress)
    call_command("migrate", verbosity=0, interactive=False)
    held = hold_outbox()
    for part in archive.manifest.uploads:
        _bring_back_upload(archive, part)
    return Restored(
        created_at=archive.manifest.created_at,
        tables=len(archive.manifest.tables),
        rows=rows,
        uploads=len(archive.manifest.uploads),
        held_campaigns=held,
        waiting_messages=Delivery.objects.filter(state__in=Delivery.NON_FINAL).count(),
    )


@transaction.atomic
def hold_outbox() -> int:
    """Stop every sender and pause every campaign under way; return how many were paused.

    Senders are stopped too, because a round that opens by itself makes a new campaign.
    """
    SendingAccount.objects.exclude(state=SendingAccount.State.OFF).update(
        state=SendingAccount.State.OFF, state_reason=HELD, broken_until=None
    )
    under_way = (Campaign.State.EXPANDING, Campaign.State.RUNNING)
    paused = Campaign.objects.filter(state__in=under_way)
    return paused.update(state=Campaign.State.PAUSED, pause_reason=HELD)


@transaction.atomic
def release_outbox() -> int:
    """Let everything go on where `hold_outbox` stopped it; return the number of campaigns.

    The next sweep finds what is due.
    """
    SendingAccount.objects.filter(state=SendingAccount.State.OFF, state_reason=HELD).update(
        state=SendingAccount.State.OPEN, state_reason=""
    )
    held = Campaign.objects.filter(state=Campaign.State.PAUSED, pause_reason=HELD)
    is_expanded = Q(is_standing=True) | Q(expanded_to__gte=F("audience_count"))
    going_on = held.exclude(is_expanded).update(state=Campaign.State.EXPANDING, pause_reason="")
    return going_on + held.update(state=Campaign.State.RUNNING, pause_reason="")


def key_marks() -> dict[str, dict[str, str]]:
    """Per key setting and key id a mark that only the same key gives and that betrays nothing."""
    return {name: dict(map(_mark, getattr(settings, name))) for name in KEY_SETTINGS}


def _mark(entry: str) -> tuple[str, str]:
    key_id, _, encoded = entry.strip().partition(":")
    key = base64.b64decode(encoded, altchars=b"-_" if {"-", "_"} & {*encoded} else None)
    return key_id, hmac.digest(key, _MARK_PURPOSE, "sha256").hex()[:16]


def _refuse_foreign_keys_of(manifest: Manifest, *, without_keys: bool) -> None:
    ours = key_marks()
    missing = [
        f"{name} with id {key_id}"
        for name, marks in manifest.key_marks.items()
        for key_id, mark in marks.items()
        if ours.get(name, {}).get(key_id) != mark
    ]
    if missing and not without_keys:
        raise RestoreRefused(
            f"this backup was made with other keys ({', '.join(missing)}): set FIELD_KEYS and "
            "INDEX_KEYS as they were then, or no NIK in it can ever be read "
            "(--without-keys restores the rest)."
        )


def _refuse_busy_database(*, force_empty: bool) -> None:
    others = database.other_sessions()
    if others:
        raise RestoreRefused(
            f"{others} other connections use this database: stop the web server, "
            "the workers and beat first."
        )
    if database.is_in_use() and not force_empty:
        raise RestoreRefused(
            "this database is not empty; --force-empty deletes everything in it first."
        )


def _refuse_newer(manifest: Manifest) -> None:
    unknown = database.unknown_migrations(manifest.migrations)
    if unknown:
        raise RestoreRefused(
            f"this backup was made by a newer version of the portal ({unknown[0]} is unknown "
            "here): install that version, restore with it."
        )


def _load(archive: ArchiveReader, progress: Progress) -> int:
    tables, rows = archive.manifest.tables, 0
    with database.without_triggers_and_foreign_keys(tables):
        database.empty_tables(tables)
        for part in tables:
            progress(part.name)
            with archive.open(part) as stream:
                loaded = database.copy_in(part, stream)
            if loaded != part.rows:
                raise RestoreRefused(f"{part.name} has {loaded} rows instead of {part.rows}.")
            rows += loaded
        database.set_sequences(archive.manifest.sequences)
    return rows


def _uploads() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def _keep_upload(archive: ArchiveWriter, path: Path) -> Part:
    name = path.relative_to(settings.MEDIA_ROOT).as_posix()
    part = Part(name=name, member=f"uploads/{name}")
    with archive.part(part) as target, path.open("rb") as source:
        shutil.copyfileobj(source, target)
    return part


def _bring_back_upload(archive: ArchiveReader, part: Part) -> None:
    name = PurePosixPath(part.name)
    if name.is_absolute() or ".." in name.parts:
        raise RestoreRefused(f"{part.name} would lie outside the folder of uploads.")
    path = Path(settings.MEDIA_ROOT, *name.parts)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with archive.open(part) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
