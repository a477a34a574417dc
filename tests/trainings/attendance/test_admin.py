"""The tab Kehadiran: strips, conflicts, paper lists, meetings, closing."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from participants.models import DataAccess
from tests.factories import MembershipFactory, RegionFactory
from tests.trainings.attendance.conftest import begun, seat
from trainings.models import Attendance, AttendanceFile, Cohort, Session
from umkm_portal.accounts.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, scene):
    client.force_login(scene.officer)
    return client


def page(name, cohort, *args):
    return reverse(f"admin:trainings_cohort_{name}", args=[cohort.pk, *args])


def text_of(response):
    return response.content.decode()


def end(scene):
    """The class was yesterday."""
    for moment in ("starts_at", "ends_at"):
        at = getattr(scene.session, moment) - timedelta(days=1)
        Session.objects.filter(pk=scene.session.pk).update(**{moment: at})


@pytest.mark.parametrize("count", [1, 3])
def test_the_tab_asks_a_constant_number_of_queries(
    officer, scene, mark, count, django_assert_num_queries
):
    for _ in range(count):
        mark(seat(scene.cohort))
        mark(seat(begun()))

    with django_assert_num_queries(20):
        officer.get(page("attendance", scene.cohort))


def test_paper_is_written_down_and_taken_back(officer, scene):
    address = page("presence", scene.cohort, scene.siti.pk)
    end(scene)

    came = officer.post(address, {"session": scene.session.pk, "what": "in"}, follow=True)
    back = officer.post(address, {"session": scene.session.pk, "what": "undo"}, follow=True)
    none = officer.post(address, {"session": scene.session.pk, "what": "undo"}, follow=True)

    assert "Siti Aminah: Hadir, tercatat" in text_of(came)
    assert "Dibatalkan." in text_of(back)
    assert "Belum tercatat hadir" in text_of(none)
    foreign = begun().sessions.get()
    assert officer.post(address, {"session": foreign.pk, "what": "in"}).status_code == 404
    assert not Attendance.objects.exists()


def test_conflicts_are_shown_and_settled(officer, scene, mark):
    stranger = seat(begun(), full_name="Orang Lain")
    mark(stranger)

    shown = officer.get(page("attendance", scene.cohort))
    ((row, name),) = shown.context["conflicts"]
    told = officer.post(page("settle", scene.cohort, row.pk), {"choice": "accept"}, follow=True)

    assert (name, "Salah gelombang" in text_of(shown)) == ("Orang Lain", True)
    assert "Orang Lain: Hadir" in text_of(told)
    assert told.context["conflicts"] == []
    again = officer.post(page("settle", scene.cohort, row.pk), follow=True)
    assert "diselesaikan petugas lain" in text_of(again)


def test_a_district_sees_and_marks_its_own_people_only(client, scene, mark):
    area = RegionFactory(code="31.71.07", level="district")
    scene.siti.participant.region = area
    scene.siti.participant.save()
    client.force_login(MembershipFactory(role=Membership.Role.DISTRICT, region=area).user)

    shown = client.get(page("attendance", scene.cohort))
    foreign = client.post(page("presence", scene.cohort, scene.budi.pk))

    assert "Siti Aminah" in text_of(shown)
    assert "Budi Hartono" not in text_of(shown)
    assert foreign.status_code == 404
    assert client.post(page("close", scene.cohort)).status_code == 403


def test_the_list_to_sign_is_a_pdf_and_people_can_read_who_took_it(officer, scene, mark):
    mark(scene.siti)
    address = f"{page('signatures', scene.cohort)}?sesi={scene.session.pk}"

    found, _ = officer.get(address), officer.get(address)

    assert found["Content-Type"] == "application/pdf"
    assert found.content.startswith(b"%PDF-1.4")
    assert DataAccess.objects.filter(actor=scene.officer).count() == 2


def test_a_meeting_is_uploaded_looked_through_and_accepted(officer, scene):
    scene.session.venue = None
    scene.session.save()
    text = (
        "Name (Original Name),User Email,Total Duration (Minutes),Guest\n"
        f"{scene.siti.short_code} Siti,,170,No\nBudi Hartono,,90,No\niPhone,,12,No\n"
    )
    address = page("meeting_upload", scene.cohort, scene.session.pk)

    shown = officer.post(
        address, {"file": SimpleUploadedFile("zoom.csv", text.encode())}, follow=True
    )
    file = AttendanceFile.objects.get()
    phone = file.rows.get(match="nobody")
    row = page("meeting_row", scene.cohort, phone.pk)
    unclear = officer.post(row, {"who": "siapa"}, follow=True)
    officer.post(row, {"ignore": "1"})
    accept = page("meeting_accept", scene.cohort, file.pk)
    told = officer.post(accept, {"guesses": "on"}, follow=True)
    again = officer.post(accept, follow=True)

    assert "Terima juga 1 tebakan" in text_of(shown)
    assert "Pilih orangnya dari daftar" in text_of(unclear)
    assert "2 orang tercatat hadir" in text_of(told)
    assert "sudah diterima" in text_of(again)
    assert set(Attendance.objects.values_list("minutes", flat=True)) == {170, 90}
    bad = officer.post(address, {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.4")}, follow=True)
    assert AttendanceFile.objects.count() == 1
    assert bad.status_code == 200


def test_closing_says_what_came_of_it_or_why_not_yet(officer, scene, mark):
    early = officer.post(page("close", scene.cohort), follow=True)
    mark(scene.siti)
    end(scene)

    closed = officer.post(page("close", scene.cohort), follow=True)

    assert "Sesi terakhir baru selesai" in text_of(early)
    assert "Gelombang ditutup: 1 lulus, 0 hadir belum cukup, 1 tidak hadir." in text_of(closed)


def test_the_first_page_leads_to_todays_door_and_to_what_waits(officer, scene, mark):
    mark(seat(begun()))
    Cohort.objects.filter(pk=scene.cohort.pk).update(ends_at=scene.now - timedelta(days=2))

    found = text_of(officer.get(reverse("admin:index")))

    assert reverse("trainings:door", args=[scene.session.pk]) in found
    assert "0 dari 2 sudah hadir" in found
    assert "1 catatan kehadiran perlu diselesaikan" in found
    assert f"Kehadiran {scene.cohort.code} belum dicatat" in found
