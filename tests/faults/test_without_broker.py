"""Valkey is gone, with broker and cache: staff press send, owners register and answer, no 500."""

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from redis.exceptions import RedisError

from tests.messaging import scenes
from tests.pages.registration.conftest import Owner
from tests.staff import make_user
from tests.stage import free_port
from tests.tables import load_lists
from umkm_portal.messaging import kinds, nudges, services
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/", "/gelombang/", "/daftar/", "/masuk/", "/undangan/", "/cek/", "/bantuan/", "/privasi/")


@pytest.fixture
def without_valkey(settings, monkeypatch):
    """Nothing listens where broker and cache should be."""
    address = f"redis://127.0.0.1:{free_port()}"
    settings.CELERY_BROKER_URL = f"{address}/0"
    gone = {**settings.CACHES["default"], "LOCATION": f"{address}/1"}
    settings.CACHES = {**settings.CACHES, "default": gone}
    monkeypatch.setattr(nudges, "_silent_until", 0.0)
    nudges._connection.cache_clear()
    with pytest.raises(RedisError):
        caches["default"].get("anything")
    yield
    nudges._connection.cache_clear()


@pytest.fixture
def lists(settings):
    settings.SMS_URL = "http://127.0.0.1:9/sms"
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.DEMO, settings.CODE_RESEND_SECONDS = False, 0
    load_lists()


def test_staff_press_send_and_everything_is_queued(client, lists, without_valkey, monkeypatch):
    monkeypatch.setattr(kinds, "_registered", dict(kinds._registered))
    scenes.register_kinds()
    scenes.let_fly()
    campaign = scenes.make_campaign(40)
    client.force_login(make_user("head"))

    page = client.get(reverse("admin:messaging_campaign_change", args=[campaign.pk]))
    pressed = client.post(reverse("admin:messaging_campaign_press", args=[campaign.pk, "mulai"]))

    campaign.refresh_from_db()
    assert (page.status_code, pressed.status_code, campaign.state) == (200, 302, "expanding")
    services.sweep_outbox(now=campaign.started_at)
    services.expand_campaign(campaign, now=campaign.started_at)
    assert scenes.states(campaign) == {"pending": 40}


def test_owner_registers_and_reads(lists, without_valkey):
    for path in PAGES:
        assert Client().get(path).status_code == 200, path

    siti = Owner()
    receipt = siti.register()

    assert receipt.status_code == 200
    assert Delivery.objects.filter(campaign__kind="contact_code").exists()
