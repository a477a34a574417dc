from datetime import date, timedelta

import pytest

from tests.factories import InvitationRoundFactory
from tests.trainings.reminders.conftest import at
from trainings.reminders import due
from trainings.reminders.due import TOO_LATE, moments_of, nudge_of
from trainings.reminders.rules import USUAL, Setting

SUNDAYS = [date(2031, 10, day) for day in (5, 12, 19, 26)]


def moments(starts_at, *, holidays=SUNDAYS, **changed):
    settings = USUAL | {name: Setting(is_on=True, amount=n) for name, n in changed.items()}
    found = moments_of(starts_at, settings, holidays=holidays)
    return [(one.rule, one.due_at, one.expires_at) for one in found]


def test_each_reminder_is_worth_sending_until_the_next_one():
    assert moments(at(15)) == [
        ("early", at(8), at(14)),
        ("day", at(14), at(15, 7)),
        ("hours", at(15, 7), at(15) - TOO_LATE),
    ]


def test_days_ahead_are_told_in_office_hours_and_the_same_day_on_any_day():
    monday, sunday, night = at(20), at(12, 6), at(16, 21)

    assert [one[1] for one in moments(monday)] == [at(13), at(18), at(20, 7)]
    assert [one[1] for one in moments(sunday)] == [at(4, 8), at(11, 8), at(12, 4)]
    assert [one[1] for one in moments(night)] == [at(9, 19), at(15, 19), at(16, 19)]


def test_reminders_that_would_coincide_are_one():
    closed = [date(2031, 10, day) for day in range(5, 15)]

    assert [one[:2] for one in moments(at(15), holidays=closed)] == [
        ("day", at(4)),
        ("hours", at(15, 7)),
    ]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(72, timedelta(hours=48)), (24, timedelta(hours=12)), (6, timedelta(hours=3))],
)
def test_a_round_is_nudged_a_day_before_its_deadline_and_not_before_half_its_time(hours, expected):
    opened = InvitationRoundFactory.build(
        cohort=None, created_at=at(7), deadline_at=at(7) + timedelta(hours=hours)
    )

    moment = nudge_of(opened, USUAL, holidays=SUNDAYS)

    wished = due.in_office_hours(at(7) + expected, SUNDAYS)
    assert moment.due_at == max(wished, at(7) + timedelta(hours=hours) / 2)
    assert moment.expires_at == opened.deadline_at
