"""Logging in without a password: a code by email, then the second factor."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.urls import reverse

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def test_staff_log_in_with_the_code_from_their_mail(client, mailoutbox):
    UserFactory(email="rina@dinas.example", is_staff=True)

    page = client.post(reverse("account_login"), {"email": "Rina@dinas.example"})
    assert page.url == reverse("account_confirm_login_code")
    [mail] = mailoutbox
    code = re.search(r"\b\d{6}\b", mail.body).group()
    page = client.post(page.url, {"code": code})

    assert page.status_code == 302
    assert client.session["_auth_user_id"]


def test_unknown_address_sees_the_same_page_and_gets_no_code(client, mailoutbox):
    page = client.post(reverse("account_login"), {"email": "siapa@dinas.example"})

    assert page.url == reverse("account_confirm_login_code")
    assert not re.search(r"\b\d{6}\b", "".join(mail.body for mail in mailoutbox))


def test_wrong_code_is_refused_with_a_sentence(client, mailoutbox):
    UserFactory(email="rina@dinas.example", is_staff=True)
    page = client.post(reverse("account_login"), {"email": "rina@dinas.example"})

    page = client.post(page.url, {"code": "000000"})

    assert page.status_code == 200
    assert "errsum" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_second_factor_is_asked_after_the_code(client, mailoutbox):
    user = UserFactory(email="rina@dinas.example", is_staff=True)
    TOTP.activate(user, generate_totp_secret())
    page = client.post(reverse("account_login"), {"email": "rina@dinas.example"})
    code = re.search(r"\b\d{6}\b", mailoutbox[0].body).group()

    page = client.post(page.url, {"code": code})

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
