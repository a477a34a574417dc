"""How fast "active" is worked out for the whole register, against one plain UPDATE.

    .venv/bin/python bench/activity.py --rows 370000 --json

The product is `recompute_activity` over a register that was written by other means: everybody took
a step since her last known activity, so all living people change (`all`); again at once, when
nobody does (`none`), as on most nights; and after one in a hundred took a step (`few`). The limit
is one UPDATE of the same columns of the rows, with the answer already at hand in a table;
`none` and `few` are held against it as well.
"""

import resource
import time

import _report

MAY_BE = 2.5
FEW = 100
"""One person in so many takes a step between two nights."""
_ANSWER = """
CREATE TEMPORARY TABLE answer AS
SELECT id, last_activity_at AS at, active_until AS until FROM participants_participant
WHERE status = 'active'
"""
_PLAIN = """
UPDATE participants_participant AS person SET last_activity_at = answer.at,
    active_until = answer.until
FROM answer WHERE answer.id = person.id
"""
_LONG_AGO = """
UPDATE participants_participant SET last_activity_at = now() - interval '9 years',
    active_until = NULL WHERE status = 'active'
"""


def main():
    _report.run(__doc__, measure, rows=370_000)


def measure(rows, folder):
    _report.prepare_database()
    from bench import _people as people
    from participants.models import Participant

    people.fill(rows)
    living = Participant.objects.living().count()
    forget()
    everybody, all_seconds = timed()
    run(_ANSWER)
    forget()
    limit = run(_PLAIN)
    tidy()
    nobody, none_seconds = timed()
    take_steps()
    few, few_seconds = timed()
    assert (everybody, nobody, few) == (living, 0, few_living()), (everybody, nobody, few)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return {
        "rows": rows,
        "all": _report.figures(all_seconds, limit, peak) | {"may_be": MAY_BE, "changed": living},
        "none": _report.figures(none_seconds, limit, peak) | {"may_be": 1, "changed": nobody},
        "few": _report.figures(few_seconds, limit, peak) | {"may_be": 1, "changed": few},
    }


def forget():
    """Let everybody have been active long ago only, and the table be as if written so."""
    run(_LONG_AGO)
    tidy()


def tidy():
    """What autovacuum would have done by the time of the night's run."""
    run("VACUUM ANALYZE participants_participant")


def take_steps():
    """One person in FEW took a step today."""
    run(
        "INSERT INTO participants_stageevent (participant_id, stage_id, occurred_on, source_ref,"
        " is_void, created_at) SELECT id, 'P2', current_date + 1, 'step-' || id, false, now()"
        f" FROM participants_participant WHERE id % {FEW} = 1 AND status = 'active'"
    )


def few_living():
    from participants.models import Participant

    return Participant.objects.living().filter(stage_events__source_ref__startswith="step-").count()


def timed():
    """People whom the product moved, and its seconds."""
    from datetime import timedelta

    from django.utils import timezone

    from participants.activity import recompute_activity

    start = time.monotonic()
    changed = recompute_activity(now=timezone.now() + timedelta(days=2))
    return changed, time.monotonic() - start


def run(statement):
    from django.db import connection

    start = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(statement)
    return time.monotonic() - start


if __name__ == "__main__":
    main()
