"""The first login of staff: a link that a command prints and that works once."""

import json
from datetime import timedelta
from io import StringIO
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.factories import MembershipFactory, UserFactory
from umkm_portal.accounts import services
from umkm_portal.accounts.models import Membership, Organisation, User

pytestmark = pytest.mark.django_db


def staff_link(email="kepala@dinas.example", **options):
    out = StringIO()
    call_command("staff_link", email, json=True, stdout=out, **options)
    return json.loads(out.getvalue().splitlines()[-1])


def path_of(link):
    return urlsplit(link).path


def logged_in_user(client):
    return client.session.get("_auth_user_id")


def test_staff_link_creates_staff_with_a_role_and_no_password():
    report = staff_link("Kepala@Dinas.example ")

    user = User.objects.get(email="kepala@dinas.example")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, True, False)
    assert user.memberships.get().role == Membership.Role.HEAD_OFFICE
    assert (report["created"], report["role_given"]) == (True, "head_office")


def test_only_the_first_staff_account_manages_accounts():
    staff_link("pertama@dinas.example")

    assert staff_link("kedua@dinas.example")["superuser"] is False


def test_staff_link_again_changes_nothing_of_the_account():
    staff = MembershipFactory(role=Membership.Role.AUDITOR).user

    report = staff_link(staff.email)

    assert (report["created"], report["role_given"]) == (False, "")
    assert staff.memberships.get().role == Membership.Role.AUDITOR
    assert Organisation.objects.count() == 1


def test_opening_the_link_shows_a_button_and_logs_nobody_in(client):
    link = path_of(staff_link()["link"])

    for _ in range(3):
        page = client.get(link)
        client.head(link)

    assert page.status_code == 200
    assert "kepala@dinas.example" in page.content.decode()
    assert logged_in_user(client) is None


def test_pressing_the_button_logs_in_once(client, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = False
    link = path_of(staff_link()["link"])
    user = User.objects.get()

    first = client.post(link)
    session = logged_in_user(client)
    client.logout()
    second = client.post(link)

    assert (first.status_code, first["Location"], session) == (302, "/admin/", str(user.pk))
    assert (second.status_code, logged_in_user(client)) == (410, None)
    assert client.get(link).status_code == 410


def test_any_later_login_ends_the_link(client):
    link = path_of(staff_link()["link"])
    User.objects.update(last_login=timezone.now())

    assert client.post(link).status_code == 410


def test_link_ends_after_half_an_hour(client, monkeypatch):
    link = path_of(staff_link()["link"])

    monkeypatch.setattr(services, "LINK_LIFETIME", timedelta(seconds=-1))

    assert client.post(link).status_code == 410


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_link_ends_with_the_account(client, change):
    link = path_of(staff_link()["link"])
    User.objects.update(**change)

    assert client.post(link).status_code == 410


def test_link_of_one_does_not_open_another_and_forged_ones_open_nothing(client):
    token = path_of(staff_link()["link"]).rstrip("/").rsplit("/", 1)[1]

    for forged in ("x", token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace(":", ".")):
        assert client.post(f"/masuk/tautan/{forged}/").status_code == 410
    assert logged_in_user(client) is None


def test_of_two_at_once_one_comes_in(monkeypatch):
    token = path_of(staff_link()["link"]).rstrip("/").rsplit("/", 1)[1]
    seen_by_both = services.read_staff_link(token)
    monkeypatch.setattr(services, "read_staff_link", lambda token: seen_by_both)
    late = User.objects.get(pk=seen_by_both.pk)

    services.use_staff_link(token, now=timezone.now())

    monkeypatch.setattr(services, "read_staff_link", lambda token: late)
    with pytest.raises(services.LinkDead):
        services.use_staff_link(token, now=timezone.now())


def test_link_does_not_replace_the_second_factor(client):
    link = path_of(staff_link()["link"])
    totp.TOTP.activate(User.objects.get(), totp.generate_totp_secret())

    answer = client.post(link)

    assert (answer.status_code, answer["Location"]) == (302, "/masuk/pengaman/periksa/")
    assert logged_in_user(client) is None


@pytest.mark.parametrize("email", ["bukan-email", "", "a@"])
def test_staff_link_refuses_what_is_no_address(email):
    with pytest.raises(CommandError, match="not an email address"):
        staff_link(email)
    assert not User.objects.exists()


def test_staff_link_promotes_an_owner_only_when_told():
    owner = UserFactory()

    with pytest.raises(CommandError, match="not staff"):
        staff_link(owner.email)
    staff_link(owner.email, promote=True)

    owner.refresh_from_db()
    assert owner.is_staff


def test_staff_link_refuses_a_closed_account():
    closed = UserFactory(is_staff=True, is_active=False)

    with pytest.raises(CommandError, match="closed"):
        staff_link(closed.email)


def test_link_of_new_staff_in_production_ends_at_the_second_factor(client, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True

    page = client.post(path_of(staff_link()["link"]), follow=True)

    assert page.redirect_chain == [("/admin/", 302), ("/masuk/pengaman/pasang/", 302)]
    assert page.status_code == 200
