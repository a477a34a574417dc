import pytest
from django.urls import reverse

from tests.staff import answers, make_user

pytestmark = pytest.mark.django_db


def test_first_page_is_for_staff_only(client):
    assert answers(client, reverse("admin:index")) == {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 200,
        "auditor": 200,
        "city": 200,
        "head": 200,
        "superuser": 200,
    }


def test_anonymous_is_sent_to_the_login_page_and_back(client):
    response = client.get(reverse("admin:index"), follow=True)

    assert response.redirect_chain[-1][0] == "/masuk/?next=%2Fadmin%2F"


def test_sidebar_shows_only_what_the_role_may_open(client):
    client.force_login(make_user("city"))

    page = client.get(reverse("admin:index")).content.decode()

    assert reverse("admin:participants_participant_changelist") in page
    assert reverse("admin:accounts_user_changelist") not in page


@pytest.mark.parametrize("is_demo", [True, False])
def test_tour_and_mailbox_are_linked_in_practice_only(client, settings, is_demo):
    settings.DEMO = is_demo
    client.force_login(make_user("head"))

    page = client.get(reverse("admin:index")).content.decode()

    assert (reverse("pages:mailbox") in page) is is_demo
    assert ("Data latihan" in page) is is_demo


def test_staff_without_second_factor_must_set_it_up_in_production(client, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    client.force_login(make_user("head"))

    response = client.get(reverse("admin:index"))

    assert response["Location"] == reverse("mfa_activate_totp")


def test_only_staff_pages_may_run_eval(client):
    client.force_login(make_user("head"))

    staff_page = client.get(reverse("admin:index"))["Content-Security-Policy"]
    public_page = client.get("/")["Content-Security-Policy"]

    assert "'unsafe-eval'" in staff_page
    assert "unsafe" not in public_page
    assert "frame-ancestors 'none'" in staff_page


def test_staff_page_loads_nothing_from_elsewhere(client):
    client.force_login(make_user("head"))

    page = client.get(reverse("admin:index")).content.decode()

    assert 'src="http' not in page
    assert 'href="http' not in page
