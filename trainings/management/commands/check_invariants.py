"""`check_invariants [--json]`: do the books balance?"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from participants import invariants as of_participants
from partners import invariants as of_partners
from trainings import invariants as of_trainings
from umkm_portal.messaging import invariants as of_messaging


class Command(BaseCommand):
    help = "Check that seats, messages, people and curations add up; exit 1 when a rule is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object as the last line")

    def handle(self, *args: object, **options: Any) -> None:
        found = [
            *of_participants.violations(),
            *of_messaging.violations(),
            *of_partners.violations(),
            *of_trainings.violations(),
        ]
        for sentence in found:
            self.stdout.write(sentence)
        if options["json"]:
            self.stdout.write(json.dumps({"violations": found}))
        elif not found:
            self.stdout.write("All invariants hold.")
        if found:
            raise SystemExit(1)
