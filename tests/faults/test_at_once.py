"""Presses, arrivals, cancellations and officers in the same instant, over real connections."""

import random
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models import F
from django.utils import timezone

from tests.at_once import at_once, meeting
from tests.factories import CohortFactory, ParticipantFactory
from tests.trainings.scenes import invite, seat
from trainings import invariants
from trainings.models import Cohort, Enrolment, EnrolmentEvent, Session
from trainings.services import (
    answers,
    cancelling,
    capacity,
    carrying,
    changes,
    plain_yes,
    seats,
)
from umkm_portal.common.prepared import Prepared
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging.models import Campaign, Delivery

pytestmark = pytest.mark.long


def in_portions(calls, size):
    """The calls as `size` actions, each doing its share one after the other."""

    def share(mine):
        return lambda: [call() for call in mine]

    return [share(calls[n::size]) for n in range(size) if calls[n::size]]


def yes(enrolment):
    return lambda: answers.accept(enrolment, now=timezone.now(), via="tautan")


def presses(enrolment, times):
    """The button in so many browsers, which all show that she has not answered."""
    return [yes(Enrolment.objects.get(pk=enrolment.pk)) for _ in range(times)]


def unlocked(monkeypatch):
    """Take the locks away: everybody reads what she likes."""
    read = Cohort.objects.select_related("training")
    monkeypatch.setattr(seats, "lock", lambda pk: read.get(pk=pk))


def test_the_same_person_twenty_times_at_once_has_one_seat_and_one_message(transactional_db):
    cohort = CohortFactory()
    first = seat(cohort)
    person = ParticipantFactory()
    invited = invite(cohort)

    def joins():
        answers.join(cohort, person, now=timezone.now(), via="telepon")

    errors = at_once(*presses(invited, 10), *[joins] * 10)

    # A first row that two presses write at once is refused by the database to one of them.
    assert {type(error).__name__ for error in errors} <= {"IntegrityError"}
    cohort.refresh_from_db()
    assert (cohort.taken, cohort.next_arrival_no) == (3, 4)
    told = Delivery.objects.values_list("recipient_key", "campaign__kind")
    assert sorted(told) == sorted(
        (key, "confirmation") for key in (first.participant_id, invited.participant_id, person.pk)
    )
    moves = EnrolmentEvent.objects.filter(to_state="confirmed").values_list("enrolment")
    assert len(moves) == len(set(moves)) == 3
    assert invariants.violations() + of_messaging.violations() == []


def careless_statement(monkeypatch, everybody_looked):
    """The plain yes, but nobody looks what became of her meanwhile."""
    statement = plain_yes.SQL
    guards = {
        " AND e.state = %(source)s": "",
        "other.state IN ('confirmed', 'attended', 'no_show', 'completed')": "FALSE",
        "open.recipient_key = e.participant_id": "FALSE",
    }
    assert [statement.count(guard) for guard in guards] == [2, 1, 1]
    for guard, nothing in guards.items():
        statement = statement.replace(guard, nothing)
    monkeypatch.setattr(plain_yes, "_TAKE", Prepared("careless", statement))
    take = plain_yes.take_seat

    def late(enrolment, **facts):
        everybody_looked()
        return take(enrolment, **facts)

    monkeypatch.setattr(plain_yes, "take_seat", late)


def careless_steps(monkeypatch, _everybody_looked):
    """Nobody looks at all, so nobody has to wait for the others."""
    monkeypatch.setattr(plain_yes, "take_seat", lambda enrolment, **facts: False)
    unlocked(monkeypatch)

    def careless(enrolment, *, to, now, via, actor=None, note="", **facts):
        time.sleep(0.05)
        facts.pop("arrival_no", None)
        Enrolment.objects.filter(pk=enrolment.pk).update(state=to, **facts)
        return EnrolmentEvent.objects.create(
            enrolment=enrolment, from_state="invited", to_state=to, via=via, happened_at=now
        )

    monkeypatch.setattr(answers, "move", careless)


@pytest.mark.parametrize("carelessly", [careless_statement, careless_steps])
def test_without_its_guards_the_same_person_takes_several_seats(
    carelessly, transactional_db, monkeypatch
):
    cohort = CohortFactory()
    seat(cohort)
    invited = invite(cohort)
    carelessly(monkeypatch, meeting(10))

    at_once(*presses(invited, 10))

    cohort.refresh_from_db()
    assert cohort.taken > 2
    assert invariants.violations() != []


SIZES = [
    pytest.param((10, 40, 30), id="short"),
    pytest.param((30, 200, 100), id="full", marks=[pytest.mark.long, pytest.mark.timeout(240)]),
]
"""Seats that are cancelled, people who wait, people who arrive."""


@contextmanager
def watching(cohort):
    """Look at the cohort all the while; what was ever more than its seats."""
    seen, is_over = [], threading.Event()
    look = """
        SELECT c.seats, c.taken + c.held, (SELECT count(*) FROM trainings_enrolment e
            WHERE e.cohort_id = c.id AND e.state IN ('confirmed', 'offered'))
        FROM trainings_cohort c WHERE c.id = %s"""

    def watch():
        with connection.cursor() as cursor:
            while not is_over.is_set():
                cursor.execute(look, [cohort.pk])
                there, counted, people = cursor.fetchone()
                if max(counted, people) > there or counted != people:
                    seen.append((there, counted, people))
        connections.close_all()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def crowd(size):
    """A full cohort with a line, and people who are about to arrive."""
    count, waiting, arriving = size
    cohort = CohortFactory(seats=count)
    for _ in range(count + waiting):
        seat(cohort)
    return cohort, [invite(cohort) for _ in range(arriving)]


def everything(cohort, arriving, count):
    """Seats given back, arrivals, and two officers who change the number of seats."""
    owners = list(cohort.enrolments.filter(state="confirmed"))

    def gives_back(owner):
        return lambda: answers.cancel(owner, now=timezone.now(), via="tautan")

    def changes_seats(*numbers):
        def act():
            for number in numbers:
                capacity.change_seats(cohort, seats_wanted=number, now=timezone.now())

        return act

    calls = [gives_back(owner) for owner in owners] + [yes(one) for one in arriving]
    random.Random(5).shuffle(calls)
    fewer, more = count * 5 // 6, count * 4 // 3
    return [*in_portions(calls, 12), changes_seats(fewer, more)], more


@pytest.mark.parametrize("size", SIZES)
def test_cancellations_arrivals_and_changing_seats_at_once_keep_seats_and_order(
    size, transactional_db
):
    cohort, arriving = crowd(size)
    line = list(cohort.enrolments.waiting().values_list("pk", flat=True))
    actions, seats_at_last = everything(cohort, arriving, size[0])

    with watching(cohort) as oversold:
        errors = at_once(*actions)

    assert errors == []
    assert oversold == []
    cohort.refresh_from_db()
    assert (cohort.seats, cohort.seats_target, cohort.free) == (seats_at_last, None, 0)
    offered = set(cohort.enrolments.filter(state="offered").values_list("pk", flat=True))
    assert offered == set(line[: len(offered)]), "the head of the line, and nobody else"
    late = cohort.enrolments.filter(pk__in=[one.pk for one in arriving])
    assert set(late.values_list("state", flat=True)) == {"waitlisted"}
    per_event = Delivery.objects.values_list("recipient_key", "step")
    assert max(Counter(per_event).values()) == 1
    assert_each_was_told_of_what_became_of_her(cohort)
    assert invariants.violations() + of_messaging.violations() == []


def assert_each_was_told_of_what_became_of_her(cohort):
    """One live message about the state in which each person ended, and none about another."""
    kinds = {
        "confirmed": "confirmation",
        "waitlisted": "waiting",
        "offered": "offer",
        "cancelled": "cancelled",
    }
    live = Delivery.objects.filter(state="pending").values_list("subject_id", "campaign__kind")
    states = cohort.enrolments.values_list("pk", "state")
    assert Counter(live) == Counter((pk, kinds[state]) for pk, state in states)


def test_seats_that_are_passed_on_later_go_to_whoever_comes_first(transactional_db, monkeypatch):
    """The control: a seat given back without its refill is taken by an arrival."""
    cohort, arriving = crowd(SIZES[0].values[0])
    actions, _ = everything(cohort, arriving, cohort.seats)
    monkeypatch.setattr(seats, "refill", lambda cohort, *, now: [])

    at_once(*actions)

    late = cohort.enrolments.filter(pk__in=[one.pk for one in arriving])
    assert "confirmed" in set(late.values_list("state", flat=True))


# --- Two officers


def end_twice(cohort, successor):
    def cancels():
        with suppress(cancelling.CancelRefused):
            cancelling.cancel_cohort(
                cohort, reason="Banjir", successor=successor, by=None, now=timezone.now()
            )

    return at_once(cancels, cancels, lambda: cancelling.finish_cancellations(now=timezone.now()))


def full_cohort_and_next():
    cohort = CohortFactory(seats=6)
    for _ in range(10):
        seat(cohort)
    return cohort, CohortFactory(training=cohort.training, seats=4)


def test_two_officers_cancel_the_same_cohort_once(transactional_db, monkeypatch):
    monkeypatch.setattr(cancelling, "BATCH", 3)
    cohort, successor = full_cohort_and_next()

    errors = end_twice(cohort, successor)

    assert errors == []
    moved = Counter(successor.enrolments.values_list("state", flat=True))
    assert moved == {"confirmed": 4, "waitlisted": 6}
    campaign = Campaign.objects.get(kind="cohort_cancelled")
    assert campaign.audience_count == 10
    assert invariants.violations() + of_messaging.violations() == []


def test_without_the_lock_two_officers_tell_everybody_twice(transactional_db, monkeypatch):
    cohort, successor = full_cohort_and_next()
    unlocked(monkeypatch)
    both_sent = meeting(2)
    real = cancelling._send

    def slowly(*args, **options):
        both_sent()
        return real(*args, **options)

    monkeypatch.setattr(cancelling, "_send", slowly)
    errors = end_twice(cohort, successor)

    campaigns = Campaign.objects.filter(kind="cohort_cancelled").count()
    assert campaigns > 1 or errors or invariants.violations()


def test_two_officers_move_carry_and_cancel_at_once_and_people_hear_once(transactional_db):
    cohort, successor = full_cohort_and_next()
    session = cohort.sessions.get()
    line = list(cohort.enrolments.waiting().values_list("participant", flat=True))

    def moves(days):
        def act():
            fresh = Session.objects.select_related("venue").get(pk=session.pk)
            changes.move_session(
                fresh,
                starts_at=session.starts_at + timedelta(days=days),
                ends_at=session.ends_at + timedelta(days=days),
                venue=fresh.venue,
                link="",
                by=None,
                now=timezone.now(),
            )

        return act

    def carries():
        carrying.carry_over(cohort, to=successor, now=timezone.now())

    def tells():
        changes.tell_changes(now=timezone.now() + changes.QUIET)

    errors = at_once(moves(1), moves(2), carries, carries)
    told_errors = at_once(tells, tells)

    assert errors + told_errors == []
    session.refresh_from_db()
    cohort.refresh_from_db()
    assert (session.sequence, cohort.starts_at) == (2, session.starts_at)
    assert Campaign.objects.filter(kind="schedule_changed").count() == 1
    places = successor.enrolments.order_by("arrival_no").values_list("participant", flat=True)
    assert list(places) == line
    told = Delivery.objects.filter(subject_id__in=successor.enrolments.values("pk"))
    assert set(Counter(told.values_list("recipient_key", flat=True)).values()) == {1}
    assert invariants.violations() + of_messaging.violations() == []


def test_swaps_in_both_directions_at_once_do_not_wait_in_a_circle(transactional_db):
    first = CohortFactory(seats=8)
    second = CohortFactory(seats=8, training=first.training)
    pairs = [(first, second), (second, first)]
    people = [(invite(here), there) for here, there in pairs * 6]
    for enrolment, _ in people:
        yes(enrolment)()

    def swaps(enrolment, there):
        def act():
            with suppress(answers.NoSeatThere):
                answers.swap(enrolment, to=there, now=timezone.now(), via="akun")

        return act

    errors = at_once(*(swaps(*pair) for pair in people))

    assert errors == []
    taken = Cohort.objects.filter(pk__in=[first.pk, second.pk]).values_list("taken", flat=True)
    assert sum(taken) == 12
    assert not Cohort.objects.filter(taken__gt=F("seats")).exists()
    assert invariants.violations() == []
