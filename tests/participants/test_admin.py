import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from participants.models import DataAccess, Participant
from participants.search import refresh_search
from tests.factories import BusinessFactory, ParticipantFactory, RegionFactory, UserFactory
from tests.staff import answers, make_user
from umkm_portal.common.encryption import blind_index

pytestmark = pytest.mark.django_db
PEOPLE = reverse("admin:participants_participant_changelist")
NIK = "3171990101900003"


@pytest.fixture
def head(client):
    client.force_login(make_user("head"))
    return client


def person_with_nik(**facts):
    return ParticipantFactory(
        nik=NIK, nik_index=blind_index("participant.nik", NIK), nik_last4=NIK[-4:], **facts
    )


def page_of(person):
    return reverse("admin:participants_participant_change", args=[person.pk])


def test_people_list_is_for_roles_that_work_with_people(client):
    assert answers(client, PEOPLE) == {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 403,
        "auditor": 200,
        "city": 200,
        "head": 200,
        "superuser": 200,
    }


def test_a_city_office_sees_its_own_people_only(client):
    mine = ParticipantFactory(full_name="Orang Selatan", region=RegionFactory(code="31.74.01.1001"))
    other = ParticipantFactory(full_name="Orang Pusat", region=RegionFactory(code="31.71.01.1001"))
    client.force_login(make_user("city"))

    page = client.get(PEOPLE).content.decode()

    assert mine.full_name in page
    assert other.full_name not in page
    assert client.get(page_of(mine)).status_code == 200
    assert client.get(page_of(other)).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_people_list_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for business in BusinessFactory.create_batch(count):
        BusinessFactory(participant=business.participant)

    with django_assert_num_queries(14):
        head.get(PEOPLE)


def test_people_list_pages_by_key(head, monkeypatch):
    monkeypatch.setattr("participants.admin.people.ParticipantAdmin.list_per_page", 2)
    people = [ParticipantFactory(full_name=f"Orang ke-{n}") for n in range(5)]

    first = head.get(PEOPLE).context["cl"]
    second = head.get(PEOPLE + first.paginator.older_link).context["cl"]
    back = head.get(PEOPLE + second.paginator.newer_link).context["cl"]

    assert [p.pk for p in first.result_list] == [people[4].pk, people[3].pk]
    assert [p.pk for p in second.result_list] == [people[2].pk, people[1].pk]
    assert [p.pk for p in back.result_list] == [people[4].pk, people[3].pk]


@pytest.mark.parametrize(
    "typed", ["warung melati", "0812-9999-0001", "siti", "SITI@contoh.example", NIK]
)
def test_search_finds_by_business_phone_name_email_and_whole_nik(head, typed):
    person = person_with_nik(
        full_name="Siti Aminah", phone="+6281299990001", email="siti@contoh.example"
    )
    BusinessFactory(participant=person, name="Warung Melati")
    other = ParticipantFactory(full_name="Budi")
    refresh_search([person.pk, other.pk])

    found = head.get(PEOPLE, {"q": typed}).context["cl"].result_list

    assert [p.pk for p in found] == [person.pk]


def test_search_finds_the_code_of_a_participant(head):
    person, _ = ParticipantFactory(), ParticipantFactory()

    found = head.get(PEOPLE, {"q": f"JKP-{person.code[:4]}-{person.code[4:]}"})

    assert [p.pk for p in found.context["cl"].result_list] == [person.pk]


def test_part_of_a_nik_finds_nobody(head):
    refresh_search([person_with_nik().pk])

    assert list(head.get(PEOPLE, {"q": NIK[:10]}).context["cl"].result_list) == []


def test_two_letters_are_too_few_to_search(head):
    refresh_search([ParticipantFactory(full_name="Zz Aaa").pk])

    found = head.get(PEOPLE, {"q": "zz"})

    assert list(found.context["cl"].result_list) == []
    assert "Ketik sedikitnya 3 huruf" in found.content.decode()
    assert len(head.get(PEOPLE, {"q": "zz aaa"}).context["cl"].result_list) == 1


def test_nik_is_masked_on_every_page(head):
    person = person_with_nik()

    pages = head.get(PEOPLE).content.decode() + head.get(page_of(person)).content.decode()

    assert NIK not in pages
    assert "••••••••••••0003" in pages


def test_reading_the_whole_nik_needs_a_reason_and_leaves_a_trace(head):
    person = person_with_nik()
    address = reverse("admin:participants_participant_nik", args=[person.pk])

    assert head.get(address).status_code == 405
    refused = head.post(address, {"reason": " "}, follow=True).content.decode()
    shown = head.post(address, {"reason": "Cocokkan KTP"})

    assert NIK not in refused
    assert NIK in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (
        str(person.pk),
        "Membuka NIK lengkap: Cocokkan KTP",
    )
    access = DataAccess.objects.get()
    assert (access.participant, access.kind, access.purpose) == (person, "nik", "Cocokkan KTP")
    assert access.actor_id == int(head.session["_auth_user_id"])


def test_an_auditor_may_not_read_a_whole_nik(client):
    person = person_with_nik()
    client.force_login(make_user("auditor"))

    response = client.post(
        reverse("admin:participants_participant_nik", args=[person.pk]), {"reason": "audit"}
    )

    assert response.status_code == 403
    assert not LogEntry.objects.exists()


def test_saving_a_person_reads_the_phone_and_renews_the_search_text(head):
    person = person_with_nik(full_name="Nama Lama")
    form = head.get(page_of(person)).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {"full_name": "Nama Baru", "phone": "0812 3456 7890", "is_willing": "on"}
    data |= {"businesses-TOTAL_FORMS": 0, "businesses-INITIAL_FORMS": 0}

    response = head.post(page_of(person), data)

    assert response.status_code == 302, response.context["adminform"].form.errors
    person = Participant.objects.get(pk=person.pk)
    assert (person.phone, person.nik) == ("+6281234567890", NIK)
    assert person.search.startswith("nama baru +6281234567890")


def test_people_are_neither_added_nor_deleted_here(head):
    person = ParticipantFactory()

    assert head.get(PEOPLE + "add/").status_code == 403
    assert head.post(page_of(person) + "../delete/").status_code in (403, 404)
    assert Participant.objects.filter(pk=person.pk).exists()


def test_changed_number_ends_the_logins_of_the_account(head):
    owner = UserFactory(phone="+6281234567890", phone_verified_at=timezone.now())
    person = ParticipantFactory(account=owner, phone=owner.phone)
    phone = Client()
    phone.force_login(owner)
    form = head.get(page_of(person)).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {"phone": "0813-0000-0001", "is_willing": "on"}
    data |= {"businesses-TOTAL_FORMS": 0, "businesses-INITIAL_FORMS": 0}

    response = head.post(page_of(person), data)

    assert response.status_code == 302, response.context["adminform"].form.errors
    owner.refresh_from_db()
    assert (owner.phone, owner.phone_verified_at) == ("+6281300000001", None)
    assert phone.get("/keluar/").status_code == 302
