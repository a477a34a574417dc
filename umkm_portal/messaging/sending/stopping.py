"""Lets a worker's parent tell its pool processes to put their batches down and stop.

One byte of memory shared through fork: the pool processes get no signal on a warm shutdown.
"""

import mmap

_flag = mmap.mmap(-1, 1)


def ask_to_stop() -> None:
    _flag[0] = 1


def is_stopping() -> bool:
    return _flag[0] == 1
