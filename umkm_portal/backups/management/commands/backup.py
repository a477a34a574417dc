"""`manage.py backup FILE`: the whole database in one file, while the portal goes on working."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError

from umkm_portal.backups import services
from umkm_portal.backups.archive import Manifest
from umkm_portal.common.commands import ReportingCommand

KEYS = (
    "The keys are NOT in this file. Without FIELD_KEYS and INDEX_KEYS every NIK in it is lost "
    "for good: keep them apart from it, on paper or in a safe, in two places "
    "(docs/panduan/kunci-dan-cadangan.md)."
)
GUARD = "The file holds names, phones and addresses in clear: guard it like the database."


class Command(ReportingCommand):
    help = "Writes everything in the database to one file; restore brings it back."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", help="file to write, or - for standard output")
        parser.add_argument("--uploads", action="store_true", help="with all uploaded files")
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        is_stream = options["file"] == "-"
        self.out = self.stderr if is_stream else self.stdout
        try:
            if is_stream:
                manifest = self._write(sys.stdout.buffer, options)
            else:
                manifest = self._write_file(Path(options["file"]), options)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CommandError(f"the backup was not written: {reason}.") from None
        self._report(manifest, options)

    def _write_file(self, path: Path, options: dict[str, Any]) -> Manifest:
        """The file gets its name when it is complete and on the disk."""
        if path.exists():
            raise CommandError(f"{path} exists already; backup overwrites nothing.")
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                manifest = self._write(stream, options)
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
        return manifest

    def _write(self, stream: IO[bytes], options: dict[str, Any]) -> Manifest:
        def show(name: str) -> None:
            if options["verbosity"] > 1:
                self.out.write(name)

        return services.make_backup(stream, with_uploads=options["uploads"], progress=show)

    def _report(self, manifest: Manifest, options: dict[str, Any]) -> None:
        rows = sum(part.rows for part in manifest.tables)
        tables, uploads = len(manifest.tables), len(manifest.uploads)
        if not options["json"]:
            kept = f"{uploads} uploaded files" if options["uploads"] else "no uploads (--uploads)"
            self.out.write(f"{options['file']}: {tables} tables, {rows} rows, {kept}.")
            self.out.write(GUARD)
            self.out.write(KEYS)
            return
        report = {
            "file": options["file"],
            "created_at": manifest.created_at,
            "tables": tables,
            "rows": rows,
            "uploads": uploads,
            "keys_needed": {name: sorted(ids) for name, ids in manifest.key_marks.items()},
            "note": f"{KEYS} {GUARD}",
        }
        self.out.write(json.dumps(report))
