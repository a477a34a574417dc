"""What stands against a session."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import AssignmentFactory, TrainerFactory, VenueFactory
from tests.trainings.planning.scene import at, make_plan, workday
from trainings.models import Assignment, Cohort, Session, Unavailability
from trainings.planning.clashes import Kind, Meeting, clashes_of, find_clashes
from umkm_portal.regions.models import HolidayOverride

pytestmark = pytest.mark.django_db


def meeting(**facts):
    starts_at = facts.pop("starts_at", at(workday(14)))
    known = {"seats": 10, "label": "Rencana", "ends_at": starts_at + timedelta(hours=3)}
    return Meeting(starts_at=starts_at, **known | facts)


def kinds(session):
    return [(clash.kind, clash.is_hard) for clash in clashes_of(session)]


def test_a_room_and_a_trainer_are_at_one_place_at_a_time():
    taken = make_plan()
    session, trainer = taken.sessions.get(), Assignment.objects.get().trainer
    same_room, same_person = meeting(venue=session.venue), meeting(trainers=(trainer,))

    assert kinds(same_room) == [(Kind.VENUE, False)]
    assert kinds(same_person) == [(Kind.TRAINER, True)]
    assert str(taken.training) in clashes_of(same_room)[0].sentence
    together = meeting(venue=session.venue, trainers=(trainer,))
    assert kinds(together) == [(Kind.VENUE, False)]  # two waves in one class
    assert clashes_of(session) == []
    after = meeting(starts_at=session.ends_at, venue=session.venue, trainers=(trainer,))
    assert clashes_of(after) == []
    Assignment.objects.update(state=Assignment.State.DECLINED)
    assert clashes_of(same_person) == []
    for change in ({"state": Cohort.State.CANCELLED}, {"mode": Cohort.Mode.ONLINE}):
        Cohort.objects.update(**{"state": Cohort.State.DRAFT, **change})
        assert clashes_of(same_room) == []
    Cohort.objects.update(mode=Cohort.Mode.IN_PERSON)
    Session.objects.update(cancelled_at=timezone.now())
    assert clashes_of(same_room) == []


def test_sessions_of_one_proposal_clash_with_each_other():
    venue = VenueFactory()
    one, other = meeting(venue=venue), meeting(venue=venue, label="Lainnya")
    later = meeting(venue=venue, starts_at=at(workday(14), 14))

    told = find_clashes([one, other, later])

    assert [[clash.kind for clash in row] for row in told] == [[Kind.VENUE], [Kind.VENUE], []]


def test_a_room_holds_what_it_holds():
    assert kinds(meeting(venue=VenueFactory(capacity=9))) == [(Kind.CAPACITY, True)]
    assert kinds(meeting(venue=VenueFactory(capacity=10))) == []


def test_days_off_and_absences_are_said():
    venue, trainer, day = VenueFactory(), TrainerFactory(), workday(14)
    for owner in ({"venue": venue}, {"trainer": trainer}):
        Unavailability.objects.create(
            first_day=day - timedelta(days=1), last_day=day, reason="Cuti", **owner
        )
    known = {"venue": venue, "trainers": (trainer,)}

    assert kinds(meeting(**known)) == [(Kind.VENUE_AWAY, False), (Kind.TRAINER_AWAY, False)]
    HolidayOverride.objects.create(date=day, is_working=False, name="Pilkada")
    assert "Pilkada" in clashes_of(meeting(starts_at=at(day)))[0].sentence
    sunday = day + timedelta(days=6 - day.weekday())
    HolidayOverride.objects.filter(date=sunday).delete()
    assert [k for k, _ in kinds(meeting(starts_at=at(sunday)))] == [Kind.DAY_OFF]


@pytest.mark.parametrize("count", [1, 3])
def test_many_sessions_ask_a_constant_number_of_queries(count, django_assert_num_queries):
    plans = [make_plan() for _ in range(count)]
    sessions = [cohort.sessions.get() for cohort in plans]
    asked = [meeting(venue=session.venue) for session in sessions]
    asked += [replace(one, trainers=(AssignmentFactory().trainer,)) for one in asked]

    with django_assert_num_queries(4):
        told = find_clashes(asked)

    assert all(told)
