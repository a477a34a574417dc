"""A kind of message of the tests' own, and a real SMTP sink."""

import pytest
from django.utils import timezone

from tests.messaging import scenes
from tests.providers.sms import SmsServer
from tests.providers.whatsapp import WhatsAppServer
from tests.sink import RunningSink
from umkm_portal.messaging import kinds
from umkm_portal.messaging.models import WhatsAppTemplate


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


@pytest.fixture
def whatsapp(settings, db):
    """A Cloud API on loopback with one approved template, and the account that sends to it."""
    settings.DEMO = False
    with WhatsAppServer() as server:
        server.approve("undangan", "Yth. {{1}}, Anda diundang ke {{2}}.")
        settings.WHATSAPP_BASE_URL = f"{server.url}/v23.0"
        settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = server.token, server.phone_id
        settings.WHATSAPP_CODE_TEMPLATE = "kode"
        settings.WHATSAPP_BUSINESS_ID = server.business_id
        server.account = scenes.let_fly("whatsapp")
        server.row = WhatsAppTemplate.objects.create(
            account=server.account,
            name="undangan",
            kind=scenes.EVERYWHERE.name,
            category="marketing",
            body="Yth. {{1}}, Anda diundang ke {{2}}.",
            parameter_count=2,
            parameters=["nama", "judul"],
            state=WhatsAppTemplate.State.APPROVED,
        )
        yield server


@pytest.fixture
def sms(settings, db):
    """A provider of SMS on loopback, and the account that sends to it."""
    settings.DEMO = False
    with SmsServer() as server:
        settings.SMS_URL, settings.SMS_TOKEN = server.url, "rahasia"
        server.account = scenes.let_fly("sms")
        yield server
