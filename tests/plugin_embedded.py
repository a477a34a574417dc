"""Gives the whole test run a throwaway PostgreSQL and Valkey, before settings are read.

Loaded by `-p tests.plugin_embedded`. Children of xdist inherit PORTAL_DATA. With DATABASE_URL or
REDIS_URL set the tests use those servers and nothing is started.
"""

import os

import pytest

from umkm_portal.embedded.lease import EmbeddedError, Lease, needs_servers, throwaway_folder

_folder = throwaway_folder()
_lease = None


def _start():
    global _lease
    if os.environ.get("PYTEST_XDIST_WORKER") or not needs_servers(["manage.py", "test"]):
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


_start()
