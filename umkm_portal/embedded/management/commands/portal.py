"""`manage.py portal`: the whole portal with one command."""

import argparse
import json
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from umkm_portal.embedded import once
from umkm_portal.embedded.supervisor import Stop, Supervisor, stop_signals

INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Starts everything: database and broker (unless DATABASE_URL and REDIS_URL are set), "
        "migrations, static files, practice data, web server, workers, schedule, mail catcher."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, help="port to listen on (default: 8000 or next)")
        parser.add_argument(
            "--once",
            action="store_true",
            help="do the main job once on throwaway data and print what happened as JSON",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        begin = time.monotonic()
        supervisor = Supervisor(host=options["host"], port=options["port"], is_once=options["once"])
        with stop_signals():
            try:
                if options["once"]:
                    self._once(supervisor, begin)
                else:
                    self._run(supervisor)
            except Stop:
                self.stdout.write("portal: stopped.")
                sys.exit(INTERRUPTED if options["once"] else 0)

    def _run(self, supervisor: Supervisor) -> None:
        with supervisor:
            self.stdout.write(box(supervisor.address.url))
            supervisor.run()

    def _once(self, supervisor: Supervisor, begin: float) -> None:
        with supervisor:
            result, problems = once.run(supervisor, begin=begin)
        for problem in problems:
            self.stdout.write(f"portal: {problem}.")
        self.stdout.write(json.dumps(result))
        if problems:
            sys.exit(1)


def box(url: str) -> str:
    """The few lines that a newcomer needs after the start."""
    lines = [f"Portal Pelatihan UMKM is ready:  {url}", ""]
    if settings.DEMO:
        lines += [
            f"Guided tour    {url}/coba/   (Indonesian and English)",
            "Log in         on the tour page, one click: as officer, Shopee, TikTok or owner",
            f"Mailbox        every mail is caught here and readable from {url}/coba/",
        ]
    else:
        lines += [
            f"Staff          {url}/admin/",
            "Log in         `manage.py staff_link EMAIL` prints a one-time link",
        ]
    lines += ["Stop           Ctrl-C"]
    width = max(map(len, lines)) + 2
    edge = "+" + "-" * (width + 2) + "+"
    return "\n".join(["", edge, *(f"|  {line:<{width}}|" for line in lines), edge, ""])
