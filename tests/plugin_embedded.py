"""Gives the whole test run a throwaway PostgreSQL and Valkey, before settings are read.

Loaded by `-p tests.plugin_embedded`. Every process of xdist has servers of its own, so that tests
which empty the cache or work the queues cannot meet; the one that only hands tests out has none.
With DATABASE_URL or REDIS_URL set the tests use those servers and nothing is started.
"""

import os

import pytest

from umkm_portal.embedded.lease import EmbeddedError, Lease, needs_servers, throwaway_folder

_folder = throwaway_folder()
_lease = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    if not _only_hands_out(early_config.known_args_namespace):
        _start()
    return (yield)


def _only_hands_out(options):
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    return bool(getattr(options, "numprocesses", 0)) and not (is_worker or options.usepdb)


def _start():
    global _lease
    if not needs_servers(["manage.py", "test"]):
        return
    folder = _folder.__enter__()
    _lease = Lease(folder, is_throwaway=True)
    try:
        _lease.acquire()
    except EmbeddedError as error:
        _folder.__exit__(None, None, None)
        pytest.exit(f"portal: {error}", returncode=1)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    if _lease is not None:
        _lease.release()
        _folder.__exit__(None, None, None)
