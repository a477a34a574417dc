"""Owners come in by a code to their phone or email, and learn about accounts only there."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import BasePasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from participants.models import ContactCode, Participant
from tests.codes import code_to, message_to
from tests.factories import ParticipantFactory, UserFactory
from umkm_portal.accounts.models import User

pytestmark = pytest.mark.django_db
LOGIN, CODE, PROOF = "/masuk/", "/masuk/kode/", "/masuk/nomor/"
PHONE, TYPED = "+6281234567890", "0812 3456 7890"
EMAIL = "siti@contoh.example"


@pytest.fixture(autouse=True)
def _channels_on(settings):
    settings.DEMO = False
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.SMS_URL = "http://127.0.0.1:9/"


def ask(client, typed=TYPED, **more):
    page = client.post(LOGIN, {"kontak": typed, **more})
    assert page.url == CODE
    return page


def user_of(client):
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def test_owner_logs_in_by_phone_and_proves_it(client):
    owner = UserFactory(email=None, phone=PHONE)
    ask(client)
    assert TYPED.replace(" ", "-") in client.get(CODE).content.decode()

    page = client.post(CODE, {"kode": code_to(PHONE)})

    assert page.url in ("/", "/saya/")
    assert user_of(client) == owner
    assert user_of(client).phone_verified_at
    assert client.get(LOGIN).status_code == 302


def test_page_asked_for_follows_the_login_but_never_a_foreign_one(client):
    UserFactory(email=EMAIL)
    ask(client, EMAIL, next="/bantuan/")
    assert client.post(CODE, {"kode": code_to(EMAIL)}).url == "/bantuan/"

    client.logout()
    ContactCode.objects.all().delete()
    ask(client, EMAIL, next="https://jahat.example/")
    assert client.post(CODE, {"kode": code_to(EMAIL)}).url in ("/", "/saya/")


def test_known_and_unknown_see_the_same_and_only_the_message_tells(client):
    UserFactory(email=EMAIL)
    pages = []
    for typed in (EMAIL, "lain@contoh.example"):
        ask(client, typed)
        page = client.get(CODE).content.decode()
        pages.append(page.replace(typed, "X").split("csrfmiddlewaretoken")[0])

    assert pages[0] == pages[1]
    assert message_to(EMAIL)[1]["catatan"] == ""
    assert "belum punya akun" in message_to("lain@contoh.example")[1]["catatan"]

    page = client.post(CODE, {"kode": code_to("lain@contoh.example")})
    assert "belum terdaftar" in page.content.decode()
    assert user_of(client) is None
    assert User.objects.count() == 1


def test_imported_record_is_claimed_by_the_phone_on_it(client):
    mine = ParticipantFactory(phone=PHONE, account=None)
    taken = ParticipantFactory(phone=PHONE, account=UserFactory())
    gone = ParticipantFactory(phone=PHONE, status="anonymised")
    ask(client)

    client.post(CODE, {"kode": code_to(PHONE)})

    assert list(user_of(client).participants.all()) == [mine]
    for other in (taken, gone):
        before = other.account
        other.refresh_from_db()
        assert other.account == before


def test_number_of_a_helper_claims_nobody(client):
    ParticipantFactory.create_batch(11, phone=PHONE, account=None)
    ParticipantFactory(email=EMAIL, account=None)
    staff = UserFactory(email=EMAIL, is_staff=True)
    for typed, contact in ((TYPED, PHONE), (EMAIL, EMAIL)):
        ask(client, typed)
        client.post(CODE, {"kode": code_to(contact)})

    assert user_of(client) == staff
    assert not Participant.objects.exclude(account=None).exists()


def test_known_and_unknown_cost_the_same(client):
    UserFactory(email=EMAIL)
    ask(client, "hangat@contoh.example")
    counts = []
    for typed in (EMAIL, "lain@contoh.example"):
        with CaptureQueriesContext(connection) as queries:
            ask(client, typed)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_closed_account_stays_closed(client):
    UserFactory(email=EMAIL, is_active=False)
    ask(client, EMAIL)

    page = client.post(CODE, {"kode": code_to(EMAIL)})

    assert page.url == reverse("account_inactive")
    assert user_of(client) is None


def test_refusals_are_sentences_on_the_page(client, settings):
    page = client.post(LOGIN, {"kontak": "siti"})
    assert (page.status_code, "errsum" in page.content.decode()) == (422, True)

    ask(client)
    page = client.post(LOGIN, {"kontak": TYPED}, follow=True)
    assert (page.redirect_chain, "Tunggu" in page.content.decode()) == ([(CODE, 302)], True)
    page = client.post(CODE, {"action": "resend"}, follow=True)
    assert "Tunggu" in page.content.decode()
    ContactCode.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
    page = client.post(CODE, {"action": "resend"}, follow=True)
    assert "Kode baru sudah dikirim" in page.content.decode()
    ContactCode.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
    settings.CODES_PER_HOUR = 2
    page = client.post(LOGIN, {"kontak": TYPED})
    assert (page.status_code, "satu jam" in page.content.decode()) == (422, True)


def test_old_phone_is_proved_before_an_email_login_shows_anything(client):
    long_ago = timezone.now() - timedelta(days=400)
    owner = UserFactory(email=EMAIL, phone=PHONE, phone_verified_at=long_ago)
    person = ParticipantFactory(account=owner, phone=PHONE)
    ask(client, EMAIL)

    page = client.post(CODE, {"kode": code_to(EMAIL)})
    assert (page.url, user_of(client)) == (PROOF, None)
    assert PHONE[1:] not in client.get(PROOF).content.decode()
    client.post(PROOF, {"action": "send"})
    assert client.post(PROOF + "?kode", {"kode": "000"}).status_code == 422
    page = client.post(PROOF + "?kode", {"kode": code_to(PHONE)})

    assert (page.status_code, user_of(client)) == (302, owner)
    assert user_of(client).phone_verified_at > long_ago
    person.refresh_from_db()
    assert person.phone == PHONE


def test_old_phone_may_be_given_up(client):
    owner = UserFactory(email=EMAIL, phone=PHONE)
    person = ParticipantFactory(account=owner, phone=PHONE)
    ask(client, EMAIL)
    client.post(CODE, {"kode": code_to(EMAIL)})

    client.post(PROOF, {"action": "give-up"})

    person.refresh_from_db()
    assert (user_of(client).phone, person.phone) == (None, "")
    assert person.account == owner


class NoHasher(BasePasswordHasher):
    """Fails whoever hashes: two cores hash eight passwords a second."""

    algorithm = "none"

    def encode(self, password, salt):
        raise AssertionError("a password was hashed")

    def verify(self, password, encoded):
        raise AssertionError("a password was checked")


def test_nothing_on_the_way_in_hashes_a_password(client, settings):
    settings.PASSWORD_HASHERS = [f"{NoHasher.__module__}.NoHasher"]
    ParticipantFactory(phone=PHONE, account=None)
    ask(client)

    client.post(CODE, {"kode": code_to(PHONE)})

    assert not user_of(client).has_usable_password()
