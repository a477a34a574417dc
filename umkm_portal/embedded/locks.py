"""Advisory locks on files: released by the kernel whenever and however their process ends."""

import os
import time
from pathlib import Path

from umkm_portal.embedded.errors import EmbeddedError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

POLL_SECONDS = 0.05


class FileLock:
    """One lock on one file, held until `release`; never inherited by child processes."""

    def __init__(self, path: Path) -> None:
        if fcntl is None:
            raise EmbeddedError(
                "the embedded servers do not run on Windows itself: use WSL or Docker, "
                "or set DATABASE_URL and REDIS_URL."
            )
        self.path = path
        self.descriptor: int | None = None

    def acquire(self, *, shared: bool = False, timeout: float | None = 0.0) -> bool:
        """Take the lock and say whether it was won within `timeout` seconds (None: wait on)."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                if deadline is not None and time.monotonic() >= deadline:
                    os.close(descriptor)
                    return False
                time.sleep(POLL_SECONDS)
                continue
            self.descriptor = descriptor
            _held[id(self)] = self
            return True

    def release(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
            _held.pop(id(self), None)


def is_held(path: Path) -> bool:
    """Whether some process holds the exclusive lock on `path`; creates nothing.

    The file may go at any moment: whoever holds the lock takes its throwaway folder along.
    """
    if fcntl is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


_held: dict[int, FileLock] = {}


def _forget_in_forked_child() -> None:
    """A forked child must not keep its parent's lock alive after the parent is gone."""
    for lock in list(_held.values()):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_forked_child)
