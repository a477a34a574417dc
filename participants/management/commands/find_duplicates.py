"""Look for people who stand in the register twice."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from participants.duplicates.finding import find_pairs
from participants.models import DuplicatePair
from umkm_portal.common.commands import ReportingCommand


class Command(ReportingCommand):
    help = "Search people who are new or changed for a second record; --all searches everybody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="search the whole register again")
        parser.add_argument("--json", action="store_true", help="a JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.monotonic()
        search = find_pairs(everybody=options["all"], now=timezone.now())
        waiting = DuplicatePair.objects.open().count()
        report = {
            **asdict(search),
            "open": waiting,
            "seconds": round(time.monotonic() - start, 2),
        }
        self.stdout.write(
            f"{search.people} people searched, {search.compared} pairs compared: {search.new} new "
            f"suspicions, {search.gone} gone, {waiting} wait for staff."
        )
        for label, count in search.skipped.items():
            self.stdout.write(f"Left out: {count} values of {label} that too many people share.")
        if options["json"]:
            self.stdout.write(json.dumps(report))
