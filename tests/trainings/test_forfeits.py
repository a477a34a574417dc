"""Seats of absent people go free after the class has begun, and come back to latecomers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories import CohortFactory
from tests.trainings.scenes import seat
from trainings import invariants
from trainings.attendance import marks
from trainings.services import forfeits
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def cohort():
    """Three seats, all taken, one person waits; seats are forfeited after 30 minutes."""
    cohort = CohortFactory(seats=3, forfeit_minutes=30)
    for _ in range(4):
        seat(cohort)
    return cohort


def arrive(enrolment, at):
    session = enrolment.cohort.sessions.get()
    marked = marks.mark(
        session,
        enrolment=enrolment,
        kind="in",
        via="scan",
        key=uuid4(),
        happened_at=at,
        by=None,
        now=at,
    )
    assert marked.outcome == "accepted"


def test_absent_people_lose_their_seats_once_and_latecomers_get_free_ones_back(cohort, now):
    here, late, absent = cohort.enrolments.filter(state="confirmed").order_by("arrival_no")
    begins = cohort.starts_at
    arrive(here, begins)

    too_early = forfeits.forfeit_due(now=begins + timedelta(minutes=29))
    forfeited = forfeits.forfeit_due(now=begins + timedelta(minutes=30))
    again = forfeits.forfeit_due(now=begins + timedelta(minutes=40))
    back = forfeits.reinstate(late, by=None, now=begins + timedelta(minutes=41))

    assert (too_early, forfeited, again) == (0, 2, 0)
    assert back.state == "confirmed"
    cohort.refresh_from_db()
    assert (cohort.taken, cohort.held, cohort.free) == (2, 0, 1)
    absent.refresh_from_db()
    assert forfeits.is_forfeited(absent)
    told = Delivery.objects.filter(campaign__kind="forfeited").order_by("pk")
    assert dict(told.values_list("subject_id", "state")) == {
        late.pk: "cancelled",
        absent.pk: "pending",
    }
    assert forfeits.reinstate(late, by=None, now=begins).state == "confirmed"
    assert invariants.violations() == []


def test_a_seat_that_was_given_away_does_not_come_back(cohort, now):
    here, late, other = cohort.enrolments.filter(state="confirmed").order_by("arrival_no")
    begins = cohort.starts_at
    arrive(here, begins)
    forfeits.forfeit_due(now=begins + timedelta(hours=1))
    cohort.refresh_from_db()
    cohort.seats = cohort.taken
    cohort.save()

    with pytest.raises(forfeits.SeatGone):
        forfeits.reinstate(late, by=None, now=begins + timedelta(hours=1))
    waiting = cohort.enrolments.get(state="waitlisted")
    with pytest.raises(forfeits.NotForfeited):
        forfeits.reinstate(waiting, by=None, now=begins + timedelta(hours=1))
    other.refresh_from_db()
    assert other.state == "cancelled"


@pytest.mark.parametrize("rule", [None, 30])
def test_without_a_rule_or_without_attendance_nobody_loses_a_seat(cohort, rule):
    cohort.forfeit_minutes = rule
    cohort.save()
    if rule is None:
        arrive(cohort.enrolments.filter(state="confirmed").first(), cohort.starts_at)

    assert forfeits.forfeit_due(now=cohort.starts_at + timedelta(hours=1)) == 0
    assert not cohort.enrolments.filter(state="cancelled").exists()
