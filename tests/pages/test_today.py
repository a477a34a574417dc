"""What needs a person today, told from rows."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from participants.requests import ask
from tests.factories import (
    CampaignFactory,
    CohortFactory,
    EnrolmentFactory,
    ParticipantFactory,
    RegionFactory,
    in_days,
)
from tests.staff import make_user
from trainings.models import Cohort, Enrolment, Offer
from trainings.services import answers, rounds
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Campaign, DeliveryBatch
from umkm_portal.messaging.tasks import sweep

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")


@pytest.fixture
def head(client):
    client.force_login(make_user("head"))
    return client


def titles(client):
    return [task.title for task in client.get(INDEX).context["tasks"]]


def batch(campaign, **facts):
    return DeliveryBatch.objects.create(
        campaign=campaign, number=1, channel="email", account=default_account("email"), **facts
    )


def test_with_nothing_to_do_a_sentence_says_so(head):
    page = head.get(INDEX).content.decode()

    assert "Tidak ada yang menunggu Anda." in page
    assert "Tidak ada rombongan yang menunggu." in page


def test_a_checked_file_waits_for_acceptance(head):
    ImportFile.objects.create(
        sha256="x", profile="register", name="data.xlsx", state="checked", total_rows=1240
    )
    ImportFile.objects.create(sha256="y", profile="register", name="lama.xlsx", state="done")
    of_a_partner = {"profile": "kurasi", "name": "lolos.xlsx", "state": "checked"}
    ImportFile.objects.create(sha256="z", **of_a_partner)

    assert titles(head) == ["Berkas data.xlsx"]
    assert "1.240 baris" in head.get(INDEX).content.decode()


def test_running_and_paused_campaigns_show_how_far_they_are(head):
    campaign = CampaignFactory(state=Campaign.State.PAUSED, audience_count=4, title="Undangan A")
    batch(campaign, accepted=3, pending=1, due_at=None)
    CampaignFactory(state=Campaign.State.DONE)

    [task] = head.get(INDEX).context["tasks"]

    assert (task.title, task.verb) == ("Undangan A", "Lanjutkan")
    assert "3 dari 4" in task.detail
    assert task.bar.parts[0].width == "75.00%"


def test_uncertain_messages_come_first(head):
    CohortFactory(starts_at=in_days(3))
    campaign = CampaignFactory(state=Campaign.State.DONE)
    batch(campaign, uncertain=2, accepted=1, due_at=None)

    first = head.get(INDEX).context["tasks"][0]

    assert first.title == "2 pesan belum pasti terkirim"
    assert first.link.endswith("/daftar/belum-pasti/")


def test_cohorts_that_start_soon_with_free_seats(head):
    soon = CohortFactory(starts_at=in_days(5), seats=10, taken=4)
    CohortFactory(starts_at=in_days(5), seats=4, taken=4)
    CohortFactory(starts_at=in_days(40))
    CohortFactory(starts_at=in_days(5), state=Cohort.State.DRAFT)

    assert titles(head) == [
        "1 rancangan gelombang belum diterbitkan",
        f"6 kursi kosong: {soon.training.title}",
    ]


def test_offers_close_to_their_deadline(head):
    enrolment = EnrolmentFactory(
        state=Enrolment.State.OFFERED,
        arrival_no=1,
        cohort=CohortFactory(seats=1, held=1, starts_at=in_days(40)),
    )
    offer = Offer.objects.create(
        enrolment=enrolment,
        cohort=enrolment.cohort,
        deadline_at=timezone.now() + timedelta(hours=20),
    )

    assert titles(head) == []
    offer.deadline_at = timezone.now() + timedelta(hours=2)
    offer.save()
    assert titles(head) == ["1 tawaran kursi hampir lewat batas"]


def test_people_to_be_told_by_hand_until_they_are(head):
    cohort = CohortFactory(starts_at=in_days(40))
    ParticipantFactory(email="")
    rounds.open_round(cohort, actor=None, now=timezone.now())
    Campaign.objects.update(state=Campaign.State.DONE)

    assert titles(head) == ["1 orang perlu didatangi atau ditelepon"]
    answers.decline(cohort.enrolments.get(), reason="", now=timezone.now(), via=answers.VIA_PHONE)
    assert titles(head) == []


def test_a_late_batch_is_told(head):
    campaign = CampaignFactory(state=Campaign.State.RUNNING)
    batch(campaign, pending=1, due_at=timezone.now() - timedelta(minutes=10))

    health = head.get(INDEX).context["health"]

    assert health["is_late"]
    assert "Periksa apakah proses pengirim berjalan" in head.get(INDEX).content.decode()


def test_the_last_sweep_is_told(head):
    cache.clear()
    before = head.get(INDEX).content.decode()
    sweep()
    after = head.get(INDEX).content.decode()

    assert "Belum ada kabar dari penyapu" in before
    assert "Penyapu terakhir berjalan" in after


def test_a_role_sees_only_its_own_tasks(client):
    ImportFile.objects.create(sha256="x", profile="p", name="data.xlsx", state="checked")
    CohortFactory(starts_at=in_days(5))
    client.force_login(make_user("auditor"))

    assert titles(client) == []


@pytest.mark.parametrize("count", [1, 3])
def test_first_page_asks_a_constant_number_of_queries(head, count, django_assert_num_queries):
    for n in range(count):
        batch(
            CampaignFactory(state=Campaign.State.RUNNING, audience_count=1),
            uncertain=1,
            due_at=None,
        )
        ImportFile.objects.create(sha256=str(n), profile="p", name="d.xlsx", state="checked")
        answers.not_mine(
            EnrolmentFactory(cohort__starts_at=in_days(40)), now=timezone.now(), via="tautan"
        )
    CohortFactory(starts_at=in_days(5))

    with django_assert_num_queries(36):
        head.get(INDEX)


def test_the_clock_of_72_hours_turns_red_for_staff_of_the_area(client, monkeypatch):
    """Seven requests, one minute before and one after their deadline."""
    asked = timezone.now()
    region = RegionFactory(code="32.75")
    people = [ParticipantFactory(full_name=f"Siti {n}", region=region) for n in range(7)]
    for person in people:
        ask(person, kind="deletion", account=None, now=asked)
    client.force_login(make_user("head"))
    listed = reverse("admin:participants_datarequest_changelist")

    monkeypatch.setattr(timezone, "now", lambda: asked + timedelta(hours=71, minutes=59))
    assert {task.tone for task in client.get(INDEX).context["tasks"]} == {"yellow"}
    assert "Terlambat" not in client.get(listed).content.decode()

    monkeypatch.setattr(timezone, "now", lambda: asked + timedelta(hours=72, minutes=1))
    tasks = client.get(INDEX).context["tasks"]
    assert {task.tone for task in tasks} == {"red"}
    assert tasks[0].title == "7 permintaan data terlambat dijawab"
    assert client.get(listed).content.decode().count("Terlambat") == 7

    client.force_login(make_user("city"))
    assert client.get(INDEX).context["tasks"] == [], "they live elsewhere"
