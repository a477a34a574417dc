"""Logging in without a password: a code by email, then the second factor."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import reverse

from tests.codes import code_to
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
RINA = "rina@dinas.example"


@pytest.fixture(autouse=True)
def _channel_on(settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"


def ask(client, typed=RINA):
    """Ask for a code; return the address of the page that takes it."""
    page = client.post(reverse("account_login"), {"kontak": typed})
    assert page.url == reverse("account_confirm_login_code")
    return page.url


def test_staff_log_in_with_the_code_from_their_mail(client):
    UserFactory(email=RINA, is_staff=True)

    page = client.post(ask(client, "Rina@dinas.example"), {"kode": code_to(RINA)})

    assert page.url == reverse("admin:index")
    assert client.session["_auth_user_id"]


def test_wrong_code_is_refused_with_a_sentence(client):
    UserFactory(email=RINA, is_staff=True)
    address = ask(client)
    wrong = f"{(int(code_to(RINA)) + 1) % 1_000_000:06}"

    page = client.post(address, {"kode": wrong})

    assert page.status_code == 422
    assert "errsum" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_second_factor_is_asked_after_the_code(client):
    user = UserFactory(email=RINA, is_staff=True)
    TOTP.activate(user, generate_totp_secret())

    page = client.post(ask(client), {"kode": code_to(RINA)})

    assert page.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_second_factor_secret_is_encrypted_at_rest():
    user = UserFactory()
    secret = generate_totp_secret()
    TOTP.activate(user, secret)

    stored = Authenticator.objects.get(user=user).data["secret"]

    assert secret not in stored
    assert TOTP(Authenticator.objects.get(user=user)).instance.wrap()


def test_nobody_registers_as_staff(client):
    page = client.post(reverse("account_signup"), {"email": "baru@dinas.example"})

    assert "dibuat oleh admin" in page.content.decode()


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_inactive", "account_logout"]
)
def test_pages_of_the_login_are_in_indonesian(client, name):
    page = client.get(reverse(name), follow=True)

    assert page.status_code == 200
    assert not re.search(r"\b(Sign|Password|Please|Email address)\b", page.content.decode())


def test_setting_up_the_second_factor(client):
    user = UserFactory(is_staff=True)
    client.force_login(user)

    page = client.get(reverse("mfa_activate_totp"))

    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    assert "style=" not in page.content.decode()
