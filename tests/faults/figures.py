"""All cases with all seeds in full size, by one command; figures are filed in docs/faults.md.

    python -m tests.faults.figures [--seeds 5] [--size full] [--only NAME] [--at-once 1]
        [--to docs/faults.md]

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

from tests.faults.cases import CASES
from tests.stage import ROOT

HEAD = """# What breaks while messages are sent, and what comes of it

Every case is played by real processes: Celery workers and schedule, Valkey, PostgreSQL, an SMTP
server that writes down what it took. That log is held against the ledger of the portal. The control
is the first draft that everybody would write (one task that sends to everybody in turn, tried again
when it fails) on the same stage under the same fault: it has to fail, else the fault was none.

Made by `python -m tests.faults.figures --seeds {seeds} --size {size} --at-once {at_once}`.
Figures are sums over the {seeds} seeds of a case (the control has one), recovery is the longest
time from a fault to the next message, no other fault between. *Uncertain* are people of whom nobody
can know whether they got the message: they are listed for staff, never written to again. The last
two columns are the control.

| case | people | sent | twice | missed | uncertain | refused | recovery, s | twice | missed |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
FILES = ("sending", "first_draft", "codes", "reminders")
COLUMNS = ("people", "sent", "twice", "missed", "uncertain", "refused")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--size", choices=("short", "full"), default="full")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--at-once", type=int, default=1, help="so many cases beside each other")
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines"
        lines.touch()
        code = play(options, lines)
        found = [json.loads(line) for line in lines.read_text().splitlines()]
    text = HEAD.format(**vars(options)) + table(found) + sentences(found)
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
    command = [sys.executable, "-m", "pytest", "-m", "long or not long"]
    command += ["-n", str(options.at_once), "--dist", "load", "--timeout", "1800"]
    command += [f"tests/faults/test_{name}.py" for name in FILES]
    command += ["-k", options.only] if options.only else []
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False).returncode


def table(found):
    """One line per case, in the order of their list."""
    cases, controls = defaultdict(list), defaultdict(list)
    for line in found:
        if "words" not in line:
            (controls if line["is_control"] else cases)[line["case"]].append(line)
    names = [case.name for case in CASES if case.name in cases]
    return "".join(row(name, cases[name], controls[name]) for name in names)


def row(name, played, controls):
    sums = [sum(line[column] for line in played) for column in COLUMNS]
    recovery = max(line["recovery"] for line in played)
    naive = [sum(line[column] for line in controls) for column in ("twice", "missed")]
    cells = [name, *sums, recovery, *(naive if controls else ("", ""))]
    return f"| {' | '.join(map(str, cells))} |\n"


def sentences(found):
    """What cases without a table say, each sentence once."""
    told = sorted({f"- {line['case']}: {line['words']}\n" for line in found if "words" in line})
    return "".join(["\n", *told]) if told else ""


if __name__ == "__main__":
    main()
