"""An owner comes in by the code to her phone: at 390 px, without JavaScript."""

import pytest
from django.urls import reverse

from participants.models import ContactCode
from tests.codes import code_to
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
PHONE = "+6281234567890"


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 390, "height": 844}}


@pytest.mark.parametrize("has_script", [False, True], ids=["without", "with"])
def test_owner_logs_in_by_phone(new_context, live_server, settings, violations, has_script):
    settings.DEMO, settings.SMS_URL = False, "http://127.0.0.1:9/"
    UserFactory(email=None, phone=PHONE)
    page = new_context(java_script_enabled=has_script).new_page()

    page.goto(live_server.url + reverse("account_login"))
    page.get_by_label("Nomor HP atau email").fill("0812 3456 7890")
    page.get_by_role("button", name="Kirim kode").click()
    page.get_by_label("Kode 6 angka").fill("12")
    page.get_by_role("button", name="Masuk").click()
    assert page.locator(".errsum").is_visible()
    assert ContactCode.objects.get().tries == 0
    if has_script:
        assert violations(page) == []
    page.get_by_label("Kode 6 angka").fill(code_to(PHONE))
    page.get_by_role("button", name="Masuk").click()

    assert page.url == live_server.url + "/saya/"
