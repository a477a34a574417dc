"""kill -9 between any two statements of a transition: all of it happened, or nothing."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests import stage
from tests.factories import CohortFactory, CohortQuotaFactory
from tests.trainings.scenes import invite, seat
from trainings import invariants
from trainings.models import Enrolment, EnrolmentEvent, Session, SessionChange
from trainings.services import cancelling, changes
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging.models import Campaign, Delivery

pytestmark = pytest.mark.long

MOST = 400


class Victim:
    """The process whose children are killed; answers one order at a time."""

    def __init__(self):
        env = stage.environment(redis_url=settings.REDIS_URL, email_url="smtp://127.0.0.1:9")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=stage.ROOT,
            env=env,
        )
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def perform(self, action, *ids, at, bare=False):
        order = {"action": action, "ids": ids, "at": at, "bare": bare}
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def victim(transactional_db):
    with Victim() as process:
        yield process


def books():
    """Everything that a transition may change."""
    return [
        sorted(Enrolment.objects.values_list("pk", "state", "arrival_no", "priority")),
        sorted(Enrolment.objects.values_list("cohort", "cohort__taken", "cohort__held")),
        sorted(EnrolmentEvent.objects.values_list("pk")),
        sorted(Delivery.objects.values_list("pk", "state")),
        sorted(Session.objects.values_list("pk", "starts_at", "sequence", "cohort__starts_at")),
        sorted(SessionChange.objects.values_list("pk")),
        sorted(Campaign.objects.exclude(is_standing=True).values_list("pk", "state")),
    ]


def violations():
    return invariants.violations() + of_messaging.violations()


def fill(cohort, count):
    return [seat(cohort) for _ in range(count)]


def scenes():
    """(action, ids) of each transition, all in one database, none touching another's rows."""
    quota = CohortQuotaFactory(key="31.71", seats=5)
    yield "accept", (invite(quota.cohort).pk,)
    owner, *_ = fill(CohortFactory(seats=1), 3)
    yield "cancel", (owner.pk,)
    mover, *_ = fill(CohortFactory(seats=1), 2)
    yield "swap", (mover.pk, CohortFactory(training=mover.training).pk)
    full = CohortFactory(seats=1)
    fill(full, 3)
    yield "seats", (full.pk, 3)
    yield "move_session", (CohortFactory().sessions.get().pk,)
    waits = CohortFactory(seats=1)
    fill(waits, 3)
    yield "carry", (waits.pk, CohortFactory(training=waits.training, seats=1).pk)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(9, id="short"),
        pytest.param(1, id="full", marks=[pytest.mark.long, pytest.mark.timeout(600)]),
    ],
)
def test_a_transition_killed_anywhere_has_happened_whole_or_not_at_all(victim, step):
    kills = {}
    for number, (action, ids) in enumerate(list(scenes())):
        for at in range(1 + number % step, MOST, step):
            before = books()
            told = victim.perform(action, *ids, at=at)
            after = books()
            if told != "killed" or after != before:
                break  # done, or killed after its commit
        assert told in ("killed", "done"), told
        assert after != before, action
        assert violations() == [], action
        kills[action] = at - 1
    assert min(kills.values()) >= 5, kills


@pytest.mark.parametrize("bare", [False, True])
def test_a_plain_yes_killed_anywhere_is_whole_even_without_a_transaction(victim, bare):
    cohort = CohortFactory()
    fill(cohort, 1)
    fates = []
    while not fates or fates[-1][0] == "killed":
        invited = invite(cohort)
        told = victim.perform("accept", invited.pk, at=len(fates) + 1, bare=bare)
        invited.refresh_from_db()
        fates.append((told, invited.state))
        assert violations() == [], fates

    assert {("killed", "invited"), ("killed", "confirmed"), ("done", "confirmed")} == set(fates)
    told = Delivery.objects.filter(campaign__kind="confirmation")
    assert told.count() == cohort.enrolments.filter(state="confirmed").count()


def end_of_a_cohort():
    cohort = CohortFactory(seats=3)
    fill(cohort, 5)
    return cohort, CohortFactory(training=cohort.training, seats=2)


def kill_and_finish(victim, at):
    """Cancel a cohort, killed at a statement; the sweep finishes it. What the victim told."""
    cohort, successor = end_of_a_cohort()
    seated = cohort.enrolments.filter(state="confirmed").order_by("arrival_no")
    seated = list(seated.values_list("participant", flat=True))
    told = victim.perform("end", cohort.pk, successor.pk, at=at)
    halfway = violations()
    cancelling.finish_cancellations(now=timezone.now())
    cohort.refresh_from_db()
    if cohort.cancelled_at is None:
        cancelling.cancel_cohort(
            cohort, reason="Banjir", successor=successor, by=None, now=timezone.now()
        )
    there = successor.enrolments.filter(state="confirmed").order_by("arrival_no")
    assert list(there.values_list("participant", flat=True)) == seated[:2], at
    campaign = Campaign.objects.get(kind="cohort_cancelled", subject_id=cohort.pk)
    assert campaign.audience_count == 5, at
    assert halfway + violations() == [], at
    return told


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(41, id="short"),
        pytest.param(1, id="full", marks=[pytest.mark.long, pytest.mark.timeout(600)]),
    ],
)
def test_a_cancellation_killed_anywhere_is_finished_by_the_sweep(victim, step):
    at = 1
    while kill_and_finish(victim, at) == "killed":
        at += step
        assert at < MOST
    assert at > 60


def test_without_a_transaction_a_kill_leaves_half_of_a_transition(victim):
    """The control: the same kills where each of many statements stands alone."""
    cohort = CohortQuotaFactory(cohort__seats=100, key="31.71", seats=5).cohort
    found = set()
    for at in range(1, 16):
        victim.perform("accept", invite(cohort).pk, at=at, bare=True)
        found |= set(violations())

    assert any("taken seats differ" in sentence for sentence in found)


def test_a_change_killed_before_it_was_told_is_told_by_the_next_sweep(victim):
    cohort = CohortFactory()
    fill(cohort, 1)
    assert victim.perform("move_session", cohort.sessions.get().pk, at=0) == "done"
    later = timezone.now() + changes.QUIET + timedelta(minutes=1)

    assert changes.tell_changes(now=later) == 1
    assert changes.tell_changes(now=later) == 0
