"""What the commands with `--json` have in common: their last line is one JSON object, always."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class ReportingCommand(BaseCommand):
    """A command that ends with its report, or with `{"refused": sentence}` and exit code 1."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except CommandError as refusal:
            if options.get("json"):
                self.stdout.write(json.dumps({"refused": str(refusal)}, ensure_ascii=False))
            raise
