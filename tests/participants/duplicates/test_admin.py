from datetime import date

import pytest
from django.urls import reverse

from participants.models import DuplicatePair, Merge, Participant
from tests.factories import BusinessFactory, ParticipantFactory, RegionFactory, UserFactory
from tests.staff import answers, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("admin:participants_duplicatepair_changelist")
MERGES = reverse("admin:participants_merge_changelist")


@pytest.fixture
def head(client):
    client.force_login(make_user("head"))
    return client


def pair(score=0.9, **facts):
    """Two people of one name and phone, one of whom has a birth date."""
    first = ParticipantFactory(full_name="Siti Aminah", phone="+62812", **facts)
    second = ParticipantFactory(
        full_name="Siti Aminnah", phone="+62812", birth_date=date(1984, 4, 12), **facts
    )
    BusinessFactory(participant=second, name="Dapur Siti")
    return DuplicatePair.objects.create(
        first=first, second=second, score=score, reasons=["nomor HP sama", "nama mirip"]
    )


def address(row, name):
    return reverse(f"admin:participants_{row._meta.model_name}_{name}", args=[row.pk])


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for one in [pair() for _ in range(count)]:
        Merge.objects.create(source=one.first, target=one.second, merged_by=UserFactory())
    for page in (LIST, MERGES):  # permissions and sidebar are read once
        head.get(page)

    for page, queries in ((LIST, 7), (MERGES, 8)):
        with django_assert_num_queries(queries):
            response = head.get(page)
        assert len(response.context["cl"].result_list) == count


def test_the_list_is_for_roles_that_work_with_people(client):
    assert answers(client, LIST) == {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 403,
        "auditor": 200,
        "city": 200,
        "head": 200,
        "superuser": 200,
    }


def test_a_city_office_sees_pairs_of_its_own_people_only(client):
    here, there = RegionFactory(code="31.74.01.1001"), RegionFactory(code="31.71.01.1001")
    mine, other, mixed = pair(region=here), pair(region=there), pair(region=here)
    Participant.objects.filter(pk=mixed.second_id).update(region=there)
    client.force_login(make_user("city"))

    assert [row.pk for row in client.get(LIST).context["cl"].result_list] == [mine.pk]
    assert client.get(address(mine, "change")).status_code == 200
    assert client.post(address(mixed, "merge")).status_code == 404
    assert client.get(address(other, "change")).status_code == 404


def test_the_surest_suspicions_come_first_page_by_page(head, monkeypatch):
    monkeypatch.setattr("participants.admin.duplicates.DuplicatePairAdmin.list_per_page", 2)
    rows = [pair(score) for score in (0.6, 0.9, 0.7, 0.9, 0.8)]
    seen, page = [], LIST

    while page:
        changes = head.get(page).context["cl"]
        seen += [row.score for row in changes.result_list]
        page = changes.paginator.older_link and LIST + changes.paginator.older_link

    assert seen == [0.9, 0.9, 0.8, 0.7, 0.6]
    decided = rows[0]
    head.post(address(decided, "differ"))
    assert decided.pk not in [row.pk for row in head.get(LIST).context["cl"].result_list]
    different = head.get(LIST, {"status": "different"}).context["cl"].result_list
    assert [row.pk for row in different] == [decided.pk]
    assert head.get(LIST, {"sesudah": "x~1"}).status_code == 200


def test_an_empty_list_says_that_there_are_no_suspicions(head):
    page = head.get(LIST).content.decode()

    assert "Tidak ada dugaan ganda" in page
    assert "sesudah impor" in page
    assert "Tambah" not in page[page.index("Tidak ada dugaan ganda") :]


def test_staff_compare_merge_and_take_it_back(head):
    found = pair()

    page = head.get(address(found, "change")).content.decode()
    assert "nomor HP sama" in page
    assert "Dapur Siti" in page
    assert page.count("berbeda</span>") >= 2

    picked = {"stays": "first", "full_name": "second", "birth_date": "second", "email": "first"}
    response = head.post(address(found, "merge"), picked)

    done = Merge.objects.get()
    assert response.url == address(done, "change")
    found.first.refresh_from_db()
    assert (found.first.full_name, found.first.birth_date) == ("Siti Aminnah", date(1984, 4, 12))
    assert found.first.businesses.get().name == "Dapur Siti"
    assert "Batalkan penggabungan" in head.get(response.url).content.decode()
    assert "sudah digabung" in head.get(address(found, "change")).content.decode()

    head.post(address(done, "undo"))

    found.first.refresh_from_db()
    assert (found.first.full_name, found.first.birth_date) == ("Siti Aminah", None)
    assert "Penggabungan yang dibatalkan" in head.get(response.url).content.decode()


def test_a_refusal_keeps_what_was_picked(head):
    found = pair()
    Participant.objects.filter(pk=found.first_id).update(identity="verified", phone="+62899")
    Participant.objects.filter(pk=found.second_id).update(account=UserFactory())

    response = head.post(
        address(found, "merge"), {"stays": "first", "phone": "second", "full_name": "second"}
    )

    assert "Cocokkan KTP" in response.content.decode()
    chosen = {line.name: line.chosen for line in response.context["comparison"].lines}
    assert (chosen["phone"], chosen["full_name"]) == ("second", "second")
    assert not Merge.objects.exists()

    picked = {"stays": "first", "phone": "second", "ktp_seen": "on"}
    head.post(address(found, "merge"), picked)

    found.first.refresh_from_db()
    assert found.first.phone == "+62812"


def test_two_people_told_apart_can_be_looked_at_again(head):
    found = pair()
    head.post(address(found, "differ"))
    assert "Periksa lagi" in head.get(address(found, "change")).content.decode()

    head.post(address(found, "reopen"))

    found.refresh_from_db()
    assert (found.state, found.decided_by) == ("open", None)
