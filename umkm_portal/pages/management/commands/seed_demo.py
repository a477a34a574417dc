"""`seed_demo [--participants N] [--json]`: practice data, dated from today."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from umkm_portal.common.commands import ReportingCommand
from umkm_portal.pages.demo import SeedRefused, seed

PARTICIPANTS = 3000


class Command(ReportingCommand):
    help = "Fill the database with practice data; repeating adds only what is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--participants", type=int, default=PARTICIPANTS, metavar="N")
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: object, **options: Any) -> None:
        if options["participants"] < 0:
            raise CommandError("--participants is 0 or more.", returncode=2)
        if settings.EMBEDDED:
            call_command("migrate", interactive=False, verbosity=0)
        try:
            report = seed(participants=options["participants"], now=timezone.now())
        except SeedRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{report['participants']} people ({report['new']} new).")
        for cohort in report["cohorts"]:
            self.stdout.write(
                "  {code}: {state}, {seats} seats, {invitable} to invite".format_map(cohort)
            )
        if options["json"]:
            self.stdout.write(json.dumps(report))
