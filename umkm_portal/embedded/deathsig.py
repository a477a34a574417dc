"""Children that the kernel stops when their parent dies, however it dies (Linux).

The signal belongs to the thread that starts the child: start children from the main thread. Where
there is no prctl (macOS) nothing happens. This file is also a program that stands alone.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence

PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for programs that run as another user; only in a process with one thread.

    It runs after the change of user, which would clear the signal.
    """
    parent = os.getpid()
    return lambda: _arrange(number, parent)


def tethered(command: Sequence[str], number: signal.Signals) -> list[str]:
    """The command behind this program, which arranges the signal and then becomes the command.

    Unlike a `preexec_fn` this is safe beside other threads.
    """
    return [sys.executable, "-I", "-S", __file__, str(int(number)), str(os.getpid()), *command]


def _arrange(number: int, parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)


if __name__ == "__main__":
    _arrange(int(sys.argv[1]), int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606 - a command may stand on the PATH (nice)
