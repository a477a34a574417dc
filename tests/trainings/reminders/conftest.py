"""A class on a Wednesday in October 2031, a month without holidays; the clock is passed in."""

from datetime import datetime

import pytest

from tests.factories import CohortFactory, ParticipantFactory
from trainings.services import answers
from umkm_portal.common.dates import JAKARTA
from umkm_portal.messaging.models import Delivery


def at(day, hour=9, minute=0):
    return datetime(2031, 10, day, hour, minute, tzinfo=JAKARTA)


def seat(cohort, now=None, **facts):
    """Somebody who got a seat two weeks before."""
    person = ParticipantFactory(**facts)
    return answers.join(cohort, person, now=now or at(1), via="telepon")


def told(rule=""):
    """(name of the rule, person) of each reminder that waits or has left."""
    rows = Delivery.objects.filter(campaign__kind__startswith=f"reminder_{rule}")
    rows = rows.exclude(state="cancelled").order_by("pk")
    return [
        (kind.removeprefix("reminder_"), key)
        for kind, key in rows.values_list("campaign__kind", "recipient_key")
    ]


@pytest.fixture
def cohort():
    """Wednesday 15 October, 9 o'clock, with two people."""
    cohort = CohortFactory(
        starts_at=at(15), training__title="Foto Produk", training__bring="HP dan KTP"
    )
    for _ in range(2):
        seat(cohort)
    return cohort
