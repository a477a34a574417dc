"""What every bench has around what it measures: its options, a database of its own, its lines."""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from umkm_portal.embedded.lease import Lease, throwaway_folder  # noqa: E402


def run(document, measure, *, rows, options=None, too_much=None, in_lines=False):
    """Measure on a throwaway database and tell: lines for people, with --json an object at the end.

    `measure(rows, folder, **options)` returns a dict by job; `options` names switches and what they
    do. With `too_much(result)`, `--strict` ends with 1 for the jobs that it names. `in_lines` gives
    each job one line, where there are many.
    """
    parser = argparse.ArgumentParser(description=document.splitlines()[0])
    parser.add_argument("--rows", type=int, default=rows)
    parser.add_argument("--json", action="store_true", help="one JSON object as last line")
    for name, text in (options or {}).items():
        parser.add_argument(f"--{name}", action="store_true", help=text)
    if too_much:
        parser.add_argument("--strict", action="store_true", help="fail when a job needs too much")
    chosen = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as folder, throwaway_folder() as data, Lease(data):
        names = [name.replace("-", "_") for name in options or {}]
        switches = {name: chosen[name] for name in names}
        result = measure(chosen["rows"], Path(folder), **switches)
    tell(result, in_lines=in_lines)
    if chosen["json"]:
        print(json.dumps(result))
    if chosen.get("strict") and (slow := too_much(result)):
        sys.exit(f"Too much: {', '.join(slow)}")


def tell(result, *, in_lines):
    for name, job in result.items():
        if isinstance(job, dict):
            facts = [f"{key}: {value}" for key, value in job.items()]
            print(f"{name:32}", *facts) if in_lines else print(name, *facts, sep="\n  ")


def figures(seconds, limit, peak):
    return {
        "seconds": round(seconds, 2),
        "limit_seconds": round(limit, 2),
        "ratio": round(seconds / limit, 2),
        "peak_rss_mb": round(peak),
    }


def of_rounds(rounds):
    """Medians of rounds of (seconds, seconds of the limit before, and after).

    This machine is 40 % faster in one minute than in the next: each round is compared with its own
    limits, and the middle ratio counts.
    """
    limits = [(before + after) / 2 for _, before, after in rounds]
    ratios = [seconds / limit for (seconds, *_), limit in zip(rounds, limits, strict=True)]
    return {
        "seconds": round(statistics.median(seconds for seconds, *_ in rounds), 2),
        "limit_seconds": round(statistics.median(limits), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
    }


def prepare_database():
    """Django, and a migrated database; its pages without the manifest of static files."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
