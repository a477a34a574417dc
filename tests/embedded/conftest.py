import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.embedded import holders


@contextlib.contextmanager
def place_for_data():
    parent = Path(tempfile.mkdtemp(prefix="portal-test-"))
    parent.chmod(0o755)
    yield parent / "data"
    assert holders.wait_for(lambda: not holders.processes_below(parent)), "processes are left"
    where = parent / "data" / "where"
    if where.exists():
        shutil.rmtree(where.read_text().strip())
    shutil.rmtree(parent)


@pytest.fixture
def data():
    """A path for a data folder, reachable by every user (pytest's own folders are not)."""
    with place_for_data() as path:
        yield path


@pytest.fixture
def hold():
    """Start holders that are gone at the end of the test, also when it fails."""
    started = []

    def start(*arguments, **options):
        started.append(holders.Holder(*arguments, **options))
        return started[-1]

    yield start
    for holder in started:
        if holder.process.poll() is None:
            holder.kill()
        holder.process.stdout.close()
        holder.process.stdin.close()


@pytest.fixture
def root():
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture
def stranger(root):
    """Another user, with an interpreter that it can run: `(uid, command, environment)`."""
    user = holders.ordinary_user()
    found = holders.python_for(user)
    if found is None:
        pytest.skip("no interpreter that another user can run")
    return user, *found
