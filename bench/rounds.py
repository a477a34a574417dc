"""How long it takes to work out who of the whole register a round invites, and by which channel.

    python bench/rounds.py [--rows 370000] [--json]

`email` chooses the next 90 people by email alone, `channels` by WhatsApp, email and SMS,
`everyone` gives all of them their channel. The limit is the bare INSERT..SELECT of as many people
into an audience in the same run.
"""

import inspect
import time

import _report

ROWS, SIZE, ALLOWED = 370_000, 90, 6.0
ALL = ("whatsapp", "email", "sms")


def main():
    _report.run(__doc__, measure, rows=ROWS, too_much=too_much)


def too_much(result):
    return [job for job in ("email", "channels") if result[job]["ratio"] > ALLOWED]


def measure(rows, folder):
    _report.prepare_database()
    import desk

    from bench import _people as people

    people.fill(rows)
    plan = desk.make_plan()
    bare = min(clocked(lambda: desk.write_bare(plan)) for _ in range(1))
    cohort = make_cohort()
    result = {"rows": rows}
    jobs = {"email": (("email",), SIZE), "channels": (ALL, SIZE), "everyone": (ALL, None)}
    for name, (channels, size) in jobs.items():
        seconds = min(clocked(lambda c=channels, s=size: choose(cohort, c, s)) for _ in range(3))
        result[name] = {
            "seconds": round(seconds, 3),
            "limit_seconds": round(bare, 3),
            "ratio": round(seconds / bare, 2),
        }
    return result


def make_cohort():
    from tests.factories import CohortFactory

    return CohortFactory(seats=30)


def choose(cohort, channels, size):
    from django.db import transaction
    from django.utils import timezone

    from trainings.services import segments, selection

    knows = "channels" in inspect.signature(selection.choose).parameters
    more = {"channels": channels} if knows else {}
    with transaction.atomic():
        selection.choose(cohort, segment=segments.find(None), size=size, now=timezone.now(), **more)
        selection.drop()


def clocked(job):
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
