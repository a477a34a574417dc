"""Write a file of invented people for practice and tests."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from participants.samples import write_sample
from umkm_portal.common.commands import ReportingCommand


class Command(ReportingCommand):
    help = "Write N invented people (NIKs of kecamatan 99, which no real person has)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--dirt", type=float, default=0, metavar="PERCENT")
        parser.add_argument("--json", action="store_true", help="a JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        count, path, dirt = options["count"], options["out"], options["dirt"]
        if count < 0 or not 0 <= dirt <= 100:
            raise CommandError("N is 0 or more, PERCENT is 0 to 100.", returncode=2)
        try:
            found = write_sample(path, count, seed=options["seed"], dirt=dirt)
        except ValueError as problem:
            raise CommandError(f"{path}: {problem}.", returncode=2) from None
        except OSError as problem:
            raise CommandError(f"{path} cannot be written: {problem.strerror}.") from None
        self.stdout.write(f"{path}: {count} people, {found.total()} rows to be refused.")
        if options["json"]:
            report = {"out": str(path), "rows": count, "dirty": found.total(), "dirt": dict(found)}
            self.stdout.write(json.dumps(report))
