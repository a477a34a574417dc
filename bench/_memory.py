"""How much memory a process and those it started hold, looked at while they run."""

import os
import threading
from pathlib import Path


class Watch(threading.Thread):
    """Looks ten times a second: `peak_mb` is a process with its children, `child_mb` the largest.

    Only what runs Python counts: the database's servers are nobody's memory.
    """

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_mb, self.child_mb = pid, 0.0, 0
        self._stopped = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failure):
        self._stopped.set()
        self.join()

    def run(self):
        while not self._stopped.wait(0.1):
            own, *children = map(resident_mb, family(self.pid))
            self.peak_mb = max(self.peak_mb, own + sum(children))
            self.child_mb = max(self.child_mb, *map(round, children), 0)


def family(pid):
    """The process and those that its threads started."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        found += [int(child) for child in children if is_python(child)]
    return found


def is_python(pid):
    try:
        return b"python" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return False


def resident_mb(pid):
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def highest_mb(pid):
    """The most that a process has held since it began."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
