"""The second lock of the space: asked in production, by another message than the first."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone

from tests.codes import code_to
from tests.factories import PartnerFactory
from tests.staff import make_member
from umkm_portal.accounts.models import User

pytestmark = pytest.mark.django_db
SECURITY = "/mitra/keamanan/"
EMAIL = "rina@shopee.example"


@pytest.fixture
def member(settings):
    settings.STAFF_NEEDS_SECOND_FACTOR, settings.DEMO = True, False
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    return make_member(PartnerFactory(), email=EMAIL)


def log_in(client):
    client.post("/masuk/", {"kontak": EMAIL, "next": "/mitra/anggota/"})
    return client.post("/masuk/kode/", {"kode": code_to(EMAIL)})


def test_a_second_code_opens_the_space_and_leads_on(client, member):
    assert log_in(client).url == "/mitra/anggota/"
    asked = client.get("/mitra/anggota/").url
    assert asked.startswith(SECURITY)
    assert "r•••@shopee.example" in client.get(asked).content.decode()

    sent = client.post(SECURITY, {"action": "send", "next": "/mitra/anggota/"})
    wrong = client.post(SECURITY, {"kode": "000000", "next": "/mitra/anggota/"})
    right = client.post(SECURITY, {"kode": code_to(EMAIL), "next": "/mitra/anggota/"})

    assert "terkirim" in sent.url
    assert (wrong.status_code, right.url) == (422, "/mitra/anggota/")
    assert client.get("/mitra/anggota/").status_code == 200


def test_first_code_alone_makes_no_lock_of_its_own(client, member):
    log_in(client)

    assert client.get("/masuk/pengaman/pasang/").url == SECURITY
    assert client.post("/saya/cara-masuk/kunci/").url == SECURITY


def test_second_code_goes_to_the_phone_of_who_came_by_email(client, member):
    User.objects.filter(pk=member.pk).update(
        phone="+6281234567890", phone_verified_at=timezone.now()
    )
    log_in(client)

    assert "shopee.example" not in client.get(SECURITY).content.decode().split("<main")[1]


def test_own_authenticator_takes_the_place_of_the_code(client, member):
    TOTP.activate(member, "A" * 32)
    client.force_login(member)

    assert client.get("/mitra/").status_code == 200


def test_practice_data_asks_for_nothing(client, member, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = False
    client.force_login(member)

    assert client.get("/mitra/").status_code == 200


def test_login_leads_members_to_their_space(client, member):
    client.post("/masuk/", {"kontak": EMAIL})

    assert client.post("/masuk/kode/", {"kode": code_to(EMAIL)}).url == "/mitra/"


def test_who_acts_for_two_partners_chooses(client, member, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = False
    other = PartnerFactory(organisation__short_name="ZZZ Mitra lain")
    stranger = PartnerFactory()
    make_member(other).memberships.update(user=member)
    client.force_login(member)

    assert "ZZZ Mitra lain" in client.get("/mitra/ganti/").content.decode()
    assert client.post("/mitra/ganti/", {"mitra": stranger.organisation.slug}).status_code == 404
    client.post("/mitra/ganti/", {"mitra": other.organisation.slug})

    assert "<h1>ZZZ Mitra lain</h1>" in client.get("/mitra/").content.decode()
