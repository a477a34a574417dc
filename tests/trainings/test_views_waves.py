"""The owner chooses another wave of the training herself."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CohortFactory, EnrolmentFactory, ParticipantFactory, RegionFactory
from tests.trainings.scenes import invite
from tests.trainings.scenes import seat as seated
from tests.trainings.test_views_answers import link
from trainings import invariants
from trainings.followups import open_followups
from trainings.models import Cohort, Enrolment
from trainings.services import joining
from trainings.tickets import token_of
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


def choose(client, enrolment, cohort):
    data = {"jawaban": "pindah", "gelombang": cohort.code}
    return client.post(link(enrolment), data)


def test_a_seat_moves_to_another_wave_and_the_old_one_is_offered_on(client):
    old = CohortFactory(seats=1)
    new, full = CohortFactory(training=old.training), CohortFactory(training=old.training, seats=0)
    other_training, draft = CohortFactory(), CohortFactory(training=old.training, state="draft")
    seat, waiting = seated(old), seated(old)

    asked = client.get(f"{link(seat)}?jawab=pindah").content.decode()
    moved = choose(client, seat, new)
    there = client.get(moved.url).content.decode()
    before = client.get(link(seat)).content.decode()
    ticket = client.get(reverse("trainings:ticket", args=[token_of(seat)])).content.decode()

    assert f'value="{new.code}"' in asked
    assert f'value="{full.code}"' not in asked, "a seat is not given up for a line"
    for hidden in (other_training, draft):
        assert hidden.code not in asked
    assert "Kursi Anda aman" in there
    place = Enrolment.objects.get(cohort=new)
    assert (place.state, place.carried_from) == ("confirmed", seat)
    waiting.refresh_from_db()
    assert waiting.state == "offered"
    for page in (before, ticket):
        assert "Tempat Anda sekarang" in page
    assert Delivery.objects.filter(subject_id=place.pk).count() == 1
    assert invariants.violations() == []


def test_a_full_wave_leaves_the_old_seat_as_it_was(client):
    old = CohortFactory()
    full = CohortFactory(training=old.training, seats=1)
    seated(full)
    seat = seated(old)

    refused = choose(client, seat, full)
    unknown = choose(client, seat, CohortFactory())

    assert refused.status_code == unknown.status_code == 409
    assert "Kursi yang lama tetap milik Anda" in refused.content.decode()
    seat.refresh_from_db()
    assert seat.state == "confirmed"
    assert full.enrolments.count() == 1
    assert invariants.violations() == []


def test_another_date_shows_the_other_waves_or_keeps_the_wish(client):
    old = CohortFactory()
    new = CohortFactory(training=old.training, seats=0)
    picks, wishes = invite(old), invite(old)

    shown = client.get(f"{link(picks)}?jawab=jadwal-lain").content.decode()
    choose(client, picks, new)
    client.post(link(wishes), {"jawaban": "jadwal-lain", "alasan": "Sabtu"})

    assert "Masuk daftar tunggu" in shown
    assert new.enrolments.get().state == "waitlisted"
    picks.refresh_from_db()
    assert (picks.state, picks.reason) == ("declined", f"Memilih gelombang {new.number}.")
    assert list(open_followups()) == [wishes]


def test_waves_not_meant_for_her_or_not_open_yet_are_not_offered():
    now = timezone.now()
    old = CohortFactory()
    outsider = EnrolmentFactory(
        cohort=old, participant=ParticipantFactory(region=RegionFactory(code="32.73.01.1001"))
    )
    mine = CohortFactory(training=old.training)
    closed_to_her = CohortFactory(
        training=old.training, eligibility=Cohort.Eligibility.JAKARTA_RESIDENT
    )
    CohortFactory(training=old.training, opens_at=now + timedelta(days=1))
    CohortFactory(training=old.training, closes_at=now - timedelta(days=1))

    assert list(joining.other_waves(outsider, now=now)) == [mine]
    with pytest.raises(joining.NotEligible):
        joining.choose_wave(outsider, to=closed_to_her, now=now, via="tautan")
    outsider.refresh_from_db()
    assert outsider.state == "invited"


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_waves_asks_a_constant_number_of_queries(
    client, count, django_assert_num_queries
):
    seat = seated(CohortFactory())
    CohortFactory.create_batch(count, training=seat.training)
    address = f"{link(seat)}?jawab=pindah"

    with django_assert_num_queries(6):
        client.get(address)
