"""A broker that is down or silent breaks no click and costs a second at most."""

import socket
import time

import pytest

from tests.stage import free_port
from umkm_portal.messaging import nudges


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    monkeypatch.setattr(nudges, "_silent_until", 0.0)
    nudges._connection.cache_clear()
    yield
    nudges._connection.cache_clear()


def test_dead_broker_is_no_error(settings):
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"

    started = time.monotonic()
    sent = nudges.now(nudges.WORK)

    assert sent is False
    assert time.monotonic() - started < 2


def test_silent_broker_costs_little_and_only_once(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"

        started = time.monotonic()
        first = nudges.now(nudges.WORK)
        between = time.monotonic()
        second = nudges.now(nudges.WORK)

    assert (first, second) == (False, False)
    assert between - started < 4
    assert time.monotonic() - between < 0.1


def test_living_broker_takes_the_nudge():
    assert nudges.now(nudges.WORK, expires=1) is True
