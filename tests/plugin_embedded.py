"""Gives the whole test run a throwaway PostgreSQL and Valkey, before settings are read.

Loaded by `-p tests.plugin_embedded`. The processes of xdist share them, each with databases of its
own in both (`tests.databases`). With DATABASE_URL or REDIS_URL set the tests use those servers and
nothing is started.
"""

import os
import subprocess
import sys

import pytest

from umkm_portal.embedded.lease import EmbeddedError, Lease, needs_servers, throwaway_folder

_folder = throwaway_folder()
_lease = None
_maker = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    if "PYTEST_XDIST_WORKER" not in os.environ and needs_servers(["manage.py", "test"]):
        _start(early_config)
    return (yield)


def _start(config):
    global _lease, _maker
    folder = _folder.__enter__()
    _lease = Lease(folder, is_throwaway=True)
    try:
        _lease.acquire()
    except EmbeddedError as error:
        _folder.__exit__(None, None, None)
        pytest.exit(f"portal: {error}", returncode=1)
    if config.known_args_namespace.numprocesses:  # the tables come while the others collect
        settings = {"DJANGO_SETTINGS_MODULE": config.getini("DJANGO_SETTINGS_MODULE")}
        command = [sys.executable, "-m", "tests.databases"]
        _maker = subprocess.Popen(command, cwd=config.rootpath, env={**os.environ, **settings})


@pytest.hookimpl(trylast=True)
def pytest_unconfigure():
    if _maker is not None:
        _maker.kill()
        _maker.wait()
    if _lease is not None:
        _lease.release()
        _folder.__exit__(None, None, None)
