"""`manage.py restore FILE`: bring a backup back; it sends nothing until a person releases it."""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, Any

from django.core.management.base import CommandError
from django.db import Error as DatabaseFailure

from umkm_portal.backups import services
from umkm_portal.backups.archive import BrokenArchive
from umkm_portal.common.commands import ReportingCommand

HELD = (
    "Nothing is sent: {held_campaigns} campaigns are paused and all senders are stopped. "
    "Messages that left after {created_at} still stand as waiting ({waiting_messages} in all) and "
    "would go a second time: cancel those campaigns first, then run `restore --release`."
)


class Command(ReportingCommand):
    help = "Brings a backup back into an empty database and holds its outbox."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="file to read, or - for standard input")
        parser.add_argument(
            "--force-empty", action="store_true", help="delete all that the database holds first"
        )
        parser.add_argument(
            "--without-keys", action="store_true", help="restore although no NIK can be read"
        )
        parser.add_argument(
            "--release", action="store_true", help="let a restored copy send again (no FILE)"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == options["release"]:
            raise CommandError("give either FILE or --release.", returncode=2)
        report = self._release() if options["release"] else self._restore(options)
        if options["json"]:
            self.stdout.write(json.dumps(report))

    def _release(self) -> dict[str, object]:
        count = services.release_outbox()
        self.stdout.write(f"Released: {count} campaigns go on, all senders work again.")
        return {"released_campaigns": count}

    def _restore(self, options: dict[str, Any]) -> dict[str, object]:
        def show(name: str) -> None:
            if options["verbosity"] > 1:
                self.stdout.write(name)

        try:
            with _open(options["file"]) as source:
                restored = services.restore_backup(
                    source,
                    force_empty=options["force_empty"],
                    without_keys=options["without_keys"],
                    progress=show,
                )
        except OSError as error:
            reason = error.strerror or str(error)
            raise CommandError(f"{options['file']} cannot be read: {reason}.") from None
        except DatabaseFailure as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"the database refused: {reason}. Nothing of the backup is in use; "
                "repair the cause and restore again."
            ) from None
        except BrokenArchive as error:
            raise CommandError(f"{options['file']} was not restored: {error}.") from None
        except services.RestoreRefused as refusal:
            raise CommandError(str(refusal)) from None
        report = asdict(restored)
        self.stdout.write(
            "Restored {tables} tables, {rows} rows, {uploads} uploaded files "
            "of {created_at}.".format(**report)
        )
        self.stdout.write(HELD.format(**report))
        return report


@contextmanager
def _open(name: str) -> Iterator[IO[bytes]]:
    """The file to read; standard input goes through a temporary file, because a zip is read from
    its end.
    """
    if name != "-":
        with open(name, "rb") as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
        stream.seek(0)
        yield stream
