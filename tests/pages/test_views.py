import pytest
from django.template.loader import render_to_string
from django.urls import reverse

from tests.factories import CohortFactory, RegionFactory, VenueFactory
from trainings.models import Cohort
from umkm_portal.pages.context import whatsapp_url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [1, 3])
def test_home_runs_a_constant_number_of_queries(client, count, django_assert_num_queries):
    CohortFactory.create_batch(count)

    with django_assert_num_queries(8):
        response = client.get("/")

    assert len(response.context["waves"]) == count


def test_home_shows_the_soonest_three_and_the_number_of_all(client):
    CohortFactory.create_batch(5)
    CohortFactory(state=Cohort.State.DRAFT)

    response = client.get("/")

    assert len(response.context["waves"]) == 3
    assert "Lihat semua 5 gelombang" in response.content.decode()


def test_home_without_cohorts_says_so(client):
    body = client.get("/").content.decode()

    assert "Belum ada gelombang yang dibuka." in body
    assert "Lihat semua" not in body


def test_home_counts_cohorts_on_the_map_and_in_the_select(client):
    city = RegionFactory(code="31.71", level="city", short_name="Jakarta Pusat")
    district = RegionFactory(code="31.71.07", level="district", name="Tanah Abang", parent=city)
    CohortFactory.create_batch(2, session__venue=VenueFactory(region=district))

    response = client.get("/")

    assert [(tile.label, tile.count, tile.step) for tile in response.context["tiles"]] == [
        ("Tanah Abang", 2, 2)
    ]
    assert '<option value="31.71.07">Tanah Abang (2)</option>' in response.content.decode()


def test_home_shows_published_figures_with_their_source(client, settings):
    settings.PUBLISHED_FACTS = [
        {"value": 1500, "target": 2000, "text": "Contoh", "source": "Data 1 Maret 2026"}
    ]

    body = client.get("/").content.decode()

    assert "1.500" in body
    assert "75 persen" in body
    assert "Data 1 Maret 2026" in body


@pytest.mark.parametrize("name", ["home", "help", "privacy"])
def test_public_pages_carry_a_strict_policy_and_no_inline_code(client, name):
    response = client.get(reverse(f"pages:{name}"))

    policy = response["Content-Security-Policy"]
    body = response.content.decode()
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "style=" not in body
    assert "<style" not in body
    assert "onclick" not in body


def test_ribbon_marks_practice_data_only(client, settings):
    settings.DEMO = True
    assert "Data latihan" in client.get(reverse("pages:help")).content.decode()

    settings.DEMO = False
    assert "Data latihan" not in client.get(reverse("pages:help")).content.decode()


def test_contact_appears_only_when_it_is_set(client, settings):
    settings.CONTACT_WHATSAPP = ""
    assert "wa.me" not in client.get(reverse("pages:help")).content.decode()

    settings.CONTACT_WHATSAPP = "0812-3456-7890"
    assert "https://wa.me/6281234567890" in client.get(reverse("pages:help")).content.decode()


@pytest.mark.parametrize("number", ["0812 3456 7890", "+62 812-3456-7890", "6281234567890"])
def test_whatsapp_url_reads_every_spelling(number):
    assert whatsapp_url(number).startswith("https://wa.me/6281234567890?text=")


def test_unknown_page_leads_back(client):
    response = client.get("/tidak-ada/")

    assert response.status_code == 404
    assert "Halaman tidak ditemukan" in response.content.decode()


def test_healthz_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


def test_readyz_answers_when_database_and_cache_do(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"database": True, "cache": True}


def test_readyz_names_a_dead_cache(client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"database": True, "cache": False}


@pytest.mark.parametrize("name", ["403.html", "404.html", "429.html", "500.html", "403_csrf.html"])
def test_error_pages_lead_back_without_any_context(name):
    """A page that tells of a failure must not need anything that may have failed."""
    body = render_to_string(name)

    assert 'href="/"' in body
    assert "<h1>" in body
