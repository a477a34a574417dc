"""A kind of message of the tests' own, and a real SMTP sink."""

import pytest
from django.utils import timezone

from tests.messaging import scenes
from tests.sink import RunningSink
from umkm_portal.messaging import kinds


@pytest.fixture(autouse=True)
def _own_kinds(monkeypatch):
    monkeypatch.setattr(kinds, "_registered", dict(kinds._registered))
    scenes.register_kinds()


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def _channel_on(settings):
    """A configured channel, for tests that hand nothing over."""
    settings.EMAIL_URL = "smtp://127.0.0.1:9"


@pytest.fixture
def sink(tmp_path, settings):
    """An SMTP server that takes everything, and the settings that point to it."""
    with RunningSink(tmp_path / "sink.log") as running:
        (tmp_path / "sink.log").touch()
        settings.EMAIL_URL = running.url
        yield running


@pytest.fixture
def sink_that(tmp_path, settings):
    """Start a sink with options of the test's choice."""
    started = []

    def start(*options):
        (tmp_path / "sink.log").touch()
        running = RunningSink(tmp_path / "sink.log", options)
        started.append(running)
        settings.EMAIL_URL = running.__enter__().url
        return running

    yield start
    for running in started:
        running.__exit__()
