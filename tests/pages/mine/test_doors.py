"""The ways into an account: changed by its owner only, soon after a login only."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.urls import reverse
from django.utils import timezone

from participants.contacts.repair import change_contact
from tests.factories import MembershipFactory, ParticipantFactory, UserFactory
from umkm_portal.pages.login.passkeys import passkey_host

pytestmark = pytest.mark.django_db
DOORS, ADD, LOGIN = "/saya/cara-masuk/", "/saya/cara-masuk/kunci/", "/masuk/kunci/"
ANSWERS_OF_NO_BROWSER = ["", "x", "1", "[]", "{}", '{"response": 1}', '{"id": "a", "response": {}}']


def passkey_of(user):
    """A row like those of the browser test; nothing here opens its credential."""
    data = {"name": "HP", "credential": {}}
    return Authenticator.objects.create(user=user, type="webauthn", data=data)


def freshly_logged_in(client, user):
    client.force_login(user)
    session = client.session
    session["login_at"] = timezone.now().timestamp()
    session.save()


def test_stale_login_sees_but_changes_nothing(client):
    owner = UserFactory()
    key = passkey_of(owner)
    client.force_login(owner)

    page = client.get(DOORS).content.decode()
    client.post(reverse("mine:passkey_remove", args=[key.pk]))

    assert "Masuk lagi untuk mengubah" in page
    assert "data-passkey" not in page
    assert Authenticator.objects.get() == key


def test_nobody_removes_the_passkey_of_another(client):
    owner, stranger = UserFactory(), UserFactory()
    key = passkey_of(owner)
    address = reverse("mine:passkey_remove", args=[key.pk])

    freshly_logged_in(client, stranger)
    assert client.post(address).status_code == 404
    freshly_logged_in(client, owner)
    assert client.post(address).url == DOORS

    assert not Authenticator.objects.exists()


def test_keys_are_listed_in_few_queries(client, django_assert_num_queries):
    owner = UserFactory()
    client.force_login(owner)
    for count in (1, 3):
        while Authenticator.objects.count() < count:
            passkey_of(owner)
        with django_assert_num_queries(6):
            page = client.get(DOORS).content.decode()
        assert page.count("<h3>HP</h3>") == count


@pytest.mark.parametrize("address", [ADD, LOGIN])
def test_answers_that_no_browser_wrote_open_and_store_nothing(client, address):
    owner = UserFactory()
    if address == ADD:
        freshly_logged_in(client, owner)
    for answer in ANSWERS_OF_NO_BROWSER:
        client.get(LOGIN if address == LOGIN else DOORS, headers={"accept": "application/json"})
        assert client.post(address, {"credential": answer}).status_code == 302, answer

    assert not Authenticator.objects.exists()
    assert ("_auth_user_id" in client.session) == (address == ADD)


def test_challenge_of_the_login_names_nobody_and_wants_finger_or_pin(client):
    answer = client.get(LOGIN, headers={"accept": "application/json"})

    options = json.loads(answer.content)["request_options"]["publicKey"]
    assert options.get("allowCredentials", []) == []
    assert options["userVerification"] == "required"


@pytest.mark.parametrize(
    ("portal_url", "host"),
    [
        ("https://pelatihan.example.go.id", "pelatihan.example.go.id"),
        ("http://127.0.0.1:8000", "localhost"),
        ("http://localhost:8000", "localhost"),
    ],
)
def test_passkeys_belong_to_the_host_of_the_portal(settings, portal_url, host):
    settings.PORTAL_URL = portal_url

    assert passkey_host() == host


def test_passkey_is_asked_as_second_factor_of_staff_and_partners_only(client):
    owner, officer = UserFactory(), UserFactory(is_staff=True)
    partner = MembershipFactory(role="partner_uploader", user=UserFactory()).user
    for user in (owner, officer, partner):
        passkey_of(user)

    assert [is_mfa_enabled(user, ["totp", "webauthn"]) for user in (owner, officer, partner)] == [
        False,
        True,
        True,
    ]
    Authenticator.objects.create(user=owner, type="totp", data={})
    assert is_mfa_enabled(owner), "who sets up an authenticator is asked for it"


def test_repaired_number_takes_the_keys_of_whoever_had_it():
    owner = UserFactory(phone="+6281234567890")
    person = ParticipantFactory(account=owner, phone=owner.phone)
    passkey_of(owner)

    change_contact(person, phone="+6281211112222", actor=UserFactory(), now=timezone.now())

    assert not Authenticator.objects.exists()
