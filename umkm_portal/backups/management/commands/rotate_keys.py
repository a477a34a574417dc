"""`manage.py rotate_keys`: bring everything encrypted under the first key of the lists."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from umkm_portal.backups import rotation
from umkm_portal.common.commands import ReportingCommand


class Command(ReportingCommand):
    help = "Seals and indexes everything again that stands under an older key."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rotation.rotate_keys()
        except rotation.RotationRefused as refusal:
            raise CommandError(str(refusal)) from None
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        else:
            for column, count in done.sealed_again.items():
                self.stdout.write(f"{column}: {count} values sealed again")
            self.stdout.write(f"{done.indexed_again} NIKs indexed again")
        self._refuse_rest(done)
        if not options["json"]:
            self.stdout.write(
                "Everything is under the current keys. Keep the old ones while backups need them."
            )

    def _refuse_rest(self, done: rotation.Rotated) -> None:
        if done.unreadable:
            raise CommandError(
                f"{done.unreadable} values cannot be opened: their key is missing in FIELD_KEYS. "
                "Put it back behind the current one and run this again."
            )
        if done.same_nik_twice:
            people = ", ".join(map(str, done.same_nik_twice[:20]))
            raise CommandError(f"two people have the same NIK; merge them first (ids {people}).")
