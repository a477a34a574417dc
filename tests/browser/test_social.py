"""The buttons of Google and TikTok lead there and back under the pages' own CSP."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import oauth
from tests.factories import ParticipantFactory, UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]


def test_owner_comes_in_by_google_links_tiktok_and_comes_in_by_it(
    page, live_server, settings, monkeypatch, violations
):
    server, address = oauth.serve(oauth.Providers())
    oauth.switch_on(settings, monkeypatch, address)
    ParticipantFactory(account=UserFactory(email="siti@contoh.example"))
    settings.PORTAL_URL = live_server.url
    page.set_viewport_size({"width": 390, "height": 844})
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(live_server.url + reverse("account_login"))
    assert [url for url in asked if not url.startswith(live_server.url)] == []
    assert violations(page) == []
    page.get_by_role("button", name="Masuk dengan Google").click()
    expect(page).to_have_url(live_server.url + "/saya/")

    page.goto(live_server.url + reverse("mine:doors"))
    page.get_by_role("button", name="Hubungkan TikTok").click()
    expect(page.get_by_role("heading", name="Dapur Siti")).to_be_visible()
    assert violations(page) == []

    page.context.clear_cookies()
    page.goto(live_server.url + reverse("account_login"))
    page.get_by_role("button", name="Masuk dengan TikTok").click()
    expect(page).to_have_url(live_server.url + "/saya/")
    server.shutdown()
    server.server_close()
