"""The pages at the door, for officers and for people who check in themselves."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    MembershipFactory,
    ParticipantFactory,
    RegionFactory,
    TrainerFactory,
    UserFactory,
    VenueFactory,
)
from tests.staff import answers as answers_of
from tests.trainings.attendance.conftest import address_of, begun, seat
from trainings.attendance import wall
from trainings.models import Attendance, AttendanceMark, Cohort
from umkm_portal.accounts.models import Membership
from umkm_portal.common import codes

pytestmark = pytest.mark.django_db


def address(name, session=None):
    return reverse(f"trainings:{name}", args=[session.pk] if session else [])


@pytest.fixture
def officer(client, scene):
    client.force_login(scene.officer)
    return client


def text_of(response):
    return response.content.decode()


def send(client, session, *marks, **message):
    body = {"sent_at": timezone.now().timestamp() * 1000, "marks": marks, **message}
    return client.post(
        address("door_marks", session), json.dumps(body), content_type="application/json"
    )


def wire(read="", **facts):
    at = timezone.now().timestamp() * 1000
    return {"key": str(uuid4()), "kind": "in", "via": "scan", "read": read, "at": at, **facts}


@pytest.mark.parametrize("name", ["door", "door_tickets", "wall"])
def test_doors_are_kept_by_offices_and_nobody_else(client, scene, name):
    area = RegionFactory(code="31.71.07", level="district")
    scene.session.venue.region = area
    scene.session.venue.save()

    assert answers_of(client, address(name, scene.session)) == {
        "anonymous": 302,
        "owner": 404,
        "partner": 404,
        "roleless": 404,
        "auditor": 404,
        "city": 404,
        "head": 200,
        "superuser": 200,
    }


def test_a_district_keeps_the_doors_of_its_area_and_a_trainer_her_own(client, scene):
    area = RegionFactory(code="31.71.07", level="district")
    elsewhere = begun()
    elsewhere.sessions.update(venue=VenueFactory(region=RegionFactory(code="31.72.01")))
    scene.session.venue.region = area
    scene.session.venue.save()
    district = MembershipFactory(role=Membership.Role.DISTRICT, region=area).user
    trainer = UserFactory()
    scene.session.trainers.add(TrainerFactory(account=trainer))

    for user in (district, trainer):
        client.force_login(user)
        shown = client.get(address("doors")).context["today"]
        assert [row.pk for row, _, _ in shown] == [scene.session.pk]
        assert client.get(address("door", scene.session)).status_code == 200
        assert client.get(address("door", elsewhere.sessions.get())).status_code == 404
    scene.session.starts_at -= timedelta(days=3)
    scene.session.ends_at -= timedelta(days=3)
    scene.session.save()
    assert client.get(address("door", scene.session)).status_code == 404


def test_a_second_factor_is_asked_for_in_production(officer, scene, settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True

    found = officer.get(address("door", scene.session))

    assert (found.status_code, found.url) == (302, reverse("mfa_activate_totp"))


def test_the_form_marks_a_code_finds_a_name_and_takes_a_slip_back(officer, scene):
    door = address("door", scene.session)

    told = officer.post(door, {"baca": codes.display(scene.siti.short_code)}, follow=True)
    key = AttendanceMark.objects.get().key
    by_name = officer.post(door, {"baca": "hartono"}, follow=True)
    chosen = officer.post(door, {"kursi": scene.budi.pk}, follow=True)
    undone = officer.post(door, {"jenis": "undo", "baca": str(key)}, follow=True)

    assert ("Berhasil" in text_of(told), "Siti Aminah" in text_of(told)) == (True, True)
    assert "<span data-present>1</span>/<span data-seats>2</span>" in text_of(told)
    assert [found.name for found in by_name.context["found"]] == ["Budi Hartono"]
    assert "Berhasil" in text_of(chosen)
    assert "Dibatalkan." in text_of(undone)
    assert Attendance.objects.get().enrolment == scene.budi
    stranger = seat(begun())
    assert officer.post(door, {"kursi": stranger.pk}).status_code == 302
    assert Attendance.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_door_and_the_list_of_doors_ask_a_constant_number_of_queries(
    officer, scene, count, django_assert_num_queries
):
    for _ in range(count):
        seat(scene.cohort, full_name="Sri Wahyuni")
        begun()

    with django_assert_num_queries(12):
        officer.get(address("door", scene.session), {"q": "sri"})
    with django_assert_num_queries(5):
        officer.get(address("doors"))


def test_a_phone_sends_several_marks_and_the_same_again(officer, scene):
    marks = [
        wire(address_of(scene.siti)),
        wire(enrolment=scene.budi.pk, via="search"),
        wire("JKP-2222-2222"),
    ]

    first = send(officer, scene.session, *marks)
    again = send(officer, scene.session, *marks)

    told = [(one["outcome"], one["name"], one["may_undo"]) for one in first.json()["results"]]
    assert told == [
        ("accepted", "Siti Aminah", True),
        ("accepted", "Budi Hartono", True),
        ("refused", "", False),
    ]
    assert again.json() == first.json()
    assert (first.json()["present"], first.json()["seats"]) == (2, 2)
    assert AttendanceMark.objects.count() == 3


def test_a_wrong_clock_of_a_phone_is_set_right_by_the_time_of_sending(officer, scene):
    year = timedelta(days=365).total_seconds() * 1000
    now = timezone.now().timestamp() * 1000

    send(officer, scene.session, wire(address_of(scene.siti), at=now - year), sent_at=now - year)

    row = Attendance.objects.get()
    assert abs(row.came_at - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"marks": 3, "sent_at": 1}',
        b'{"marks": [{}], "sent_at": 1}',
        b'{"marks": [], "sent_at": 1e300}',
        b'{"marks": [{"key": "x", "kind": "in", "via": "scan", "at": 1}], "sent_at": 1}',
    ],
)
def test_a_message_that_is_none_is_refused_in_words(officer, scene, body):
    found = officer.post(
        address("door_marks", scene.session), body, content_type="application/json"
    )

    assert (found.status_code, "tidak terbaca" in found.json()["error"]) == (400, True)


def test_a_phone_takes_along_hashes_and_masked_names_only(officer, scene):
    found = text_of(officer.get(address("door_tickets", scene.session)))

    assert "Siti A." in found
    assert "Aminah" not in found
    assert scene.siti.short_code not in found
    assert len(json.loads(found)["tickets"]) == 4


def test_guests_are_seated_while_there_is_a_seat(officer, scene):
    guests = address("door_guests", scene.session)
    person = ParticipantFactory(phone="+6281298765432")
    assert officer.get(guests).status_code == 404
    Cohort.objects.filter(pk=scene.cohort.pk).update(walk_ins="free_seats", seats=3)

    found = officer.get(guests, {"q": "081298765432"})
    told = officer.post(guests, {"peserta": person.pk}, follow=True)
    full = officer.post(guests, {"peserta": ParticipantFactory().pk}, follow=True)

    assert found.context["people"] == [person]
    assert "Berhasil" in text_of(told)
    assert "Semua kursi terisi" in text_of(full)
    assert officer.post(guests, {"peserta": 4711}).status_code == 404


def test_an_officer_who_opens_a_ticket_marks_it_from_there(client, scene):
    """A phone whose browser reads no codes opens the ticket by its own camera."""
    path = address_of(scene.siti).removeprefix(settings.PORTAL_URL)
    hers = text_of(client.get(path))
    client.force_login(scene.officer)

    shown = client.get(path)
    client.post(address("door", shown.context["door"]), {"baca": shown.context["ticket"].code})

    assert ("Tandai hadir" in hers, "Tandai hadir" in text_of(shown)) == (False, True)
    assert Attendance.objects.get().enrolment == scene.siti
    scene.session.starts_at -= timedelta(days=2)
    scene.session.ends_at -= timedelta(days=2)
    scene.session.save()
    assert "Tandai hadir" not in text_of(client.get(path))


# --- The code on the wall


def test_people_check_in_by_the_code_on_the_wall_and_their_ticket(client, scene):
    code = wall.code_at(scene.session, now=timezone.now())
    page = address("self_check_in")

    wrong = client.post(page, {"dinding": "000000", "tiket": scene.siti.short_code})
    unknown = client.post(page, {"dinding": code, "tiket": "JKP-2222-2222"})
    typed = client.post(page, {"dinding": code, "tiket": scene.siti.short_code})
    client.get(page, {"sesi": scene.session.pk, "kode": code})
    scanned = client.post(page, {"tiket": codes.display(scene.budi.short_code)})

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "sudah berganti" in text_of(wrong)
    assert "Kode tiket tidak dikenal" in text_of(unknown)
    assert [one.context["result"].outcome for one in (typed, scanned)] == ["accepted", "accepted"]
    assert set(Attendance.objects.values_list("via", flat=True)) == {"self"}


def test_an_account_checks_in_its_own_people_and_nobody_else(client, scene):
    account = UserFactory()
    scene.siti.participant.account = account
    scene.siti.participant.save()
    client.force_login(account)
    code = wall.code_at(scene.session, now=timezone.now())
    page = address("self_check_in")

    shown = client.get(page, {"sesi": scene.session.pk, "kode": code})
    foreign = client.post(page, {"kursi": scene.budi.pk})
    own = client.post(page, {"kursi": scene.siti.pk})

    assert [row.pk for row in shown.context["places"]] == [scene.siti.pk]
    assert foreign.status_code == 422
    assert own.context["result"].outcome == "accepted"


def test_the_wall_proves_presence_for_a_while_only(client, scene):
    page = address("self_check_in")
    code = wall.code_at(scene.session, now=timezone.now())
    client.get(page, {"sesi": scene.session.pk, "kode": code})
    session = client.session
    session["check_in"] = [scene.session.pk, timezone.now().timestamp() - 301]
    session.save()

    assert client.post(page, {"tiket": scene.siti.short_code}).status_code == 422
    assert client.get(page, {"sesi": scene.session.pk, "kode": "12"}).status_code == 422
    assert not AttendanceMark.objects.exists()


def test_the_wall_shows_its_code_in_the_hours_of_the_session(officer, scene):
    page = address("wall", scene.session)

    found = officer.get(page)
    part = officer.get(page, headers={"X-Fragment": "1"})

    assert found.context["code"].replace(" ", "").isdigit()
    assert text_of(part).startswith("<section")
    scene.session.starts_at -= timedelta(days=1)
    scene.session.ends_at -= timedelta(days=1)
    scene.session.save()
    assert "Kode belum ditampilkan" in text_of(officer.get(page))
