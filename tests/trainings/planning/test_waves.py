"""Copies of a cohort, and waves after a pattern."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from tests.factories import CohortFactory, CohortQuotaFactory
from tests.trainings.planning.scene import another_session, at, make_plan
from trainings.models import Cohort
from trainings.planning import waves
from trainings.planning.waves import Pattern, PlanChanged, PlanRefused
from umkm_portal.common.dates import JAKARTA

pytestmark = pytest.mark.django_db
MORNING = ((time(9), time(12)),)
MONDAY = date(2027, 2, 1)


def pattern(**facts):
    known = {
        "waves": 2,
        "first_day": MONDAY,
        "weekdays": frozenset({0, 2}),
        "hours": MORNING,
        "sessions": 2,
    }
    return Pattern(**known | facts)


@pytest.fixture
def source():
    """A ready plan of two sessions in January 2027 with a quota."""
    cohort = make_plan(day=date(2027, 1, 18), seats=8)
    second = another_session(cohort, at(date(2027, 1, 20)))
    second.title = "Praktik"
    second.save()
    CohortQuotaFactory(cohort=cohort, taken=3)
    cohort.budget_lines.update(spent=400_000)
    return cohort


def days_of(cohort):
    found = cohort.sessions.order_by("starts_at").values_list("starts_at", flat=True)
    return [timezone.localdate(starts_at, JAKARTA) for starts_at in found]


def test_waves_follow_each_other_with_everything_taken_over(source):
    plan = pattern()

    proposal = waves.propose(source, plan)
    assert Cohort.objects.count() == 1
    written = waves.write_waves(source, plan, expected=proposal.fingerprint)

    first, second = written
    assert [cohort.number for cohort in written] == [source.number + 1, source.number + 2]
    assert days_of(first) == [MONDAY, date(2027, 2, 3)]
    assert days_of(second) == [date(2027, 2, 8), date(2027, 2, 10)]
    assert {cohort.state for cohort in written} == {Cohort.State.DRAFT}
    one, practice = first.sessions.order_by("starts_at")
    model = source.sessions.order_by("starts_at").first()
    assert (one.venue, practice.title) == (model.venue, "Praktik")
    assert [row.state for row in one.assignments.all()] == ["asked"]
    assert [(line.planned, line.spent) for line in first.budget_lines.all()] == [(1_000_000, 0)]
    assert [(quota.seats, quota.taken) for quota in first.quotas.all()] == [(5, 0)]
    assert first.closes_at == at(MONDAY) - timedelta(days=1)
    assert first.starts_at == at(MONDAY)
    with pytest.raises(PlanChanged):  # pressed twice
        waves.write_waves(source, plan, expected=proposal.fingerprint)
    assert Cohort.objects.count() == 3


def test_holidays_are_passed_over_and_named(source):
    plan = pattern(first_day=date(2026, 12, 21), weekdays=frozenset({3, 4}), waves=1, sessions=2)

    proposal = waves.propose(source, plan)

    [wave] = proposal.waves
    assert [meeting.day for meeting in wave.meetings] == [date(2026, 12, 31), date(2027, 1, 7)]
    assert [day for day, _ in proposal.skipped] == [
        date(2026, 12, 24),
        date(2026, 12, 25),
        date(2027, 1, 1),
    ]


def test_waves_may_begin_weeks_apart_and_meet_twice_a_day(source):
    hours = waves.parse_hours("13.00 - 16.00, 09:00-12:00")
    plan = pattern(weeks_between=2, hours=hours, sessions=2, weekdays=frozenset({0}))

    first, second = waves.propose(source, plan).waves

    assert [meeting.starts_at for meeting in first.meetings] == [at(MONDAY), at(MONDAY, 13)]
    assert second.meetings[0].day == MONDAY + timedelta(weeks=2)


def test_sundays_that_are_asked_for_are_kept_and_said(source):
    plan = pattern(weekdays=frozenset({6}), waves=1, sessions=1)

    [wave] = waves.propose(source, plan).waves

    assert wave.meetings[0].day == date(2027, 2, 7)
    assert "Minggu" in wave.clashes[0].sentence


def test_clashes_stand_in_the_preview_and_taken_codes_get_another(source):
    CohortFactory(code=f"{source.training.slug}-{source.number + 1}")
    busy = make_plan(day=MONDAY)
    busy.sessions.update(venue=source.sessions.order_by("starts_at").first().venue)

    first, second = waves.propose(source, pattern()).waves

    assert [clash.kind for clash in first.clashes] == ["venue"]
    assert second.clashes == ()
    assert first.code == f"{source.training.slug}-{source.number + 1}-baru"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"weekdays": frozenset()}, "satu hari"),
        ({"waves": 31}, "antara 1 dan 30"),
        ({"sessions": 0}, "Jumlah sesi"),
        ({"waves": 30, "weeks_between": 26}, "dua tahun"),
    ],
)
def test_a_pattern_without_sense_is_refused(source, facts, sentence):
    with pytest.raises(PlanRefused, match=sentence):
        waves.propose(source, pattern(**facts))


@pytest.mark.parametrize("text", ["", "pagi", "09.00", "12.00-09.00", "25.00-26.00", "9-12"])
def test_hours_that_cannot_be_read_are_refused(text):
    with pytest.raises(PlanRefused):
        waves.parse_hours(text)


def test_a_copy_keeps_the_distance_of_its_sessions(source):
    copy = waves.clone_cohort(source, first_day=MONDAY)

    assert days_of(copy) == [MONDAY, MONDAY + timedelta(days=2)]
    assert (copy.number, copy.state, copy.seats) == (source.number + 1, "draft", 8)
