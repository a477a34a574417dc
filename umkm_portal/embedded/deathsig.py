"""Children that the kernel stops when their parent dies, however it dies (Linux)."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` after which the child gets `number` when its parent is gone.

    The signal belongs to the thread that starts the child: call it from the main thread. It runs
    after the change of user, which would clear it. Does nothing where there is no prctl (macOS).
    """
    parent = os.getpid()

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:
                os.kill(os.getpid(), number)

    return arrange
