"""Hundreds of people say yes in the same second to a handful of seats."""

import itertools
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from participants.models import Participant
from tests.at_once import at_once, meeting
from tests.factories import CohortFactory, CohortQuotaFactory, ParticipantFactory
from tests.faults.test_at_once import in_portions, yes
from trainings import invariants, messages
from trainings.models import Cohort, Enrolment
from trainings.services import plain_yes, rounds, seats
from umkm_portal.common.prepared import Prepared
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.models import Delivery

SEATS = 30
RACES = [
    pytest.param((120, 40), id="short"),
    pytest.param((500, 500), id="full", marks=[pytest.mark.long, pytest.mark.timeout(480)]),
]
"""How many people answer, over how many connections."""
WAYS = ["plain", pytest.param("careful", marks=pytest.mark.long)]
"""A yes in one statement, and one in the steps that a cohort with a quota needs."""
OVERSOLD = "trainings: cohorts with more people than seats"


def open_cohort(people, way):
    Participant.objects.bulk_create(ParticipantFactory.build_batch(people, region=None))
    cohort = CohortFactory(seats=SEATS)
    if way == "careful":
        CohortQuotaFactory(cohort=cohort, key="31.71", seats=1)
    else:
        # The very first message of a kind is never a plain yes: what carries it is made then.
        messaging.keep_standing(messages.CONFIRMATION, now=timezone.now())
    rounds.open_round(cohort, actor=None, now=timezone.now(), everyone=True, starts=False)
    return cohort


def answer_all_at_once(cohort, *, connections):
    """Every invited person says yes over one of so many connections; returns the errors."""
    enrolments = list(cohort.enrolments.order_by("pk"))
    return at_once(*in_portions([yes(one) for one in enrolments], connections), patience=240)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("race", RACES)
def test_simultaneous_answers_fill_30_seats_and_an_unbroken_line(race, way, transactional_db):
    people, threads = race
    cohort = open_cohort(people, way)

    errors = answer_all_at_once(cohort, connections=threads)

    assert errors == []
    states = Counter(cohort.enrolments.values_list("state", flat=True))
    assert states == {"confirmed": SEATS, "waitlisted": people - SEATS}
    line = list(Enrolment.objects.filter(cohort=cohort).waiting())
    assert [enrolment.arrival_no for enrolment in line] == list(range(SEATS + 1, people + 1))
    seated = cohort.enrolments.filter(state="confirmed").values_list("arrival_no", flat=True)
    assert sorted(seated) == list(range(1, SEATS + 1))
    told = Delivery.objects.filter(subject_id__in=cohort.enrolments.values("pk"))
    assert Counter(told.values_list("campaign__kind", flat=True)) == {
        "confirmation": SEATS,
        "waiting": people - SEATS,
    }
    assert invariants.violations() + of_messaging.violations() == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("race", RACES)
def test_without_the_lock_and_the_conditional_update_the_same_race_oversells(
    race, way, transactional_db, monkeypatch
):
    people, threads = race
    cohort = open_cohort(people, way)
    if way == "plain":
        count_then_take_at_once(monkeypatch)
        with everybody_looks_first(cohort):
            errors = answer_all_at_once(cohort, connections=threads)
    else:
        count_then_take_in_steps(monkeypatch, everybody_looked=meeting(SEATS + 1))
        errors = answer_all_at_once(cohort, connections=threads)

    # Whoever the careless statement refuses, the careful way refuses with an error or a queue.
    assert way == "plain" or errors == []
    assert cohort.enrolments.seated().count() > SEATS
    assert any(sentence.startswith(OVERSOLD) for sentence in invariants.violations())


def count_then_take_at_once(monkeypatch):
    """The plain yes as it would be with a count for its condition, and no counter."""
    count = """(SELECT count(*) FROM trainings_enrolment seated
        WHERE seated.cohort_id = c.id AND seated.state = 'confirmed') < c.seats"""
    statement = plain_yes.SQL.replace("taken = c.taken + 1,", "taken = c.taken,")
    statement = statement.replace("c.taken + c.held < c.seats", count)
    assert statement.count(count) == 1
    monkeypatch.setattr(plain_yes, "_TAKE", Prepared("careless", statement))


@contextmanager
def everybody_looks_first(cohort):
    """Hold the cohort's row until more people than seats have found a free one."""
    waiting = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            seats.lock(cohort.pk)
            is_held.set()
            deadline = time.monotonic() + 240
            while time.monotonic() < deadline and not is_over.wait(0.05):
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(waiting)
                if cursor.fetchone()[0] > SEATS:
                    break
        connections.close_all()

    is_held, is_over = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait()
    try:
        yield
    finally:
        is_over.set()
        holder.join()


def count_then_take_in_steps(monkeypatch, *, everybody_looked):
    arrivals, looks = itertools.count(1), itertools.count(1)

    def count_then_take(cohort, enrolment, *, draws_number):
        is_free = cohort.enrolments.seated().count() < cohort.seats
        if next(looks) <= SEATS + 1:
            everybody_looked()
        return is_free

    monkeypatch.setattr(seats, "lock", lambda pk: Cohort.objects.get(pk=pk))
    monkeypatch.setattr(seats, "take", count_then_take)
    monkeypatch.setattr(seats, "next_arrival_no", lambda cohort: next(arrivals))
