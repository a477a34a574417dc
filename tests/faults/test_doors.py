"""Many phones at one door: the same tickets at the same moment, and walk-ins for the last seats."""

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.at_once import results_at_once
from tests.factories import ParticipantFactory
from tests.trainings.attendance.conftest import begun, seat
from trainings import invariants
from trainings.attendance.marks import mark
from trainings.attendance.walk_ins import WalkInRefused, walk_in
from trainings.models import Attendance, AttendanceMark

PHONES = 8
pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


def at_once(work):
    """Run `work(number)` on so many connections at the same moment; their results in order."""
    return results_at_once(*[partial(work, number) for number in range(PHONES)])


def test_one_ticket_at_many_phones_counts_once_and_a_key_is_one_mark():
    cohort = begun()
    siti, session, now, shared = seat(cohort), cohort.sessions.get(), timezone.now(), uuid4()

    def scan(number):
        facts = {"kind": "in", "via": "scan", "happened_at": now, "by": None, "now": now}
        keys = (uuid4(), shared)
        return [mark(session, enrolment=siti, key=key, **facts).outcome for key in keys]

    outcomes = at_once(scan)

    assert sorted(one for one, _ in outcomes) == ["accepted"] + ["already"] * (PHONES - 1)
    assert {two for _, two in outcomes} == {"already"}
    assert AttendanceMark.objects.count() == PHONES + 1
    assert Attendance.objects.count() == 1
    assert siti.events.filter(to_state="attended").count() == 1
    assert invariants.violations() == []


def test_walk_ins_never_take_more_than_the_free_seats():
    cohort = begun(seats=PHONES, walk_ins="free_seats")
    for _ in range(PHONES - 3):
        seat(cohort)
    people = ParticipantFactory.create_batch(PHONES)
    session, now = cohort.sessions.get(), timezone.now()

    def come(number):
        try:
            return walk_in(session, people[number], key=uuid4(), by=None, now=now).outcome
        except WalkInRefused:
            return "full"

    outcomes = at_once(come)

    cohort.refresh_from_db()
    assert sorted(outcomes) == ["accepted"] * 3 + ["full"] * (PHONES - 3)
    assert (cohort.taken, Attendance.objects.count()) == (PHONES, 3)
    assert invariants.violations() == []
