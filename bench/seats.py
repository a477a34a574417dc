"""How long a seat takes when everybody says yes at once, against the bare conditional UPDATE.

    python bench/seats.py [--rows 2000] [--json] [--strict]

In a database of its own, whose commits reach the disk, over 16 threads with a connection each.

The limit is one `UPDATE ... WHERE taken + held < seats` for each seat through the ORM, committed by
itself, in the same run on the same connections, before and after each round.

`seat` is the transaction that takes the seat, from the call of `answers.accept` to its commit: the
words of the message are read; the counters, the state, the event and the message with its batch
are written; what follows the commit is left out. `answer` is the whole call, with what follows the
commit: her activity (a transaction of its own) and the nudge to the workers. `careful` is a yes in
a cohort with a quota, which goes the long way of locks and single steps. The page around an answer
is in `opening.py`.

Each is measured `spread` over 50 cohorts, and on one `hot` cohort whose row everybody wants.
`allowed` is the greatest ratio of `seat`; `--strict` ends with 1 when it was more. The numbers must
come out exactly: who counts wrong fails the run.
"""

import contextlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import _report
from _memory import Watch

THREADS = 16
COHORTS = 50
ALLOWED = 3.0
ROUNDS = 3


def main():
    _report.run(__doc__, measure, rows=2_000, too_much=too_much)


def too_much(result):
    return [
        name
        for name, job in result.items()
        if isinstance(job, dict) and job["ratio"] > job.get("allowed", float("inf"))
    ]


def measure(rows, folder):
    _report.prepare_database()
    fill_register(rows)
    warm_up()
    result = {"rows": rows, "threads": THREADS}
    with Watch(os.getpid()) as watch:
        for job, around, facts in (
            ("seat", without_what_follows, {"allowed": ALLOWED}),
            ("answer", contextlib.nullcontext, {}),
            ("careful", contextlib.nullcontext, {"quotas": True}),
        ):
            has_quotas = facts.pop("quotas", False)
            for place, count in (("spread", COHORTS), ("hot", 1)):
                with around():
                    rounds = [round_of(count, rows, has_quotas) for _ in range(ROUNDS)]
                found = _report.of_rounds(rounds)
                found |= {"per_second": round(rows / found["seconds"])} | facts
                result[f"{job}_{place}"] = found | {"peak_rss_mb": round(watch.peak_mb)}
    return result


def round_of(count, rows, has_quotas):
    """Seconds of all answers, and of the limit before and after them."""
    cohorts = make_cohorts(count, rows, has_quotas=has_quotas)
    before = race(make_cohorts(count, rows), bare_update, rows)
    seconds = race(cohorts, answer, rows, invite(cohorts, rows))
    check(cohorts, rows)
    return seconds, before, race(make_cohorts(count, rows), bare_update, rows)


def without_what_follows():
    """Nothing is done after a commit."""
    from django.db import transaction

    return mock.patch.object(transaction, "on_commit", return_value=None)


def warm_up():
    """The first answer of all makes the standing campaign and the account of its channel."""
    cohorts = make_cohorts(1, THREADS)
    race(cohorts, answer, THREADS, invite(cohorts, THREADS))


def fill_register(rows):
    from participants.models import Participant

    Participant.objects.bulk_create(
        [
            Participant(
                full_name=f"Peserta {number}",
                phone=f"+62812{number:08d}",
                email=f"peserta{number}@contoh.example",
                is_willing=True,
            )
            for number in range(rows)
        ],
        batch_size=1000,
    )


def make_cohorts(count, rows, *, has_quotas=False):
    """Open cohorts of trainings of their own, together with a seat for everybody."""
    from datetime import timedelta

    from django.utils import timezone

    from trainings.models import Cohort, CohortQuota, Session, Topic, Training, Venue
    from umkm_portal.accounts.models import Organisation

    name = f"bench-{time.monotonic_ns()}"
    organiser = Organisation.objects.create(kind="agency", slug=name, name=name, short_name=name)
    topic = Topic.objects.create(slug=name[:40], name=name)
    venue = Venue.objects.create(name=name, address="Jakarta", capacity=rows)
    begins = timezone.now() + timedelta(days=10)
    cohorts = []
    for number in range(count):
        training = Training.objects.create(
            slug=f"{name}-{number}", topic=topic, kind="class", organiser=organiser, title=name
        )
        cohort = Cohort.objects.create(
            code=f"{name}-{number}",
            training=training,
            number=1,
            state=Cohort.State.OPEN,
            mode=Cohort.Mode.IN_PERSON,
            seats=-(-rows // count),
            starts_at=begins,
            ends_at=begins + timedelta(hours=3),
        )
        Session.objects.create(cohort=cohort, venue=venue, starts_at=begins, ends_at=cohort.ends_at)
        if has_quotas:
            CohortQuota.objects.create(cohort=cohort, kind="city", key="31.71", seats=rows)
        cohorts.append(cohort)
    return cohorts


def invite(cohorts, rows):
    """Everybody is invited to one of the cohorts, in turn."""
    from participants.models import Participant
    from trainings.models import Enrolment, EnrolmentEvent

    people = Participant.objects.order_by("pk").values_list("pk", flat=True)[:rows]
    enrolments = Enrolment.objects.bulk_create(
        [
            Enrolment(
                participant_id=person,
                cohort=cohorts[number % len(cohorts)],
                training_id=cohorts[number % len(cohorts)].training_id,
            )
            for number, person in enumerate(people)
        ],
        batch_size=1000,
    )
    EnrolmentEvent.objects.bulk_create(
        [EnrolmentEvent(enrolment=one, to_state="invited", via="sistem") for one in enrolments],
        batch_size=1000,
    )
    return enrolments


def race(cohorts, act, rows, enrolments=None):
    """Seconds until every thread has done its share, all at once."""
    from django.db import connections

    from trainings.models import Cohort

    work = enrolments or [cohorts[number % len(cohorts)] for number in range(rows)]
    start = threading.Barrier(THREADS + 1)

    def run(mine):
        try:
            Cohort.objects.exists()
            start.wait()
            for row in mine:
                act(row)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        done = [pool.submit(run, work[number::THREADS]) for number in range(THREADS)]
        start.wait()
        begun = time.monotonic()
        for each in done:
            each.result()
        return time.monotonic() - begun


def bare_update(cohort):
    from django.db.models import F

    from trainings.models import Cohort

    free = Cohort.objects.filter(pk=cohort.pk, seats__gt=F("taken") + F("held"))
    assert free.update(taken=F("taken") + 1) == 1


def answer(enrolment):
    from django.utils import timezone

    from trainings.services import answers

    found = answers.accept(enrolment, now=timezone.now(), via="tautan")
    assert found.state == "confirmed"


def check(cohorts, rows):
    """Every seat is taken once, and the books balance."""
    from trainings import invariants
    from trainings.models import Cohort

    taken = Cohort.objects.filter(pk__in=[cohort.pk for cohort in cohorts])
    assert sum(taken.values_list("taken", flat=True)) == rows
    broken = [line for line in invariants.violations() if "taken seats differ" not in line]
    assert not broken, broken


if __name__ == "__main__":
    main()
