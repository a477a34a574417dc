"""Filling a database with practice data, and telling what is there."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.conf import settings

from participants.duplicates.finding import find_pairs
from participants.models import Participant
from trainings.models import Cohort
from trainings.services import rounds
from umkm_portal.accounts.models import User
from umkm_portal.pages.demo import (
    aftermath,
    announcing,
    calls,
    certificates,
    courses,
    history,
    inbox,
    life,
    members,
    past_year,
    people,
    places,
    planning,
    results,
    senders,
    today,
)
from umkm_portal.pages.demo.post import QUICK, caught_mail, sending_at


class CohortReport(TypedDict):
    code: str
    state: str
    seats: int
    invitable: int


class Report(TypedDict):
    participants: int
    new: int
    cohorts: list[CohortReport]


class SeedRefused(Exception):
    """Practice data does not go into this database; the text says why."""


def seed(*, participants: int, now: datetime) -> Report:
    """Write what is missing; return `participants`, `new` and `cohorts`. Raises SeedRefused."""
    _check_place()
    staff = places.furnish()
    new = people.bring_in_people(participants, uploader=staff)
    find_pairs(now=now)
    courses.hold_courses(now=now)
    planning.fund_courses(now=now)
    members.join_members(now=now)
    senders.keep_senders(now=now)
    with caught_mail():
        history.hold_earlier_classes(staff=staff, now=now)
        life.live(staff=staff, now=now)
        certificates.certify_classes(staff=staff, now=now)
        aftermath.look_back(staff=staff, now=now)
        calls.open_calls(staff=staff, now=now)
        inbox.write_back(now=now)
        with sending_at(QUICK, burst=int(QUICK)):
            results.hold_earlier_call(staff=staff, now=now)
            announcing.write_to_people(staff=staff, now=now)
    past_year.remember_last_year(staff=staff, now=now)
    return {
        "participants": Participant.objects.living().count(),
        "new": new,
        "cohorts": [_told(code, now=now) for code in _codes(now=now)],
    }


def _check_place() -> None:
    """A production database with people of its own gets no invented ones."""
    if settings.EMBEDDED or not Participant.objects.exists():
        return
    if not User.objects.filter(email=places.STAFF).exists():
        raise SeedRefused("This database has people of its own; practice data stays out of it.")


def _codes(*, now: datetime) -> list[str]:
    """The cohorts of the practice data, the class of this day last."""
    session = today.todays_session(now=now)
    return [plan.code for plan in courses.PLANS] + ([session.cohort.code] if session else [])


def _told(code: str, *, now: datetime) -> CohortReport:
    """A cohort with the number of people who could be invited to it now."""
    cohort = Cohort.objects.get(code=code)
    invitable = 0
    if cohort.state == Cohort.State.OPEN:
        invitable = rounds.plan_round(cohort, everyone=True, now=now).chosen
    return {"code": code, "state": cohort.state, "seats": cohort.seats, "invitable": invitable}
