"""Google proves an email, TikTok opens a link; both against a server that plays them."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from tests import oauth
from tests.factories import MembershipFactory, ParticipantFactory, UserFactory
from tests.pages.mine.test_doors import freshly_logged_in
from umkm_portal.accounts.doors import close_doors
from umkm_portal.accounts.models import User

pytestmark = pytest.mark.django_db
LOGIN, DOORS, UNLINK = "/masuk/", "/saya/cara-masuk/", "/saya/cara-masuk/tiktok/lepas/"
EMAIL = "siti@contoh.example"


@pytest.fixture
def providers(settings, monkeypatch):
    found = oauth.Providers()
    server, address = oauth.serve(found)
    oauth.switch_on(settings, monkeypatch, address)
    yield found
    server.shutdown()
    server.server_close()


def through(client, provider, **typed):
    """Press the button, come back from the provider; the portal's answer to that."""
    away = client.post(f"/masuk/{provider}/", typed)
    state = parse_qs(urlsplit(away.url).query)["state"][0]
    return client.get(f"/masuk/{provider}/kembali/", {"code": "c", "state": state})


def user_of(client):
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def told(client, address=LOGIN):
    return client.get(address).content.decode()


def test_without_keys_there_are_no_buttons_and_no_pages(client):
    page = client.get(LOGIN)

    assert "Google" not in page.content.decode()
    assert "google" not in page.headers["Content-Security-Policy"]
    assert client.post("/masuk/google/").status_code == 404
    assert client.get("/masuk/tiktok/kembali/").status_code == 404


def test_google_logs_in_to_the_account_of_the_address_and_claims_its_records(client, providers):
    owner = UserFactory(email=EMAIL)
    record = ParticipantFactory(account=None, email=EMAIL)
    page = client.get(LOGIN)
    assert "Masuk dengan Google" in page.content.decode()
    assert "form-action 'self' http://127.0.0.1" in page.headers["Content-Security-Policy"]

    answer = through(client, "google", next="/saya/data/")

    record.refresh_from_db()
    assert answer.url == "/saya/data/"
    assert user_of(client) == record.account == owner
    assert not SocialAccount.objects.exists(), "nothing of the Google account is kept"


def test_google_makes_an_account_for_a_new_address_once(client, providers):
    for _ in range(2):
        assert through(client, "google").url == "/saya/"
        client.logout()

    assert User.objects.get().email == EMAIL


@pytest.mark.parametrize("facts", [{"email_verified": False}, {"email": "bukan alamat"}])
def test_google_opens_nothing_by_an_address_it_has_not_verified(client, providers, facts):
    UserFactory(email=EMAIL)
    providers.google |= facts

    assert through(client, "google").url == LOGIN

    assert user_of(client) is None
    assert "Google belum memeriksa email" in told(client)


def test_closed_account_stays_closed(client, providers):
    UserFactory(email=EMAIL, is_active=False)

    assert through(client, "google").url == "/masuk/tidak-aktif/"
    assert user_of(client) is None


@pytest.mark.parametrize("kind", ["staff", "partner"])
def test_staff_and_partners_need_their_second_factor(client, providers, kind):
    user = UserFactory(email=EMAIL, is_staff=kind == "staff")
    if kind == "partner":
        MembershipFactory(user=user, role="partner_uploader")

    assert through(client, "google").url == LOGIN
    assert "Petugas dan mitra masuk dengan kode dulu" in told(client)
    Authenticator.objects.create(user=user, type="totp", data={})
    assert through(client, "google").url == "/masuk/pengaman/periksa/"

    assert user_of(client) is None


def test_old_phone_is_proved_again_after_google_too(client, providers):
    long_ago = timezone.now() - timezone.timedelta(days=800)
    UserFactory(email=EMAIL, phone="+6281234567890", phone_verified_at=long_ago)

    assert through(client, "google").url == "/masuk/nomor/"
    assert user_of(client) is None


def test_tiktok_is_linked_first_then_logs_in_until_it_is_taken_away(client, providers):
    owner = UserFactory(email=EMAIL)
    assert through(client, "tiktok").url == LOGIN
    assert "masuk dulu dengan nomor HP, lalu hubungkan TikTok" in told(client)
    assert not SocialAccount.objects.exists()

    freshly_logged_in(client, owner)
    assert "Hubungkan TikTok" in told(client, DOORS)
    assert through(client, "tiktok", process="connect").url == DOORS
    assert "Dapur Siti" in told(client, DOORS)
    client.logout()
    assert through(client, "tiktok").url == "/saya/"
    assert user_of(client) == owner
    assert SocialAccount.objects.get().extra_data == {"display_name": "Dapur Siti"}

    freshly_logged_in(client, owner)
    assert client.post(UNLINK).url == DOORS
    client.logout()
    assert through(client, "tiktok").url == LOGIN
    assert user_of(client) is None


def test_tiktok_of_one_account_cannot_be_linked_to_another_or_late(client, providers):
    owner, stranger, late = UserFactory(), UserFactory(), UserFactory()
    freshly_logged_in(client, owner)
    through(client, "tiktok", process="connect")
    freshly_logged_in(client, stranger)
    through(client, "tiktok", process="connect")
    assert "sudah terhubung ke akun lain" in told(client, DOORS)
    providers.tiktok["open_id"] = "t2"
    client.force_login(late)
    through(client, "tiktok", process="connect")
    client.logout()
    through(client, "tiktok", process="connect")

    assert [link.user for link in SocialAccount.objects.all()] == [owner]
    assert close_doors(owner) == 1


def test_what_is_cancelled_or_makes_no_sense_leads_back_to_the_code(client, providers):
    away = client.post("/masuk/google/")
    state = parse_qs(urlsplit(away.url).query)["state"][0]
    address = "/masuk/google/kembali/"

    for query in ({"error": "access_denied", "state": state}, {"code": "c", "state": "x"}, {}):
        assert client.get(address, query).url == LOGIN
        assert "Google tidak jadi dipakai" in told(client)
