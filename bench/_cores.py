"""How much of the machine each program takes while something goes on."""

import contextlib
import os
import time
from pathlib import Path


@contextlib.contextmanager
def counted(pids):
    """A dict that in the end says, by name, how many cores that process and its children took.

    `client` is this process without its children.
    """
    cores, begun, own = {}, time.monotonic(), time.process_time()
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    yield cores
    seconds = time.monotonic() - begun
    for name, pid in pids.items():
        cores[name] = round((cpu_seconds(pid) - before[name]) / seconds, 2)
    cores["client"] = round((time.process_time() - own) / seconds, 2)


def cpu_seconds(pid):
    """Of a process, all that it started, and all of those that have ended."""
    return _own(pid) + sum(map(cpu_seconds, _children(pid)))


def _own(pid):
    try:
        facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(pid):
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            found += (thread / "children").read_text().split()
    return found
