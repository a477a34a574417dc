from datetime import timedelta
from uuid import uuid4

import pytest

from tests.factories import ParticipantFactory
from tests.trainings.attendance.conftest import begun, seat
from trainings import invariants
from trainings.attendance.conflicts import (
    SettleRefused,
    accept_conflict,
    dismiss_conflict,
    open_conflicts,
)
from trainings.attendance.walk_ins import WalkInRefused, walk_in
from trainings.models import Cohort
from trainings.services import answers
from trainings.services.transitions import create

pytestmark = pytest.mark.django_db


@pytest.fixture
def come(scene):
    def run(person, key=None, **facts):
        facts = {"by": scene.officer, "now": scene.now, **facts}
        return walk_in(scene.session, person, key=key or uuid4(), **facts)

    Cohort.objects.filter(pk=scene.cohort.pk).update(walk_ins="free_seats", seats=4)
    return run


def test_people_without_a_seat_get_the_free_ones_and_no_more(scene, come):
    seat(scene.cohort)
    key, person = uuid4(), ParticipantFactory()

    first, again = come(person, key=key), come(person, key=key)

    assert (first.outcome, again) == ("accepted", first)
    with pytest.raises(WalkInRefused, match="Semua kursi terisi"):
        come(ParticipantFactory())
    scene.cohort.refresh_from_db()
    assert (scene.cohort.taken, scene.cohort.free) == (4, 0)
    assert scene.cohort.enrolments.count() == 4
    assert invariants.violations() == []


def test_whoever_was_in_the_line_or_had_declined_may_come_too(scene, come):
    line = begun(seats=1, walk_ins="free_seats")
    holder = seat(line)
    waiting = seat(line)
    Cohort.objects.filter(pk=line.pk).update(seats=3)
    before = line.starts_at - timedelta(days=1)
    declined = create(line, ParticipantFactory(), now=before, via="petugas")
    answers.decline(declined, reason="", now=before, via="tautan")
    session = line.sessions.get()

    for one in (waiting, declined):
        walk_in(session, one.participant, key=uuid4(), by=scene.officer, now=scene.now)

    line.refresh_from_db()
    assert (holder.state, waiting.state, line.taken) == ("confirmed", "waitlisted", 3)
    assert line.enrolments.filter(state="attended").count() == 2
    assert invariants.violations() == []


def test_the_rule_of_the_cohort_decides(scene, come):
    Cohort.objects.filter(pk=scene.cohort.pk).update(walk_ins="nobody")
    with pytest.raises(WalkInRefused, match="hanya untuk yang sudah punya kursi"):
        come(ParticipantFactory())
    other = begun(training=scene.cohort.training)
    seated = seat(other)
    with pytest.raises(WalkInRefused, match="kursi di gelombang lain"):
        come(seated.participant, overrides_rule=True)
    scene.cohort.refresh_from_db()
    assert (scene.cohort.taken, scene.cohort.enrolments.count()) == (2, 2)
    assert invariants.violations() == []


def test_a_conflict_is_settled_once_with_a_seat_or_without(scene, come, mark):
    other = begun()
    stranger = seat(other)
    gone = seat(scene.cohort)
    answers.cancel(gone, now=scene.cohort.starts_at - timedelta(days=1), via="tautan")
    mark(stranger), mark(gone)
    first, second = open_conflicts(scene.cohort)

    told = accept_conflict(first, by=scene.officer, now=scene.now)
    dismiss_conflict(second, by=scene.officer, now=scene.now)

    assert (told.outcome, told.name) == ("accepted", stranger.participant.full_name)
    assert not open_conflicts(scene.cohort).exists()
    with pytest.raises(SettleRefused, match="petugas lain"):
        accept_conflict(second, by=scene.officer, now=scene.now)
    scene.cohort.refresh_from_db()
    assert scene.cohort.taken == 3
    assert invariants.violations() == []
