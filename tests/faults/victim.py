"""A process that performs one action on the tests' database and is killed before statement N.

Run as `python -m tests.faults.victim`; it reads one JSON object a line (`action`, `ids`, `at`,
`bare`) and answers `killed`, `done` or `refused: ...`. Each action runs in a child of its own,
which SIGKILL ends: nothing is rolled back but by the server. Commits count as statements.
"""

import json
import os
import signal
import sys
from contextlib import ExitStack
from itertools import count


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")
    import django

    django.setup()
    print("ready", flush=True)
    for line in sys.stdin:
        print(run_in_child(json.loads(line)), flush=True)


def run_in_child(order):
    """The child's fate; its connection is its own."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        os.write(into, act(order).encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as told:
        said = told.read()
    _, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else said


def act(order):
    from django.db import connection

    numbers = count(1)

    def step(execute, sql, params, many, context):
        die_at(next(numbers), order["at"])
        return execute(sql, params, many, context)

    commit = connection._commit

    def committed():
        die_at(next(numbers), order["at"])
        return commit()

    if order.get("bare"):
        without_transactions(connection)
    connection.ensure_connection()
    connection._commit = committed
    with ExitStack() as watched:
        watched.enter_context(connection.execute_wrapper(step))
        try:
            ACTIONS[order["action"]](*order["ids"])
        except Exception as problem:
            return f"refused: {type(problem).__name__}: {problem}"
    return "done"


def without_transactions(connection):
    """Let every statement stand alone, for the control."""
    from django.db.transaction import Atomic

    Atomic.__enter__ = lambda self: None
    Atomic.__exit__ = lambda self, *failure: None
    connection.features.has_select_for_update = False


def die_at(number, at):
    if number == at:
        os.kill(os.getpid(), signal.SIGKILL)


def accept(pk):
    answers().accept(enrolment(pk), now=moment(), via="tautan")


def cancel(pk):
    answers().cancel(enrolment(pk), now=moment(), via="tautan")


def swap(pk, to):
    answers().swap(enrolment(pk), to=cohort(to), now=moment(), via="akun")


def seats(pk, wanted):
    from trainings.services import capacity

    capacity.change_seats(cohort(pk), seats_wanted=wanted, now=moment())


def move_session(pk):
    from datetime import timedelta

    from trainings.models import Session
    from trainings.services import changes

    session = Session.objects.select_related("venue").get(pk=pk)
    day = timedelta(days=1)
    changes.move_session(
        session,
        starts_at=session.starts_at + day,
        ends_at=session.ends_at + day,
        venue=session.venue,
        link=session.link,
        by=None,
        now=moment(),
    )


def carry(pk, to):
    from trainings.services import carrying

    carrying.carry_over(cohort(pk), to=cohort(to), now=moment())


def end(pk, successor):
    from trainings.services import cancelling

    cancelling.BATCH = 2
    cancelling.cancel_cohort(
        cohort(pk), reason="Banjir", successor=cohort(successor), by=None, now=moment()
    )


def remind(moment, *careless):
    """One beat at a moment, in small slices; carelessly without locks and keys, for the control."""
    from datetime import datetime

    from trainings.reminders import services

    services.SLICE = 4
    if careless:
        forget_guards(services)
    services.remind_due(now=datetime.fromisoformat(moment))


def forget_guards(services):
    from trainings.models import Cohort, ReminderTurn
    from trainings.services import seats

    seats.lock = lambda pk: Cohort.objects.select_related("training").get(pk=pk)
    related = ("session__cohort__training__organiser", "session__venue", "round")
    open_turns = ReminderTurn.objects.open().select_related(*related)
    services._locked = lambda pk: open_turns.filter(pk=pk).first()
    services.GUARD = ""
    tell = services._tell_slice

    def slowly(*facts, **named):
        import time

        time.sleep(0.3)
        return tell(*facts, **named)

    services._tell_slice = slowly


def certificates(pk, folder):
    from django.conf import settings

    from trainings.certificates import batches

    settings.MEDIA_ROOT = folder
    batches.ISSUED_AT_ONCE = batches.PRINTED_AT_ONCE = 2
    batches.work_batch(pk)


def expand(pk):
    from django.conf import settings

    from tests.messaging import scenes
    from umkm_portal.messaging.models import Campaign
    from umkm_portal.messaging.services import expand_campaign, slices

    scenes.register_kinds()
    settings.BATCH_SIZE, slices.FIRST_SLICE, slices.BATCHES_PER_SLICE = 5, 1, 2
    expand_campaign(Campaign.objects.get(pk=pk), now=moment())


def answers():
    from trainings.services import answers as service

    return service


def enrolment(pk):
    from trainings.models import Enrolment

    return Enrolment.objects.get(pk=pk)


def cohort(pk):
    from trainings.models import Cohort

    return Cohort.objects.get(pk=pk)


def moment():
    from django.utils import timezone

    return timezone.now()


ACTIONS = {
    "accept": accept,
    "cancel": cancel,
    "swap": swap,
    "seats": seats,
    "move_session": move_session,
    "carry": carry,
    "end": end,
    "certificates": certificates,
    "remind": remind,
    "expand": expand,
}

if __name__ == "__main__":
    main()
