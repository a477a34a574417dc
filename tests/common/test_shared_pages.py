"""Pages made once for everybody: few seconds old at most, and never somebody's own."""

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import caches
from django.db import connection
from django.db.models import F
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import CohortFactory, EnrolmentFactory
from trainings.models import Cohort
from trainings.panels import answer_url
from umkm_portal.accounts.models import User
from umkm_portal.common import shared_pages
from umkm_portal.common.shared_pages import shared_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _real_cache(settings):
    """The cache that the settings name; nobody answers where the other one is."""
    memory = "django.core.cache.backends.locmem.LocMemCache"
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {
        "default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:1/0"},
        "pages": {"BACKEND": memory, "LOCATION": "pages"},
    }
    yield
    caches["pages"].clear()


def read(client, address, **headers):
    return client.get(address, headers=headers).content.decode()


@pytest.mark.parametrize("name", ["pages:home", "trainings:schedule", "cohort"])
def test_a_page_for_everybody_is_made_once_and_soon_again(client, name, django_assert_num_queries):
    cohort = CohortFactory(seats=80, taken=74)
    address = cohort.get_absolute_url() if name == "cohort" else reverse(name)
    assert "6 kursi lagi" in read(client, address)
    Cohort.objects.update(taken=80)

    with django_assert_num_queries(0):
        kept = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    caches["pages"].clear()

    assert "6 kursi lagi" in kept.content.decode()
    assert kept["Cache-Control"] == f"max-age={shared_pages.SECONDS}"
    assert packed["Content-Encoding"] == "gzip"
    assert "Kursi penuh" in read(client, address)


def test_who_is_logged_in_gets_the_same_page_and_leaves_none_of_hers(client):
    CohortFactory()
    address = reverse("trainings:schedule")
    client.force_login(User.objects.create_user("siti@contoh.example", full_name="Siti"))

    first, second = client.get(address), client.get(address)

    assert "Siti" not in first.content.decode()
    assert first.content == second.content


def test_the_page_of_a_seat_tells_what_is_free_now(client):
    invited = EnrolmentFactory()
    address = answer_url(invited)
    assert "Kursi sedang penuh" not in read(client, address)
    Cohort.objects.update(taken=F("seats"))

    with CaptureQueriesContext(connection) as queries:
        body = read(client, address)

    assert "Kursi sedang penuh" in body
    assert len(queries) == 2


def test_each_address_has_its_own(client):
    wanted = CohortFactory(mode=Cohort.Mode.ONLINE)
    other = CohortFactory()
    address = reverse("trainings:schedule")

    everything, online = read(client, address), read(client, f"{address}?cara=online")

    assert other.training.title in everything
    assert other.training.title not in online
    assert wanted.training.title in online


@pytest.mark.parametrize("look", [get_token, lambda request: request.session.get("x")])
def test_a_page_with_a_form_or_of_a_session_is_shared_with_nobody(rf, look):
    made = []

    @shared_page
    def page(request):
        look(request)
        made.append(request)
        return HttpResponse(f"{len(made)}")

    contents = []
    for _ in range(2):
        request = rf.get("/")
        SessionMiddleware(lambda request: None).process_request(request)
        contents.append(page(request))

    assert [found.content for found in contents] == [b"1", b"2"]
    assert contents[0]["Cache-Control"] == "private"
