"""`manage.py purge`: remove what is kept no longer; `--dry-run` only tells what would go."""

import argparse
import json
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from umkm_portal.common import retention
from umkm_portal.common.commands import ReportingCommand
from umkm_portal.common.retention import Purged


class Command(ReportingCommand):
    help = "Remove uploads, staged rows, codes, drafts and addresses that are too old."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would go")
        parser.add_argument("--json", action="store_true", help="one JSON object as last line")

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        done = retention.purge(now=timezone.now(), is_dry=is_dry)
        for purged in done:
            self.stdout.write(_line(purged, is_dry=is_dry))
        failed = [purged.name for purged in done if purged.error]
        if options["json"] and not failed:
            self.stdout.write(json.dumps(_report(done, is_dry=is_dry), ensure_ascii=False))
        if failed:
            raise CommandError(f"these stopped, see the log: {', '.join(failed)}.")


def _line(purged: Purged, *, is_dry: bool) -> str:
    since = f", oldest of {purged.oldest:%d/%m/%Y}" if purged.oldest else ""
    if purged.error:
        return f"{purged.name}: stopped ({purged.error})"
    if is_dry:
        return f"{purged.name}: {purged.count} would go{since} ({purged.label})"
    return f"{purged.name}: {purged.removed} gone{since} ({purged.label})"


def _report(done: list[Purged], *, is_dry: bool) -> dict[str, Any]:
    return {
        "dry_run": is_dry,
        "classes": {
            purged.name: {
                "count": purged.count,
                "oldest": purged.oldest.isoformat() if purged.oldest else None,
                "removed": purged.removed,
            }
            for purged in done
        },
    }
