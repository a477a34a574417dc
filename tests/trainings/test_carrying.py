"""Who waited in vain goes to the next wave, before others there, and hears of it once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CohortFactory, ParticipantFactory, RegionFactory
from tests.trainings.scenes import invite, refuse, seat
from trainings import invariants
from trainings.models import Cohort
from trainings.services import advance, answers, carrying, rounds
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


def fill(cohort, now, waiting):
    """As many people as seats, and so many more who wait; returns the waiting in order."""
    rows = [seat(cohort) for _ in range(cohort.seats + waiting)]
    return [row.participant_id for row in rows[cohort.seats :]]


def told(cohort):
    sent = Delivery.objects.filter(subject_id__in=cohort.enrolments.values("pk"))
    return Counter(sent.values_list("recipient_key", "campaign__kind"))


def test_the_line_goes_before_others_in_the_next_wave_and_takes_its_free_seats(now):
    full, following = CohortFactory(seats=1), None
    following = CohortFactory(training=full.training, seats=2)
    line = fill(full, now, waiting=4)
    seat(following)

    carried = carrying.carry_over(full, to=following, now=now)

    assert (carried.moved, carried.left) == (4, 0)
    places = following.enrolments.exclude(carried_from=None).order_by("-priority", "arrival_no")
    assert [row.participant_id for row in places] == line
    assert [row.state for row in places] == ["offered", *["waitlisted"] * 3]
    assert {row.priority_reason for row in places} == {"pindahan"}
    once = {(line[0], "offer"): 1} | {(person, "carried"): 1 for person in line[1:]}
    assert {key: count for key, count in told(following).items() if key[0] in line} == once
    assert set(full.enrolments.values_list("state", flat=True)) == {"confirmed", "cancelled"}
    assert invariants.violations() == []


def test_a_wave_that_begins_passes_its_line_on_by_itself_once(now):
    begun = CohortFactory(seats=1)
    line = fill(begun, now, waiting=2)
    later = begun.starts_at + timedelta(minutes=1)
    without_a_wave = carrying.carry_due(now=later)
    draft = CohortFactory(training=begun.training, state="draft", starts_at=later)
    following = CohortFactory(training=begun.training, starts_at=later + timedelta(days=9), seats=0)

    moved = carrying.carry_due(now=later)

    assert (without_a_wave, moved, carrying.carry_due(now=later)) == (0, 2, 0)
    waiting = following.enrolments.waiting()
    assert [row.participant_id for row in waiting] == line
    assert not draft.enrolments.exists()


def test_who_may_not_come_or_said_no_keeps_her_old_place(now):
    full = CohortFactory(seats=0)
    following = CohortFactory(
        training=full.training, eligibility=Cohort.Eligibility.JAKARTA_RESIDENT
    )
    outsider = ParticipantFactory(region=RegionFactory(code="32.73.01.1001"))
    refused, fine = ParticipantFactory.create_batch(2)
    for person in (outsider, refused, fine):
        answers.join(full, person, now=now, via="tautan")
    refuse(following, refused)

    carried = carrying.carry_over(full, to=following, now=now)

    assert (carried.moved, carried.left) == (1, 2)
    assert following.enrolments.get(participant=fine).state == "offered"
    assert {row.participant for row in full.enrolments.waiting()} == {outsider, refused}
    with pytest.raises(carrying.CarryRefused):
        carrying.carry_over(full, to=CohortFactory(), now=now)


def test_who_asked_for_another_date_is_first_in_the_next_round(now):
    old = CohortFactory()
    eager = ParticipantFactory(last_served_on=now.date())
    ParticipantFactory.create_batch(3, last_served_on=None)
    wish = invite(old, eager)
    answers.ask_other_date(wish, note="Sabtu", now=now, via="tautan")
    following = CohortFactory(training=old.training, seats=1, people_per_seat=1)

    opened = rounds.open_round(following, actor=None, now=now, any_hour=True)

    assert opened.enrolments.get().participant == eager
    assert advance.advance_cohorts(now=now) >= 0
