"""Two beats at once, kills, six hours without a beat, and a clock that jumps: nobody is reminded
twice of one time, nobody too late, nobody is forgotten.
"""

import time
import tracemalloc
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from participants.models import Participant
from tests.factories import CohortFactory, ParticipantFactory
from tests.faults.playing import tell
from tests.faults.test_kills import Victim
from tests.messaging import scenes
from tests.sink import RunningSink
from trainings import invariants
from trainings.models import Cohort, Enrolment, Reminder, Session
from trainings.reminders import due
from trainings.reminders.rules import USUAL
from trainings.reminders.services import SLICE, remind_due
from trainings.services import answers
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Delivery, DeliveryBatch
from umkm_portal.messaging.services import deliver_due

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
OUTAGE = 6 * HOUR


def make_class(people, *, starts_at):
    """A class whose people took their seats long before any reminder."""
    cohort = CohortFactory(seats=people, starts_at=starts_at)
    for _ in range(people):
        answers.join(cohort, ParticipantFactory(), now=starts_at - 40 * 24 * HOUR, via="telepon")
    return cohort


def first_moment(cohort):
    holidays = due.holidays_around([cohort.starts_at])
    return due.moments_of(cohort.starts_at, USUAL, holidays=holidays)[0]


def told():
    """How often each person was told of each rule."""
    rows = Delivery.objects.filter(campaign__kind__startswith="reminder_")
    rows = rows.exclude(state="cancelled")
    return Counter(rows.values_list("campaign__kind", "recipient_key"))


def violations():
    return invariants.violations() + of_messaging.violations()


def beat_twice(moment, *careless):
    """The same beat in two processes at the same moment; what they say."""
    with ExitStack() as stage:
        victims = [stage.enter_context(Victim()) for _ in range(2)]
        said = []
        threads = [
            Thread(
                target=lambda one=one: said.append(
                    one.perform("remind", moment.isoformat(), *careless, at=0)
                )
            )
            for one in victims
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return said


@pytest.mark.long
def test_two_beats_at_once_remind_everybody_once():
    cohort = make_class(30, starts_at=timezone.now() + 30 * 24 * HOUR)

    said = beat_twice(first_moment(cohort).due_at)

    assert said == ["done", "done"]
    assert (len(told()), set(told().values())) == (30, {1})
    assert violations() == []


@pytest.mark.long
def test_without_locks_and_keys_two_beats_remind_twice():
    """The control."""
    cohort = make_class(30, starts_at=timezone.now() + 30 * 24 * HOUR)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trainings_reminder DROP CONSTRAINT reminder_once")
    try:
        beat_twice(first_moment(cohort).due_at, "carelessly")
        assert max(told().values()) == 2
    finally:
        Reminder.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE trainings_reminder"
                " ADD CONSTRAINT reminder_once UNIQUE (turn_id, enrolment_id)"
            )


@pytest.mark.long
def test_a_beat_killed_anywhere_is_finished_by_the_next():
    cohort = make_class(10, starts_at=timezone.now() + 30 * 24 * HOUR)
    moment = first_moment(cohort).due_at.isoformat()
    kills = 0

    with Victim() as victim:
        while victim.perform("remind", moment, at=3 + 5 * kills) == "killed":
            kills += 1
            assert violations() == []

    assert kills > 3
    assert (len(told()), set(told().values())) == (10, {1})
    assert violations() == []
    tell("a beat killed", f"{kills} kills until it was through: 10 of 10 reminded, none twice")


# --- Six hours without a beat, and a clock that jumps


OFFSETS = [-5.5, -4, -3, -1, -0.04, 0.5, 1, 1.9, 3, 9, 20, 24, 26, 30, 60, 24 * 7, 24 * 7 + 4]
"""Hours from the end of the outage to the class."""


def classes(people, *, now):
    return [make_class(people, starts_at=now + offset * HOUR) for offset in OFFSETS]


def moments(cohorts):
    """(session, moment) of every reminder, reckoned without the portal's books."""
    sessions = list(Session.objects.filter(cohort__in=cohorts))
    holidays = due.holidays_around([session.starts_at for session in sessions])
    return [
        (session, moment)
        for session in sessions
        for moment in due.moments_of(session.starts_at, USUAL, holidays=holidays)
    ]


def everything_leaves():
    waiting = list(Delivery.objects.filter(state="pending").values_list("pk", flat=True))
    ledger.move(waiting, to="accepted", from_states=["pending"], now=timezone.now())


def live_until(end, *, days=9):
    """A beat each hour, whose messages leave at once."""
    moment = end - days * 24 * HOUR
    while moment <= end:
        remind_due(now=moment)
        everything_leaves()
        moment += HOUR


@pytest.mark.long
@pytest.mark.timeout(300)
def test_after_six_hours_the_useful_is_sent_the_rest_missed_and_none_lost(tmp_path, settings):
    now, people = timezone.now(), 3
    scenes.let_fly()
    cohorts = classes(people, now=now)
    live_until(now - OUTAGE)
    before = told()

    with RunningSink(tmp_path / "sink.log") as sink:
        settings.EMAIL_URL = sink.url
        (tmp_path / "sink.log").touch()
        beat_twice(now)
        deliver_due()
        received = Counter(address for _, address, _ in sink.received())

    expected = Counter()
    for session, moment in moments(cohorts):
        if moment.due_at > now - OUTAGE and moment.due_at <= now:
            state = "queued" if moment.expires_at > now else "missed"
            expected[session.pk, moment.rule, state] += people
    rows = Reminder.objects.exclude(turn__due_at__lte=now - OUTAGE)
    found = Counter(rows.values_list("turn__session", "turn__rule", "state"))
    assert found == expected
    by_state = Counter()
    for (_, _, state), count in expected.items():
        by_state[state] += count
    assert by_state["queued"] >= people * 3
    assert by_state["missed"] >= people * 3
    assert sum(received.values()) == by_state["queued"]
    assert max((told() - before).values()) == 1
    # The clock jumps back, forward over reminders, and back again.
    once = told()
    for jump in (-5, 0, 2, -3, 0, 2):
        remind_due(now=now + jump * HOUR)
    assert max(told().values()) == 1
    assert once - told() == Counter()
    tell(
        "six hours without a beat, then the clock jumps six times",
        f"{by_state['queued']} reminders were still of use: {sum(received.values())} sent,"
        f" {sum(n > 1 for n in told().values())} twice, {(once - told()).total()} lost;"
        f" {by_state['missed']} were too late and named as missed",
    )
    rows = Reminder.objects.values("turn", "enrolment")
    assert len(rows) == len({tuple(row.values()) for row in rows})
    assert violations() == []


@pytest.mark.long
def test_reminding_of_what_falls_due_in_this_minute_loses_and_repeats():
    """The control: no rows that say what was told, only the clock."""
    now, minute = timezone.now(), timedelta(minutes=1)
    pairs = moments(classes(1, now=now))
    sent = Counter()

    def naive_beat(at):
        for session, moment in pairs:
            if at - minute < moment.due_at <= at:
                sent[session.pk, moment.rule] += 1

    at = now - OUTAGE
    while at <= now + OUTAGE:
        if not now - OUTAGE < at < now:
            naive_beat(at)
        at += minute
    at = now
    while at <= now + HOUR * 2:  # the clock was set back
        naive_beat(at)
        at += minute

    useful = {
        (session.pk, moment.rule)
        for session, moment in pairs
        if now - OUTAGE < moment.due_at <= now < moment.expires_at
    }
    tell(
        "six hours without a beat, control",
        f"only the clock, no books: {len(useful - set(sent))} of {len(useful)} lost,"
        f" {sum(n > 1 for n in sent.values())} twice",
    )
    assert useful - set(sent), "none lost"
    assert Cohort.objects.count() == len(OFFSETS)
    assert max(sent.values()) == 2


# --- Many people


def fill(cohort, count):
    """So many seats, written by the database; their histories are not what is looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO participants_participant ({columns})
            SELECT {values} FROM participants_participant, generate_series(1, %s) n
            WHERE id = %s""".format(**copied(Participant, code="'BANYAK' || n", email=EMAIL)),
            [count, ParticipantFactory().pk],
        )
        cursor.execute(
            """
            INSERT INTO trainings_enrolment ({columns})
            SELECT {values} FROM trainings_enrolment, participants_participant n
            WHERE trainings_enrolment.id = %s AND n.code LIKE 'BANYAK%%'""".format(
                **copied(
                    Enrolment,
                    participant_id="n.id",
                    public_id="gen_random_uuid()",
                    short_code="'Z' || n.id",
                    arrival_no="n.id + 100",
                )
            ),
            [cohort.enrolments.first().pk],
        )
        cursor.execute("ANALYZE")


EMAIL = "'banyak' || n || '@contoh.example'"


def copied(model, **own):
    """Columns of a row, and its values but for some."""
    table = model._meta.db_table
    names = [field.column for field in model._meta.local_fields if field.column != "id"]
    values = [own.get(name, f"{table}.{name}") for name in names]
    return {"columns": ", ".join(names), "values": ", ".join(values)}


@pytest.mark.long
@pytest.mark.timeout(300)
def test_tens_of_thousands_are_reminded_by_statements_that_do_not_grow():
    count = 43_000
    cohort = make_class(1, starts_at=timezone.now() + 30 * 24 * HOUR)
    fill(cohort, count)
    moment = first_moment(cohort).due_at

    tracemalloc.start()
    began = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        done = remind_due(now=moment)
    seconds = time.monotonic() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    print(f"{count} people: {seconds:.1f} s, {len(queries)} statements, {peak / 1e6:.1f} MB")
    assert done["queued"] == count + 1
    assert DeliveryBatch.objects.filter(campaign__kind="reminder_early").count() >= count / 500
    assert len(queries) < 15 * (count / SLICE + 10)
    assert peak < 20e6
    assert of_messaging.violations() == []
