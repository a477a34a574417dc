"""The working calendar: Sundays, holidays, cuti bersama, overrides, and hours in WIB."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umkm_portal.common.dates import JAKARTA
from umkm_portal.regions.calendar import holiday_name, is_working_day, next_opening
from umkm_portal.regions.models import HolidayOverride

pytestmark = pytest.mark.django_db


def wib(*parts):
    return datetime(*parts, tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 21), True),  # Saturday
        (date(2026, 11, 22), False),  # Sunday
        (date(2026, 8, 17), False),  # independence
        (date(2026, 12, 24), False),  # cuti bersama
        (date(2026, 3, 21), False),  # Idul Fitri
        (date(2027, 3, 10), False),  # Idul Fitri, estimated
    ],
)
def test_is_working_day(day, is_working):
    assert is_working_day(day) is is_working


def test_staff_overrule_the_calendar_in_both_directions():
    HolidayOverride.objects.create(date=date(2026, 12, 24), is_working=True, name="SKB berubah")
    HolidayOverride.objects.create(date=date(2026, 11, 23), is_working=False, name="Pilkada")

    assert is_working_day(date(2026, 12, 24))
    assert not is_working_day(date(2026, 11, 23))
    assert holiday_name(date(2026, 12, 24)) == ""
    assert holiday_name(date(2026, 11, 23)) == "Pilkada"


def test_holiday_name():
    assert holiday_name(date(2026, 8, 17)) == "Hari Kemerdekaan Republik Indonesia"
    assert holiday_name(date(2026, 8, 18)) == ""


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        (wib(2026, 11, 23, 9, 30), wib(2026, 11, 23, 9, 30)),
        (wib(2026, 11, 23, 8, 0), wib(2026, 11, 23, 8, 0)),
        (wib(2026, 11, 23, 7, 59), wib(2026, 11, 23, 8, 0)),
        (wib(2026, 11, 23, 20, 0), wib(2026, 11, 24, 8, 0)),
        (wib(2026, 11, 21, 23, 0), wib(2026, 11, 23, 8, 0)),
        (wib(2026, 11, 22, 12, 0), wib(2026, 11, 23, 8, 0)),
        (wib(2026, 12, 23, 21, 0), wib(2026, 12, 26, 8, 0)),
        (wib(2026, 3, 17, 20, 0), wib(2026, 3, 25, 8, 0)),
        (datetime(2026, 11, 22, 20, 0, tzinfo=UTC), wib(2026, 11, 23, 8, 0)),
        (datetime(2026, 11, 23, 2, 0, tzinfo=UTC), wib(2026, 11, 23, 9, 0)),
    ],
)
def test_next_opening(moment, opening):
    assert next_opening(moment) == opening


def test_next_opening_keeps_other_hours():
    assert next_opening(wib(2026, 11, 23, 12, 0), opens=time(13), closes=time(14, 30)) == wib(
        2026, 11, 23, 13, 0
    )


def test_next_opening_asks_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        next_opening(wib(2026, 3, 17, 20, 0))


def test_a_calendar_without_working_days_is_noticed():
    first = date(2026, 11, 1).toordinal()
    HolidayOverride.objects.bulk_create(
        HolidayOverride(date=date.fromordinal(first + n), name="tutup") for n in range(80)
    )

    with pytest.raises(ValueError, match="no working day"):
        next_opening(wib(2026, 11, 2, 9, 0))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_an_opening_is_open_and_not_earlier(moment):
    opening = next_opening(moment)
    local = opening.astimezone(JAKARTA)

    assert opening >= moment
    assert is_working_day(local.date())
    assert time(8) <= local.time() < time(20)
    assert next_opening(opening) == opening
