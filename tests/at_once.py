"""Things that happen in the same instant, each over a connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from django.db import connection, connections


def results_at_once(*actions, patience=60):
    """What each action returned, or the exception that it raised, in their order.

    None begins before all connections stand, for which so many seconds are given.
    """
    start = threading.Barrier(len(actions))

    def run(action):
        try:
            connection.ensure_connection()
            start.wait(timeout=patience)
            return action()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def at_once(*actions, patience=60):
    """Run the actions in the same instant; the exceptions that they raised."""
    results = results_at_once(*actions, patience=patience)
    return [result for result in results if isinstance(result, Exception)]


def meeting(threads):
    """A point which nobody passes before that many are there (or twenty seconds are over)."""
    barrier = threading.Barrier(threads)

    def wait():
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=20)

    return wait
