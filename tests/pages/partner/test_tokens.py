"""Keys of a partner's systems on their page: shown once, for managers, ended at once."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from partners.api.tokens import make_token
from partners.models import ApiToken
from tests.factories import PartnerFactory
from tests.staff import make_member
from umkm_portal.accounts.models import Membership

pytestmark = pytest.mark.django_db
PAGE = reverse("partner:tokens")
ASKED = {"name": "Gudang", "scopes": ["lists:read"], "days": "90"}


@pytest.fixture
def shopee(client):
    partner = PartnerFactory(organisation__short_name="Shopee")
    client.force_login(make_member(partner, full_name="Rina"))
    return partner


def make(partner, name):
    facts = {"scopes": ["lists:read"], "days": 30, "by": None, "now": timezone.now()}
    return make_token(partner, name=name, **facts)[0]


def test_a_new_key_is_shown_once_and_works_until_it_is_revoked(client, shopee):
    answer = client.post(PAGE, ASKED)
    secret = re.search(r'value="(jkp_[^"]+)"', answer.content.decode())[1]
    headers = {"Authorization": f"Bearer {secret}"}
    assert "no-store" in answer["Cache-Control"]
    assert client.get("/api/v1/calls", headers=headers).status_code == 200

    page = client.get(PAGE).content.decode()
    assert secret not in page
    assert "Gudang" in page
    assert client.post(PAGE, ASKED).status_code == 422
    client.post(reverse("partner:token_revoke", args=[ApiToken.objects.get().pk]))

    assert client.get("/api/v1/calls", headers=headers).status_code == 401
    assert "Dicabut" in client.get(PAGE).content.decode()


def test_what_is_missing_is_told(client, shopee):
    answer = client.post(PAGE, {"name": "", "days": "4000"})

    assert answer.status_code == 422
    assert "Pilih paling sedikit satu hak." in answer.content.decode()
    assert ApiToken.objects.count() == 0


def test_keys_are_their_managers_affair(client, shopee):
    theirs = make(PartnerFactory(), "Rahasia")
    assert "Rahasia" not in client.get(PAGE).content.decode()
    revoke = reverse("partner:token_revoke", args=[theirs.pk])
    assert client.post(revoke).status_code == 404
    client.force_login(make_member(shopee, Membership.Role.PARTNER_UPLOADER))

    assert [client.get(PAGE).status_code, client.post(PAGE, ASKED).status_code] == [403, 403]
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_page_costs_the_same_queries_for_any_number(client, shopee):
    counts = []
    for names in (["a"], ["b", "c"]):
        for name in names:
            make(shopee, name)
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))

    assert counts[0] == counts[1]
