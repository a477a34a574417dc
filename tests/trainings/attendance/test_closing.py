from datetime import timedelta

import pytest

from participants import steps
from participants.models import StageEvent
from tests.factories import SessionFactory
from tests.trainings.attendance.conftest import seat
from trainings import invariants
from trainings.attendance import closing
from trainings.attendance.closing import CohortNotOver, close_cohort, close_due
from trainings.models import Attendance, Cohort

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def over(scene):
    return scene.session.ends_at + HOUR


def states(*enrolments):
    for one in enrolments:
        one.refresh_from_db()
    return [one.state for one in enrolments]


def test_closing_tells_who_came_and_who_finished_and_credits_the_organiser(scene, mark, over):
    half = seat(scene.cohort)
    mark(scene.siti)
    mark(half)
    mark(half, kind="out", at=scene.now + HOUR, now=scene.now + HOUR)

    closed = close_cohort(scene.cohort, by=scene.officer, now=over)
    again = close_cohort(scene.cohort, by=None, now=over + HOUR)

    step = StageEvent.objects.get()
    assert states(scene.siti, half, scene.budi) == ["completed", "attended", "no_show"]
    assert closed == again == closing.Closed(no_show=1, attended=1, completed=1)
    assert (step.participant, step.stage_id) == (scene.siti.participant, "P2")
    assert step.organisation == scene.cohort.training.organiser
    scene.cohort.refresh_from_db()
    assert scene.cohort.state == Cohort.State.FINISHED
    assert invariants.violations() == []


def test_nothing_is_closed_while_a_session_lies_ahead_or_nobody_was_marked(scene, mark):
    with pytest.raises(CohortNotOver, match="Sesi terakhir baru selesai"):
        close_cohort(scene.cohort, by=None, now=scene.now)
    late = scene.session.ends_at + 13 * HOUR
    assert (close_due(now=late), closing.unmarked(now=late).get()) == (0, scene.cohort)
    mark(scene.budi)
    assert close_due(now=scene.session.ends_at + HOUR) == 0
    assert (close_due(now=late), closing.unmarked(now=late).exists()) == (1, False)
    assert states(scene.siti, scene.budi) == ["no_show", "completed"]


def test_the_percentage_is_of_the_sessions_that_were_held(scene, mark, over):
    """Three hours of nine are enough when six were cancelled; measured minutes beat the clock."""
    for days in (1, 2):
        SessionFactory(
            cohort=scene.cohort,
            starts_at=scene.session.starts_at + timedelta(days=days),
            ends_at=scene.session.ends_at + timedelta(days=days),
            cancelled_at=scene.now,
        )
    mark(scene.siti)
    mark(scene.budi)
    Attendance.objects.filter(enrolment=scene.budi).update(minutes=143)

    close_cohort(scene.cohort, by=None, now=over)

    assert closing.needed_minutes(scene.cohort) == 144
    assert states(scene.siti, scene.budi) == ["completed", "attended"]


def test_marks_that_come_in_late_are_judged_at_once(
    scene, mark, over, django_capture_on_commit_callbacks
):
    close_cohort(scene.cohort, by=None, now=over)

    with django_capture_on_commit_callbacks(execute=True):
        late = mark(scene.siti, at=scene.now, now=over)
    assert (late.outcome, states(scene.siti)) == ("accepted", ["completed"])
    assert StageEvent.objects.standing().count() == 1

    with django_capture_on_commit_callbacks(execute=True):
        mark(str(late.key), kind="undo", via="code", now=over)
    assert states(scene.siti) == ["no_show"]
    assert StageEvent.objects.standing().count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        mark(scene.siti, at=scene.now, now=over)
    assert StageEvent.objects.standing().count() == 1
    assert invariants.violations() == []


@pytest.mark.parametrize("is_void", [True, False])
def test_a_step_that_staff_corrected_stays_as_they_said(
    scene, mark, over, is_void, django_capture_on_commit_callbacks
):
    """Neither another closing nor a change of her marks writes it again, or takes theirs back."""
    came = mark(scene.siti)
    mark(scene.budi)
    close_cohort(scene.cohort, by=None, now=over)
    step = scene.siti.participant.stage_events.get(stage="P2")
    facts = {"stage": step.stage, "occurred_on": step.occurred_on - timedelta(days=1)}
    steps.correct_step(
        step, **facts, organisation=None, is_void=is_void, actor=scene.officer, now=over
    )
    kept = list(StageEvent.objects.order_by("pk"))

    close_cohort(scene.cohort, by=None, now=over + HOUR)
    with django_capture_on_commit_callbacks(execute=True):
        mark(str(came.key), kind="undo", via="code", now=over)
        mark(scene.siti, at=scene.now, now=over)
    close_cohort(scene.cohort, by=None, now=over + HOUR)

    assert states(scene.siti) == ["completed"]
    assert list(StageEvent.objects.order_by("pk")) == kept
    assert StageEvent.objects.standing().filter(organisation=None).exists() is not is_void
    assert invariants.violations() == []


@pytest.mark.parametrize("count", [1, 3])
def test_closing_asks_a_constant_number_of_queries(
    scene, mark, over, count, django_assert_num_queries
):
    for _ in range(count):
        mark(seat(scene.cohort))

    with django_assert_num_queries(19):
        close_cohort(scene.cohort, by=None, now=over)
