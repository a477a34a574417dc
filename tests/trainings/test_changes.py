"""A session is moved, cancelled or added: the cohort follows, seat holders are told once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import (
    CohortFactory,
    SessionFactory,
    UserFactory,
    VenueFactory,
    in_days,
)
from tests.trainings.scenes import seat
from trainings import invariants
from trainings.models import Cohort, Session, SessionChange
from trainings.services import answers, changes
from trainings.services.changes import QUIET
from umkm_portal.messaging.models import Campaign, Delivery
from umkm_portal.messaging.services import expand_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def cohort(now):
    """One seat of one taken, one person waiting, two sessions."""
    cohort = CohortFactory(seats=1)
    SessionFactory(cohort=cohort, starts_at=in_days(11), ends_at=in_days(11, hour=12))
    for _ in range(2):
        seat(cohort)
    return cohort


def sessions(cohort):
    return list(cohort.sessions.order_by("starts_at", "pk"))


def move(session, now, **facts):
    fresh = Session.objects.get(pk=session.pk)
    wanted = {name: getattr(fresh, name) for name in ("starts_at", "ends_at", "venue", "link")}
    return changes.move_session(session, **wanted | facts, by=UserFactory(is_staff=True), now=now)


def later(session, days=1):
    step = timedelta(days=days)
    return {"starts_at": session.starts_at + step, "ends_at": session.ends_at + step}


def told():
    return Campaign.objects.filter(kind="schedule_changed")


def test_several_changes_within_minutes_become_one_message_to_those_with_seats(cohort, now):
    first, second = sessions(cohort)
    place = VenueFactory(name="Balai Baru")

    move(first, now, **later(first, days=-1))
    move(second, now + timedelta(minutes=1), venue=place)
    move(second, now + timedelta(minutes=2), **later(second))
    too_soon = changes.tell_changes(now=now + timedelta(minutes=2) + QUIET / 2)
    at_rest = changes.tell_changes(now=now + timedelta(minutes=2) + QUIET)
    again = changes.tell_changes(now=now + timedelta(hours=1))

    assert (too_soon, at_rest, again) == (0, 1, 0)
    assert [session.sequence for session in sessions(cohort)] == [1, 2]
    cohort.refresh_from_db()
    assert (cohort.starts_at, cohort.ends_at) == (in_days(9), in_days(12, hour=12))
    campaign = told().get()
    expand_campaign(campaign, now=now)
    message = Delivery.objects.get(campaign=campaign)
    assert message.subject_id == cohort.enrolments.get(state="confirmed").pk
    sentence = campaign.options["perubahan"]
    assert sentence.count("Sesi") == 2
    assert "Balai Baru" in sentence
    assert "semula" in sentence
    assert invariants.violations() == []


def test_a_change_taken_back_in_time_tells_nobody(cohort, now):
    session = sessions(cohort)[0]

    move(session, now, **later(session))
    move(session, now, **later(session, days=0))

    assert changes.tell_changes(now=now + QUIET) == 0
    assert not told().exists()
    assert not SessionChange.objects.filter(told_at=None).exists()
    assert move(session, now) is False


def test_a_cancelled_session_leaves_the_schedule_and_the_last_one_stays(cohort, now):
    first, second = sessions(cohort)
    waiting = cohort.enrolments.get(state="waitlisted")
    offered_until = cohort.starts_at

    changes.cancel_session(first, by=None, now=now)
    again = changes.cancel_session(first, by=None, now=now)

    cohort.refresh_from_db()
    first.refresh_from_db()
    assert again is False
    assert (first.sequence, cohort.starts_at) == (1, second.starts_at)
    assert cohort.starts_at > offered_until
    with pytest.raises(changes.LastSession):
        changes.cancel_session(second, by=None, now=now)
    with pytest.raises(changes.AlreadyCancelled):
        move(first, now, **later(first))
    changes.tell_changes(now=now + QUIET)
    assert "dibatalkan" in told().get().options["perubahan"]
    assert waiting.state == "waitlisted"


def test_a_plan_and_a_session_that_is_over_change_silently(now):
    plan = CohortFactory(state=Cohort.State.DRAFT)
    over = CohortFactory(starts_at=in_days(-2))
    for cohort in (plan, over):
        session = cohort.sessions.get()
        assert move(session, now, ends_at=session.ends_at + timedelta(hours=1))

    assert not SessionChange.objects.exists()
    with pytest.raises(changes.EndsBeforeStart):
        move(plan.sessions.get(), now, ends_at=plan.starts_at)


def test_an_offer_never_outlives_the_moved_beginning(cohort, now):
    Cohort.objects.filter(pk=cohort.pk).update(offer_hours=24 * 30)
    owner = cohort.enrolments.get(state="confirmed")
    answers.cancel(owner, now=now, via="tautan")
    first = sessions(cohort)[0]

    move(first, now, **later(first, days=-3))

    assert cohort.offers.get(state="pending").deadline_at == in_days(7)
