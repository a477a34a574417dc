"""The list of referrals: counted by city, printed, taken along, marked."""

import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from participants.models import DataAccess, Referral
from tests.factories import BusinessFactory, ParticipantFactory, RegionFactory
from tests.staff import make_user

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:participants_referral_changelist")


@pytest.fixture
def head(client):
    client.force_login(make_user("head"))
    return client


def refer(name, city, **facts):
    region = RegionFactory(code=city, name=f"Kota {city}", level="city")
    person = BusinessFactory(participant=ParticipantFactory(full_name=name, region=region))
    return Referral.objects.create(
        participant=person.participant, region=region, service="Pembinaan", **facts
    )


def test_cities_are_counted_and_people_marked(head):
    first, second = refer("Ani", "32.75"), refer("Budi", "32.71", told_at=timezone.now())

    page = head.get(PAGE)
    marked = {"action": "mark_told", "_selected_action": [first.pk, second.pk]}
    told = head.post(PAGE, marked, follow=True)

    assert list(page.context["by_city"]) == [("Kota 32.71", 1, 0), ("Kota 32.75", 1, 1)]
    assert "1 orang ditandai" in told.content.decode()
    assert not Referral.objects.untold().exists()


def test_paper_and_file_follow_the_filter_and_the_file_is_written_down(head):
    waiting = refer("Ani", "32.75")
    refer("Budi", "32.71", told_at=timezone.now())

    printed = head.get(reverse("admin:participants_referral_print") + "?status=belum")
    file = head.post(reverse("admin:participants_referral_download") + "?status=belum")

    assert "Ani" in printed.content.decode()
    assert "Budi" not in printed.content.decode()
    rows = list(openpyxl.load_workbook(io.BytesIO(file.content)).active.values)
    assert [row[:2] for row in rows[1:]] == [("Kota 32.75", "Ani")]
    accesses = DataAccess.objects.values_list("participant", "purpose")
    assert list(accesses) == [(waiting.participant_id, "Rujukan ke dinas kota asal")] * 2


def test_other_areas_see_nothing(client):
    refer("Ani", "32.75")
    client.force_login(make_user("city"))

    assert "Ani" not in client.get(PAGE).content.decode()
    printed = client.get(reverse("admin:participants_referral_print")).content.decode()
    assert "Ani" not in printed


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for number in range(count):
        refer(f"Orang {number}", f"32.7{number}")

    with django_assert_num_queries(10):
        head.get(PAGE)
    with django_assert_num_queries(13):
        head.get(reverse("admin:participants_referral_print"))
