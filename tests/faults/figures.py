"""All cases with all seeds in full size, by one command; figures are filed in docs/faults.md.

    python -m tests.faults.figures [--seeds 5] [--size full] [--only NAME] [--to docs/faults.md]

Ends with 1 when anybody was written to twice, or missed, in any of them, or when a control did
not fail.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.stage import ROOT

HEAD = """# What breaks while messages are sent, and what comes of it

Every case is played by real processes: Celery workers and schedule, Valkey, PostgreSQL, an SMTP
server that writes down what it took. That log is held against the ledger of the portal. The control
is the first draft that everybody would write (one task that sends to everybody in turn, tried again
when it fails) on the same stage under the same fault: it has to fail, else the fault was none.

Made by `python -m tests.faults.figures --seeds {seeds} --size {size}`: {seeds} seeds a case,
figures are sums over them, recovery is the longest silence after any fault. *Uncertain* are people
of whom nobody can know whether they got the message: they are listed for staff, never written to
again. The last two columns are the control.

| case | people | sent | twice | missed | uncertain | refused | recovery, s | twice | missed |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
COLUMNS = ("people", "sent", "twice", "missed", "uncertain", "refused")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--size", choices=("short", "full"), default="full")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines"
        lines.touch()
        code = play(options, lines)
        found = [json.loads(line) for line in lines.read_text().splitlines()]
    text = HEAD.format(seeds=options.seeds, size=options.size) + table(found)
    if options.to:
        options.to.write_text(text)
    print(text)
    sys.exit(code)


def play(options, lines):
    more = {
        "FAULT_SEEDS": str(options.seeds),
        "FAULT_SIZE": options.size,
        "FAULT_LINES": str(lines),
    }
    command = [sys.executable, "-m", "pytest", "-n", "1", "-m", "long or not long"]
    command += ["tests/faults/test_sending.py", "tests/faults/test_first_draft.py"]
    command += ["-k", options.only] if options.only else []
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False).returncode


def table(found):
    """One line per case, in the order in which they were played."""
    cases, controls = defaultdict(list), defaultdict(list)
    for line in found:
        (controls if line["is_control"] else cases)[line["case"]].append(line)
    return "".join(row(name, played, controls[name]) for name, played in cases.items())


def row(name, played, controls):
    sums = [sum(line[column] for line in played) for column in COLUMNS]
    recovery = max(line["recovery"] for line in played)
    naive = [sum(line[column] for line in controls) for column in ("twice", "missed")]
    cells = [name, *sums, recovery, *(naive if controls else ("", ""))]
    return f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    main()
