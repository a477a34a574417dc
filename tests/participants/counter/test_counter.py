"""The page of the counter: who may open it, what one Enter writes, and what comes back."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.counter.people import registered_today
from participants.counter.places import Places, UnknownPlace, places_of
from participants.models import Consent, Participant, Stage
from tests.factories import (
    CohortFactory,
    MembershipFactory,
    ParticipantFactory,
    RegionFactory,
    SectorFactory,
)
from trainings.models import Enrolment
from umkm_portal.accounts.models import Membership
from umkm_portal.regions.models import Region

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:participants_participant_counter")
NIK, OTHER_NIK = "3171990101900003", "3171994101910004"


@pytest.fixture(autouse=True)
def places():
    """Gambir with two kelurahan, and one kelurahan of another city."""
    Stage.objects.create(code="P1", name="Pendaftaran")
    district = RegionFactory(code="31.71.01", short_name="Gambir", level="district")
    for code, name in (("31.71.01.1001", "Cideng"), ("31.71.01.1002", "Petojo Utara")):
        RegionFactory(code=code, short_name=name, parent=district)
    south = RegionFactory(code="31.74.01", short_name="Tebet", level="district")
    RegionFactory(code="31.74.01.1001", short_name="Bukit Duri", parent=south)
    return district


@pytest.fixture
def officer(client, places):
    """A pendamping of Gambir, logged in."""
    user = MembershipFactory(role=Membership.Role.DISTRICT, region=places).user
    client.force_login(user)
    return user


def typed(**answers):
    """What one person's form sends."""
    return {
        "nik": NIK,
        "full_name": "Siti Aminah",
        "birth_date": "01011990",
        "region": "cideng",
        "ktp_seen": "on",
        "phone": "0812 9999 0001",
        "track": "new_entrepreneur",
        "notice_told": "on",
        **answers,
    }


def errors(response):
    return {name: list(found) for name, found in response.context["form"].errors.items()}


def test_one_enter_registers_a_verified_person_with_her_consents(client, officer):
    sector = SectorFactory()
    answers = {"business_name": "Dapur Siti", "sector": sector.pk, "whatsapp": "on"}

    response = client.post(PAGE, typed(**answers, is_willing="on"), follow=True)

    person = Participant.objects.get()
    assert (person.full_name, person.nik, person.phone) == ("Siti Aminah", NIK, "+6281299990001")
    assert (person.identity, person.verified_by, person.verified_how) == (
        "verified",
        officer,
        "KTP dilihat petugas",
    )
    assert (person.is_willing, person.willing_source) == (True, "loket, tatap muka")
    given = {(c.purpose, c.event, c.channel, c.actor) for c in Consent.objects.all()}
    assert given == {
        ("notice", "given", "loket, tatap muka", officer),
        ("whatsapp", "given", "loket, tatap muka", officer),
    }
    assert person.businesses.get().sector == sector
    assert person.stage_events.get().stage_id == "P1"
    page = response.content.decode()
    assert "Hari ini: 1 orang oleh Anda" in page
    assert 'value="Cideng, Gambir"' in page
    assert f"https://wa.me/6281299990001?text={'Yth.'}" in page
    assert "JKP-" in unquote(response.context["receipt"].chat_link)


def test_enter_pressed_twice_registers_once(client, officer):
    first, second = client.post(PAGE, typed()), client.post(PAGE, typed())

    assert first["Location"] == second["Location"]
    assert Participant.objects.count() == 1
    assert registered_today(officer, now=timezone.now()) == 1


def test_the_count_of_the_day_is_of_this_officer_and_this_day(client, officer):
    client.post(PAGE, typed())
    client.post(PAGE, typed(nik="", ktp_seen="", full_name="Budi"))

    assert registered_today(officer, now=timezone.now()) == 2
    assert registered_today(officer, now=timezone.now() + timedelta(days=1)) == 0
    assert registered_today(MembershipFactory().user, now=timezone.now()) == 0


@pytest.mark.parametrize("ktp_seen", ["on", ""])
def test_a_known_nik_leads_to_the_record_that_has_it(client, officer, ktp_seen):
    client.post(PAGE, typed())
    known = Participant.objects.get()
    client.force_login(MembershipFactory(role=Membership.Role.HEAD_OFFICE).user)

    response = client.post(PAGE, typed(full_name="Orang Lain", ktp_seen=ktp_seen))

    page = response.content.decode()
    assert response.status_code == 422
    assert "NIK ini sudah terdaftar." in page
    assert reverse("admin:participants_participant_change", args=[known.pk]) in page
    assert Participant.objects.count() == 1


def test_a_known_nik_of_another_area_tells_no_name(client, officer):
    client.force_login(MembershipFactory(role=Membership.Role.HEAD_OFFICE).user)
    client.post(PAGE, typed(region="Bukit Duri", full_name="Nama Rahasia"))
    client.force_login(officer)

    page = client.post(PAGE, typed()).content.decode()

    assert "Datanya ada di wilayah lain" in page
    assert "Nama Rahasia" not in page


def test_the_same_phone_is_a_hint_and_never_stops_anybody(client, officer):
    client.post(PAGE, typed())
    daughter = typed(nik=OTHER_NIK, full_name="Dewi Aminah", birth_date="1/1/1991")

    page = client.post(PAGE, daughter, follow=True).content.decode()

    assert Participant.objects.count() == 2
    assert "Mungkin sudah terdaftar" in page
    assert "Siti Aminah" in page


@pytest.mark.parametrize(
    ("answers", "field", "sentence"),
    [
        ({"nik": "123"}, "nik", "NIK harus 16 angka"),
        ({"nik": ""}, "nik", "KTP dilihat, jadi isi juga NIK-nya"),
        ({"birth_date": "32011990"}, "birth_date", "tidak ada di kalender"),
        ({"birth_date": "01012020"}, "birth_date", "berusia 17 tahun"),
        ({"region": "Bukit Duri"}, "region", "tidak ada di wilayah tugas Anda"),
        ({"phone": "021 123"}, "phone", "Nomor"),
        ({"notice_told": ""}, "notice_told", "Bacakan pemberitahuan"),
        ({"nib": "12"}, "nib", "NIB harus 13 angka"),
        ({"joining": "999"}, "joining", "999"),
    ],
)
def test_mistakes_come_back_with_what_was_typed(client, officer, answers, field, sentence):
    response = client.post(PAGE, typed(**answers))

    assert response.status_code == 422
    assert list(errors(response)) == [field]
    assert sentence in errors(response)[field][0]
    assert response.context["form"][field].field.widget.attrs["autofocus"]
    assert not Participant.objects.exists()


def test_without_a_ktp_the_person_stays_a_claim(client, officer):
    client.post(PAGE, typed(nik="", ktp_seen="", phone=""))

    person = Participant.objects.get()
    assert (person.identity, person.verified_by, person.phone) == ("claimed", None, "")


def test_a_chosen_cohort_gives_a_seat_then_a_place_in_the_line(client, officer):
    cohort = CohortFactory(seats=1, training__title="Jualan Daring")
    nobody = CohortFactory(eligibility="jakarta_resident", state="closed")
    first = client.post(PAGE, typed(joining=cohort.pk), follow=True)
    next_one = typed(nik=OTHER_NIK, full_name="Budi", phone="", birth_date="1/1/1991")
    second = client.post(PAGE, next_one | {"joining": cohort.pk}, follow=True)

    states = Enrolment.objects.order_by("pk").values_list("state", "answer_via", "answered_by")
    assert list(states) == [
        ("confirmed", "loket", officer.pk),
        ("waitlisted", "loket", officer.pk),
    ]
    assert "Kursi Anda aman: Jualan Daring" in first.content.decode()
    assert "nomor 1 di daftar tunggu" in second.content.decode()
    assert f'value="{cohort.pk}" selected' in first.content.decode()
    assert f'value="{nobody.pk}"' not in first.content.decode()


def test_a_refused_seat_keeps_the_registration(client, officer):
    cohort = CohortFactory(eligibility="jakarta_business")
    head = MembershipFactory(role=Membership.Role.HEAD_OFFICE).user
    RegionFactory(code="32.75", name="Kota Bekasi", short_name="Bekasi", level="city")
    client.force_login(head)

    page = client.post(PAGE, typed(region="kota bekasi", joining=cohort.pk), follow=True)

    assert "terdaftar, tetapi belum ikut" in page.content.decode()
    assert Participant.objects.get().region.code == "32.75"
    assert not Enrolment.objects.exists()


def test_the_receipt_is_for_those_who_may_see_the_person(client, officer):
    cohort = CohortFactory()
    client.post(PAGE, typed(joining=cohort.pk))
    mine = reverse("admin:participants_participant_receipt", args=[Participant.objects.get().pk])
    elsewhere = ParticipantFactory(region=Region.objects.get(code="31.74.01.1001"))
    other = reverse("admin:participants_participant_receipt", args=[elsewhere.pk])

    page = client.get(mine).content.decode()

    code = Enrolment.objects.get().short_code
    assert f"JKP-{code[:4]}-{code[4:]}" in page
    assert "<svg role=" in page
    assert NIK not in page
    assert client.get(other).status_code == 404


def test_places_are_found_by_the_beginning_of_their_line():
    head = places_of(MembershipFactory(role=Membership.Role.HEAD_OFFICE).user)

    assert head.find("PETOJO").code == "31.71.01.1002"
    assert head.find("cideng,gambir").code == "31.71.01.1001"
    with pytest.raises(UnknownPlace, match="tidak ada di wilayah"):
        head.find("Tebet")
    twins = Places([Region(name=name, level="city") for name in ("Kota Bogor", "Kota Bekasi")])
    with pytest.raises(UnknownPlace, match="ada beberapa"):
        twins.find("kota b")


def test_an_officer_without_an_area_is_told_so(client, places):
    client.force_login(MembershipFactory(role=Membership.Role.DISTRICT).user)

    assert "belum punya wilayah" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_a_constant_number_of_queries(
    client, officer, count, django_assert_num_queries
):
    CohortFactory.create_batch(count)
    SectorFactory.create_batch(count)
    client.post(PAGE, typed())
    last = Participant.objects.get()
    for person in ParticipantFactory.create_batch(count, phone=last.phone, region=last.region):
        assert person.phone == last.phone

    with django_assert_num_queries(17):
        client.get(PAGE, {"baru": last.pk, "kelurahan": "31.71.01.1001"})
