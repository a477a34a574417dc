"""A plan that lacks nothing, on working days."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from tests.factories import (
    AssignmentFactory,
    BudgetLineFactory,
    CohortFactory,
    ProgrammeFactory,
    SessionFactory,
    TrainingFactory,
    VenueFactory,
)
from trainings.models import Assignment, Cohort
from umkm_portal.common.dates import JAKARTA
from umkm_portal.regions.calendar import is_working_day


def workday(days):
    """The first working day that many days from today."""
    day = timezone.localdate() + timedelta(days=days)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def at(day, hour=9):
    return datetime.combine(day, time(hour), tzinfo=JAKARTA)


def make_training(*, budget=None, **facts):
    """A training with materials and an audience, in a programme with that ceiling."""
    programme = ProgrammeFactory(budget=budget)
    known = {"materials": "Buku saku", "audience": "Pemula", "programme": programme}
    return TrainingFactory(**known | facts)


def make_plan(*, day=None, hour=9, planned=1_000_000, training=None, **facts):
    """A draft that is ready: place, a trainer who said yes, money, a session, a last day."""
    starts_at = at(day or workday(14), hour)
    cohort = CohortFactory(
        training=training or make_training(),
        state=Cohort.State.DRAFT,
        session=None,
        starts_at=starts_at,
        closes_at=starts_at - timedelta(days=1),
        **facts,
    )
    session = SessionFactory(
        cohort=cohort, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3)
    )
    AssignmentFactory(session=session, state=Assignment.State.CONFIRMED)
    BudgetLineFactory(cohort=cohort, planned=planned)
    return cohort


def another_session(cohort, starts_at, *, venue=None):
    """One more session, three hours long."""
    return SessionFactory(
        cohort=cohort,
        venue=venue or VenueFactory(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
    )
