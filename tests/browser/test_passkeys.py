"""An owner makes a passkey, logs in with it, and takes it away: with Chromium's authenticator."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import OFFICE, PHONE
from tests.codes import code_to
from tests.factories import ParticipantFactory, UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]
EMAIL = "siti@contoh.example"
PASSKEY = re.compile("Masuk pakai sidik jari")


@pytest.fixture
def portal(live_server, settings):
    settings.DEMO, settings.EMAIL_URL = False, "smtp://127.0.0.1:9"
    settings.PORTAL_URL, settings.CODE_RESEND_SECONDS = live_server.url, 0
    return live_server.url


@pytest.fixture
def phone(page):
    """A browser with a fingerprint reader that always says yes."""
    page.set_viewport_size(PHONE)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def log_in_by_code(page, portal, email=EMAIL):
    page.goto(portal + reverse("account_login"))
    page.get_by_label("Nomor HP atau email").fill(email)
    page.get_by_role("button", name="Kirim kode").click()
    page.get_by_label("Kode 6 angka").fill(code_to(email))
    page.get_by_role("button", name="Masuk", exact=True).click()


def make_passkey(page, portal, name):
    page.goto(portal + reverse("mine:doors"))
    page.get_by_label("Nama perangkat").fill(name)
    page.get_by_role("button", name="Buat kunci").click()


def log_out(page, portal):
    page.goto(portal + reverse("account_logout"))
    page.get_by_role("button", name="Ya, keluar").click()


def test_owner_makes_a_passkey_and_logs_in_with_it(phone, portal, violations):
    owner = ParticipantFactory(account=UserFactory(email=EMAIL)).account
    log_in_by_code(phone, portal)
    phone.get_by_role("link", name="Data diri").click()
    phone.get_by_role("link", name=re.compile("Cara masuk")).click()
    assert violations(phone) == []
    make_passkey(phone, portal, "HP Siti")
    expect(phone.get_by_role("heading", name="HP Siti")).to_be_visible()
    assert violations(phone) == []

    log_out(phone, portal)
    phone.goto(portal + reverse("account_login") + "?next=/saya/data/")
    assert violations(phone) == []
    phone.get_by_role("button", name=PASSKEY).click()
    phone.wait_for_url(portal + "/saya/data/")
    assert Authenticator.objects.get(user=owner).last_used_at

    log_out(phone, portal)
    log_in_by_code(phone, portal)
    expect(phone).to_have_url(portal + "/saya/")  # the passkey is no second lock after a code
    phone.goto(portal + reverse("mine:doors"))
    phone.get_by_role("button", name="Lepas HP Siti").click()
    expect(phone.get_by_text("Belum ada kunci perangkat")).to_be_visible()
    log_out(phone, portal)
    phone.goto(portal + reverse("account_login"))
    phone.get_by_role("button", name=PASSKEY).click()
    expect(phone.get_by_text("Kunci perangkat ini tidak dikenal")).to_be_visible()


def test_staff_use_a_passkey_as_second_factor(phone, portal, violations):
    phone.set_viewport_size(OFFICE)
    staff = UserFactory(email=EMAIL, is_staff=True)
    log_in_by_code(phone, portal)
    make_passkey(phone, portal, "PC kantor")
    expect(phone.get_by_role("heading", name="Kode cadangan")).to_be_visible()
    TOTP.activate(staff, generate_totp_secret())
    log_out(phone, portal)

    log_in_by_code(phone, portal)
    expect(phone).to_have_url(portal + reverse("mfa_authenticate"))
    assert violations(phone) == []
    phone.get_by_role("button", name="Pakai kunci perangkat").click()

    phone.wait_for_url(portal + reverse("admin:index"))
