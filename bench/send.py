"""How fast a campaign goes out, against one Celery task per recipient that calls `send_mail`.

    .venv/bin/python bench/send.py --rows 20000 --json

Both do the same job (read the row, send text and HTML, record the outcome) with two Celery worker
processes, the same Valkey and the same SMTP sink, in the same run, on a PostgreSQL of its own that
writes through to the disk. Both are timed with their workers running and warm, from the moment the
sending is asked for to the last message received: the expansion into batches on one side, the
queueing of a task for each recipient on the other. The tasks run on Celery as it comes. A task
that only calls `send_mail` and keeps no books would be quicker, and the ratio against it lower.
They take turns, `rounds` times with all rows: a machine is not always equally quick.
`limit_seconds` is what the tasks would take for all rows of all rounds, `ratio` how many times
longer that is.
"""

import os
import sys
import time
from pathlib import Path

import _report

from tests.sink import RunningSink

PROCESSES = 2
ROUNDS = 2
WARM_UP = 100
LONGEST_SECONDS = 1800


def main():
    _report.run(__doc__, measure_with_sink, rows=20_000)


def measure_with_sink(rows, folder):
    with RunningSink(folder / "sink.log", ("--processes", "2")) as sink:
        sink.log_path.touch()
        os.environ["EMAIL_URL"] = sink.url
        return measure(rows, sink, folder)


def measure(rows, sink, folder):
    """Tasks and campaign in turns, so that both see the machine in the same moods."""
    prepare_database()
    naive_rows = min(rows, max(300, rows // 20))
    naive_seconds, seconds, peak = 0.0, 0.0, 0.0
    for _ in range(ROUNDS):
        naive_seconds += time_tasks(naive_rows, sink, folder)
        round_seconds, round_peak = time_campaign(rows, sink, folder)
        seconds, peak = seconds + round_seconds, max(peak, round_peak)
    limit = naive_seconds * rows / naive_rows
    return {
        "rows": rows,
        "send": {
            "seconds": round(seconds, 2),
            "limit_seconds": round(limit, 2),
            "ratio": round(limit / seconds, 1),
            "peak_rss_mb": round(peak),
            "rows_per_second": round(ROUNDS * rows / seconds),
            "limit_rows_per_second": round(ROUNDS * naive_rows / naive_seconds),
            "limit_measured_on_rows": naive_rows,
            "rounds": ROUNDS,
            "worker_processes": PROCESSES,
        },
    }


def prepare_database():
    _report.prepare_database()

    from tests.messaging import scenes

    scenes.register_kinds()
    scenes.let_fly()


def time_tasks(rows, sink, folder):
    """Seconds of one task per recipient."""
    from django.utils import timezone

    from tests import stage
    from tests.messaging import scenes
    from umkm_portal.messaging import services

    campaign = scenes.make_running(WARM_UP + rows)
    services.pause_campaign(campaign, reason="bench", actor=None)
    ids = list(campaign.deliveries.order_by("pk").values_list("pk", flat=True))
    env = {**os.environ, "CELERY_AS_IT_COMES": "1"}
    before = count(sink)
    with stage.worker("bulk", processes=PROCESSES, env=env, log_path=folder / "tasks.log"):
        queue_tasks(ids[:WARM_UP])
        wait_for(sink, before + WARM_UP)
        started = time.time()
        queue_tasks(ids[WARM_UP:])
        wait_for(sink, before + WARM_UP + rows)
    campaign.deliveries.all().delete()
    campaign.batches.all().delete()
    services.cancel_campaign(campaign, actor=None, now=timezone.now())
    return sink.received()[-1][0] - started


def queue_tasks(ids):
    from tests.celery_app import send_plainly

    for pk in ids:
        send_plainly.delay(delivery_id=pk)


def time_campaign(rows, sink, folder):
    """Seconds from `start` to the last message received, and MB of the processes together."""
    from tests import stage

    env, log_path = dict(os.environ), folder / "campaign.log"
    with stage.worker("bulk", processes=PROCESSES, env=env, log_path=log_path) as worker:
        run(min(rows, 10 * WARM_UP), sink)
        seconds, campaign = run(rows, sink)
        peak = sum(map(peak_mb, [os.getpid(), worker.process.pid, *worker.children()]))
    check(campaign, rows)
    return seconds, peak


def run(rows, sink):
    from django.utils import timezone

    from tests.messaging import scenes
    from umkm_portal.messaging import services

    campaign = scenes.make_campaign(rows)
    before = count(sink)
    started = time.time()
    services.start_campaign(campaign, now=timezone.now())
    wait_for(sink, before + rows)
    return sink.received()[-1][0] - started, campaign


def check(campaign, rows):
    """A quick wrong answer is no answer."""
    from tests import stage
    from tests.messaging import scenes
    from umkm_portal.messaging import invariants

    stage.wait_until(lambda: scenes.states(campaign) == {"accepted": rows}, seconds=60, step=0.5)
    problems = invariants.violations()
    if problems:
        sys.exit("\n".join(problems))


def count(sink):
    """Lines of the log, without keeping them in memory."""
    with open(sink.log_path, "rb") as log:
        return sum(1 for _ in log)


def wait_for(sink, total):
    """Each line is counted once: reading all of them again and again would slow down what runs."""
    deadline = time.monotonic() + LONGEST_SECONDS
    arrived = 0
    with open(sink.log_path, "rb") as log:
        while (arrived := arrived + log.read().count(b"\n")) < total:
            if time.monotonic() > deadline:
                sys.exit(f"only {arrived} of {total} messages arrived")
            time.sleep(0.25)


def peak_mb(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
