"""Staff answer what people ask about their data, and move licences on."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from participants.licences import ask_licence
from participants.models import DataRequest, StageEvent
from participants.reference import load_reference_data
from participants.requests import ask
from tests.factories import MembershipFactory, ParticipantFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def head(client):
    client.force_login(MembershipFactory().user)
    return client


def answer(client, row, **facts):
    address = reverse("admin:participants_datarequest_answer", args=[row.pk])
    return client.post(address, facts, follow=True).content.decode()


def test_the_nearest_deadline_stands_on_top_and_lateness_shows(head):
    late, soon, done = (
        ask(ParticipantFactory(full_name=name), kind="deletion", account=None, now=now)
        for name, now in (
            ("Orang Telat", NOW - timedelta(hours=80)),
            ("Orang Nanti", NOW),
            ("Orang Selesai", NOW - timedelta(hours=90)),
        )
    )
    answer(head, done, putusan="tolak", jawaban="Masih ada kewajiban.")
    text = head.get("/admin/participants/datarequest/").content.decode()

    assert text.index("Orang Telat") < text.index("Orang Nanti") < text.index("Orang Selesai")
    assert text.count("Terlambat") == 1
    today = head.get("/admin/").content.decode()
    assert "Penghapusan data: Orang Telat" in today
    assert "Orang Selesai" not in today
    assert late.state == soon.state == "open"


def test_a_deletion_is_decided_on_its_page(head):
    person = ParticipantFactory(full_name="Sitirahma")
    row = ask(person, kind="deletion", text="Tolong", account=None, now=NOW)
    page = reverse("admin:participants_datarequest_change", args=[row.pk])
    assert "Hapus data orang ini" in head.get(page).content.decode()

    assert "Tulis alasannya" in answer(head, row, putusan="tolak", jawaban="")
    assert "Centang dahulu" in answer(head, row, putusan="penuhi")
    assert "Sitirahma" not in answer(head, row, putusan="penuhi", yakin="ya")
    assert "sudah dijawab" in answer(head, row, putusan="penuhi", yakin="ya")

    row.refresh_from_db()
    person.refresh_from_db()
    assert (row.state, row.decided_by_id) == ("done", int(head.session["_auth_user_id"]))
    assert person.status == "anonymised"


def test_a_proposed_value_is_shown_beside_the_kept_one(head):
    person = ParticipantFactory(full_name="Siti")
    row = DataRequest.objects.create(
        participant=person, kind="correction", proposed={"full_name": "Siti A"}, due_at=NOW
    )
    page = reverse("admin:participants_datarequest_change", args=[row.pk])

    assert "<b>Siti A</b>" in head.get(page).content.decode()
    answer(head, row, putusan="penuhi", jawaban="Sesuai KTP.")
    person.refresh_from_db()
    assert person.full_name == "Siti A"


def test_a_licence_is_moved_by_buttons(head):
    load_reference_data()
    person = ParticipantFactory()
    row = ask_licence(person, kind="nib", wants_delivery=False, actor=None, now=NOW)
    assert "1 permohonan izin" in head.get("/admin/").content.decode()

    def press(to, **facts):
        address = reverse("admin:participants_licencerequest_move", args=[row.pk])
        return head.post(address, {"to": to, **facts}, follow=True).content.decode()

    press("checking")
    assert "Tulis alasannya" in press("needs_fix")
    press("processing")
    assert "Tulis hari dulu" in press("done", number="123", issued_on="03/25/2026")
    press("done", number="123", issued_on="25 Maret 2026")
    row.refresh_from_db()
    assert (row.state, f"{row.issued_on}") == ("done", "2026-03-25")
    assert StageEvent.objects.filter(participant=person, stage="P4").count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_lists_run_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for _ in range(count):
        person = ParticipantFactory()
        ask(person, kind="deletion", account=None, now=NOW)
        ask_licence(person, kind="nib", wants_delivery=False, actor=None, now=NOW)
    for model, queries in (("datarequest", 9), ("licencerequest", 9)):
        head.get(f"/admin/participants/{model}/")
        with django_assert_num_queries(queries):
            head.get(f"/admin/participants/{model}/")
