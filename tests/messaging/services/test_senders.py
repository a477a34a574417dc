"""Accounts looked after: health, approved texts, against the Cloud API on loopback."""

import pytest

from tests.messaging import scenes
from tests.providers.whatsapp import WhatsAppServer
from tests.stage import free_port
from umkm_portal.messaging import services
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Portfolio, WhatsAppTemplate
from umkm_portal.messaging.services.senders import UNSUPPORTED, check_all, sync_all


@pytest.fixture
def api(settings, db):
    settings.DEMO = False
    with WhatsAppServer() as server:
        settings.WHATSAPP_BASE_URL = f"{server.url}/v23.0"
        settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = server.token, server.phone_id
        settings.WHATSAPP_CODE_TEMPLATE = "kode"
        settings.WHATSAPP_BUSINESS_ID = server.business_id
        server.account = scenes.let_fly("whatsapp")
        yield server


def texts():
    return dict(WhatsAppTemplate.objects.values_list("name", "state"))


def test_number_tells_its_state_quality_and_limit(api, now, settings):
    api.account.portfolio = Portfolio.objects.create(name="Dinas", people_per_day=10_000)

    assert services.check_account(api.account, now=now)
    assert api.account.quality == "GREEN"
    assert "2.000 orang per 24 jam" in api.account.check_note
    assert "turunkan" in api.account.check_note

    api.state, api.quality = "RATE_LIMITED", "RED"
    assert not services.check_account(api.account, now=now)
    assert api.account.quality == "RED"
    api.token = "baru"
    assert not services.check_account(api.account, now=now)
    assert "(190)" in api.account.check_note
    assert services.check_account(default_account("sms"), now=now) is False
    settings.WHATSAPP_BASE_URL = f"http://127.0.0.1:{free_port()}"
    assert check_all(now=now) == 2
    api.account.refresh_from_db()
    assert "tidak dapat dihubungi" in api.account.check_note


def test_texts_follow_the_listing_page_by_page(api, now):
    api.approve("a_undangan", "Yth. {{1}}, Anda diundang ke {{2}}.")
    api.approve("b_kabar", "Yth. {{nama}}, {{langkah}}.", category="UTILITY")
    api.approve("c_tunggu", "Halo.", status="PENDING")
    api.approve("d_gambar", "Halo.")
    api.templates["d_gambar"]["components"].append({"type": "HEADER", "format": "IMAGE"})

    assert services.sync_templates(api.account, now=now)["approved"] == 2

    assert texts() == {
        "a_undangan": "approved",
        "b_kabar": "approved",
        "c_tunggu": "pending",
        "d_gambar": "pending",
    }
    found = WhatsAppTemplate.objects.get(name="b_kabar")
    assert (found.category, found.parameters) == ("utility", ["nama", "langkah"])
    assert WhatsAppTemplate.objects.get(name="d_gambar").state_reason == UNSUPPORTED

    mine = WhatsAppTemplate.objects.get(name="a_undangan")
    mine.parameters, mine.kind = ["nama", "judul"], scenes.EVERYWHERE.name
    mine.save()
    campaign = scenes.make_campaign(1, kind=scenes.EVERYWHERE, channels=["whatsapp"], approve=False)
    services.attach_template(campaign, mine)
    services.approve_campaign(campaign, actor=None, now=now)
    services.start_campaign(campaign, now=now)
    api.templates["a_undangan"]["status"] = "PAUSED"
    del api.templates["c_tunggu"]

    assert sync_all(now=now) == 4

    mine.refresh_from_db()
    campaign.refresh_from_db()
    assert (mine.state, mine.parameters) == ("paused", ["nama", "judul"])
    assert (campaign.state, "a_undangan" in campaign.pause_reason) == ("paused", True)
    assert texts()["c_tunggu"] == "gone"

    api.token = "baru"
    with pytest.raises(services.SyncRefused, match="190"):
        services.sync_templates(api.account, now=now)
