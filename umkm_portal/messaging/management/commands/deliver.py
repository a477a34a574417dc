"""`manage.py deliver`: work reports and the outbox without a broker until nothing is due."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from umkm_portal.messaging.ledger import STATES
from umkm_portal.messaging.services.outbox import work_everything
from umkm_portal.messaging.transports import off_reason
from umkm_portal.messaging.webhooks.processing import work_events

REPORTS_SECONDS = 3600.0


class Command(BaseCommand):
    help = "Prepare and send what is due, without a broker, until nothing is due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = work_events(seconds=REPORTS_SECONDS)
        outcomes = work_everything()
        report: dict[str, Any] = {
            "batches": outcomes["batches"],
            "expanded": outcomes["expanded"],
            "reports": reports["done"] + reports["unmatched"],
            **{state: outcomes[state] for state in STATES if outcomes[state]},
            "problem": off_reason("email") or None,
        }
        for name, value in report.items():
            self.stdout.write(f"{name}: {value if value is not None else '-'}")
        if options["json"]:
            self.stdout.write(json.dumps(report))
