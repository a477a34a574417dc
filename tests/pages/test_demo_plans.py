"""Practice data before anything is written: its days, and where it does not go."""

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from participants.models import Participant
from umkm_portal.common.dates import JAKARTA
from umkm_portal.pages.demo import courses
from umkm_portal.regions.calendar import is_working_day


@pytest.mark.parametrize("weekday", range(7))
def test_classes_lie_on_working_days_whatever_day_it_is(db, weekday):
    today = timezone.localdate()
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    for hour, minute in ((0, 0), (23, 59)):
        now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=JAKARTA)
        for plan in courses.PLANS:
            first = courses.working_day(now.date(), plan.days)
            assert is_working_day(first)
            assert (first > day) == (plan.days > 0)


def test_a_production_database_with_people_gets_no_practice_data(db, settings):
    settings.EMBEDDED = False
    Participant.objects.create(full_name="Orang Sungguhan")

    with pytest.raises(CommandError, match="people of its own"):
        call_command("seed_demo")

    assert Participant.objects.count() == 1
