"""Targets that were found in public pages; staff add their own and may correct these."""

from __future__ import annotations

import csv
from pathlib import Path

from umkm_portal.reports.models import Target

FILE = Path(__file__).resolve().parent / "data" / "targets.csv"


def load_known_targets() -> None:
    """Write the targets that are missing; what staff changed stays."""
    with FILE.open(encoding="utf-8", newline="") as file:
        Target.objects.bulk_create(
            [
                Target(
                    measure=row["measure"],
                    since=int(row["since"]),
                    year=int(row["year"]),
                    number=int(row["number"]),
                    source=row["source"],
                    source_date=row["source_date"],
                )
                for row in csv.DictReader(file)
            ],
            ignore_conflicts=True,
        )
