"""Where sending is tried: workers, beats, broker and sink as real processes, and dice with a seed.

`Play` is one job on this stage: a campaign of the portal, or the first draft that everybody would
write (the control). Both have the same audience, and the sink's own log says who received what.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from celery import Celery
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from tests import stage
from tests.celery_app import send_in_a_loop
from tests.messaging import scenes
from tests.sink import RunningSink
from umkm_portal.messaging import invariants, services

CHUNK = 5
PROCESSES = 2
BATCH = 500


class Theatre:
    """Two bulk worker processes, one for the urgent queue, beats, broker and sink."""

    def __init__(self, folder, *, seed, beats=1, delay=0.0, lease=5, **environment):
        self.mood_path = folder / "mood"
        self.mood("")
        self.sink = RunningSink(
            folder / "sink.log", ("--mood", str(self.mood_path), "--delay", str(delay))
        )
        self.sink.log_path.touch()
        self.broker = stage.Broker(folder)
        self.folder = folder
        self.dice = random.Random(seed)
        self.lease = lease
        self.number_of_beats = beats
        self.more = environment
        self.over_at = []
        """When each fault was over."""

    def __enter__(self):
        self.sink.__enter__()
        self.broker.__enter__()
        self.env = stage.environment(
            redis_url=self.broker.url,
            email_url=self.sink.url,
            SENDING_CHUNK=CHUNK,
            BATCH_LEASE_SECONDS=self.lease,
            SWEEP_SECONDS=0.5,
            PORTAL_PROCESSES=PROCESSES,
            **self.more,
        )
        log = self.folder / "celery.log"
        self.bulk = self._bulk_worker()
        self.urgent = stage.worker("urgent", processes=1, env=self.env, log_path=log)
        self.beats = []
        for number in range(self.number_of_beats):
            own = self.folder / f"beat-{number}"
            own.mkdir()
            self.beats.append(stage.beat(env=self.env, log_path=log, folder=own))
        for process in (self.bulk, *([self.urgent] if self.beats else ()), *self.beats):
            process.start()
        stage.wait_until(lambda: len(self.bulk.children()) == PROCESSES, seconds=120)
        return self

    def __exit__(self, *failure):
        for process in (*self.beats, self.urgent, self.bulk):
            process.end()
        self.broker.__exit__()
        self.sink.__exit__()

    def _bulk_worker(self):
        log = self.folder / "celery.log"
        return stage.worker("bulk", processes=PROCESSES, env=self.env, log_path=log)

    def mood(self, words):
        """How the SMTP server behaves from now on; see `tests.sink`."""
        self.mood_path.write_text(words)

    def fault_is_over(self):
        self.over_at.append(time.time())

    def wait(self, seconds):
        """About so long, as the dice say."""
        time.sleep(self.dice.uniform(0, 2 * seconds))

    def kill_one(self):
        """One process of the pool, or now and then the whole worker, which then starts again."""
        children = stage.wait_until(self.bulk.children, seconds=60)
        if self.dice.random() < 0.2:
            self.bulk.kill()
        else:
            self.signal(self.dice.choice(children), signal.SIGKILL)
        self.fault_is_over()

    def renew_worker(self, *, patience):
        """As an update does: SIGTERM, and new code takes over; who does not go is killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.bulk.stop(seconds=patience)
        self.bulk.end()
        self.bulk = self._bulk_worker()
        self.bulk.start()
        self.fault_is_over()

    def cut_connections(self):
        """All of the workers' connections to the database, in the middle of whatever they do."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        self.fault_is_over()

    @staticmethod
    def signal(pid, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@dataclass
class Books:
    """What came of a play; `recovery`: see `longest_silence`."""

    people: int
    sent: int
    twice: int
    missed: int
    uncertain: int = 0
    refused: int = 0
    recovery: float = 0.0
    broken_rules: list = field(default_factory=list)


class Job:
    """Messages to so many people on the stage."""

    def __init__(self, theatre, people):
        self.theatre, self.people = theatre, people

    def is_under_way(self):
        return len(self.theatre.sink.received()) < self.people


class Campaigned(Job):
    """The audience gets a campaign of the portal."""

    def __init__(self, theatre, people, *, rate, is_poisoned=False):
        super().__init__(theatre, people)
        account = scenes.let_fly()
        account.rate_per_second, account.burst = rate, rate
        account.save()
        kind = scenes.POISONED if is_poisoned else scenes.BULK
        self.campaign = scenes.make_campaign(people, kind=kind)

    def start(self):
        services.start_campaign(self.campaign, now=timezone.now())

    def start_again(self):
        """Somebody else had the same idea."""
        with contextlib.suppress(services.CampaignRefused):
            self.start()

    def wait_for_beginning(self):
        """Until all hands are at work and something has arrived."""
        sink = self.theatre.sink
        stage.wait_until(lambda: sink.received(), seconds=120)
        held = self.campaign.batches.held()
        if self.people > BATCH:
            stage.wait_until(lambda: held.count() == PROCESSES, seconds=60)

    def start_and_die(self):
        """Killed after the commit, before anybody was told."""
        code = (
            "import os, signal; import tests.celery_app\n"
            "from django.utils import timezone\n"
            "from umkm_portal.messaging import nudges, services\n"
            "from umkm_portal.messaging.models import Campaign\n"
            "nudges._publish = lambda *told: os.kill(os.getpid(), signal.SIGKILL)\n"
            f"services.start_campaign(Campaign.objects.get(pk={self.campaign.pk}),"
            " now=timezone.now())\n"
        )
        _run_and_lose(code, self.theatre.env)

    def pause(self):
        with contextlib.suppress(services.CampaignRefused):
            services.pause_campaign(self.campaign, reason="uji", actor=None)

    def resume(self):
        with contextlib.suppress(services.CampaignRefused):
            services.resume_campaign(self.campaign, actor=None, now=timezone.now())

    def cancel(self):
        services.cancel_campaign(self.campaign, actor=None, now=timezone.now())

    def freeze_past_lease(self):
        """Stop a process that holds a batch until somebody else has settled it; wake it again."""
        batch = stage.wait_until(self._held_batch, seconds=60)
        pid = int(batch.worker.rpartition(":")[2])
        self.theatre.signal(pid, signal.SIGSTOP)
        held = self.campaign.batches.held().filter(pk=batch.pk, attempt=batch.attempt)
        stage.wait_until(lambda: not held.exists(), seconds=self.theatre.lease + 60)
        self.theatre.signal(pid, signal.SIGCONT)
        self.theatre.fault_is_over()

    def _held_batch(self):
        mine = set(self.theatre.bulk.children())
        for batch in self.campaign.batches.held().filter(lease_until__gt=timezone.now()):
            if int(batch.worker.rpartition(":")[2]) in mine:
                return batch
        return None

    def wait_for_end(self, *, seconds):
        def is_over():
            self.campaign.refresh_from_db()
            return self.campaign.state in ("done", "cancelled")

        stage.wait_until(is_over, seconds=seconds, step=0.2)
        time.sleep(1)  # whoever is late would still be late now

    def books(self):
        """Every row is held against the sink: none says that it went where nothing arrived."""
        received = self.theatre.sink.received()
        times = Counter(address for _, address, _ in received)
        states = Counter(scenes.states(self.campaign))
        rows = self.campaign.deliveries.values_list("address", "state")
        lied = [a for a, state in rows if state == "accepted" and a not in times]
        unknown = set(times) - {address for address, _ in rows}
        rules = invariants.violations()
        if unknown:
            rules.append(f"{len(unknown)} strangers got a message")
        known = sum(states[s] for s in ("accepted", "uncertain", "failed_permanent", "cancelled"))
        return Books(
            people=self.people,
            sent=len(times),
            twice=sum(n > 1 for n in times.values()),
            missed=len(lied) + self.people - known,
            uncertain=states["uncertain"],
            refused=states["failed_permanent"],
            recovery=longest_silence(self.theatre.over_at, received),
            broken_rules=rules,
        )


class Drafted(Job):
    """The control: one task that sends to everybody in turn and is tried again when it fails."""

    SHARES = 4

    def __init__(self, theatre, people, *, rate, is_poisoned=False):
        super().__init__(theatre, people)
        self.pause_between = PROCESSES / rate
        self.app = Celery(broker=theatre.broker.url)
        self.app.conf.task_publish_retry = False
        self.poisoned = scenes.POISONED_POSITION if is_poisoned else 0
        self.jobs = []

    def start(self):
        share = self.people // self.SHARES
        for first in range(1, self.people + 1, share):
            values = {
                "first": first,
                "last": min(first + share - 1, self.people),
                "pause": self.pause_between,
                "poisoned": self.poisoned,
            }
            with contextlib.suppress(OperationalError):  # nobody takes it
                job = self.app.send_task(send_in_a_loop.name, kwargs=values, queue="bulk")
                self.jobs.append(job.id)

    start_again = start

    def start_one(self, number):
        """One message more, which is in a hurry."""
        only = {"first": number, "last": number}
        self.app.send_task(send_in_a_loop.name, kwargs=only, queue="bulk")

    def wait_for_beginning(self):
        stage.wait_until(lambda: self.theatre.sink.received(), seconds=120)

    def start_and_die(self):
        """What was to be published after the commit never was."""

    def pause(self):
        self.app.control.revoke(self.jobs, terminate=True)

    def resume(self):
        self.start()

    def cancel(self):
        self.pause()

    def freeze_past_lease(self):
        """Nothing moves any more, so somebody starts it again."""
        pid = self.theatre.dice.choice(self.theatre.bulk.children())
        self.theatre.signal(pid, signal.SIGSTOP)
        time.sleep(self.theatre.lease)
        self.start()
        self.theatre.signal(pid, signal.SIGCONT)

    def wait_for_end(self, *, seconds):
        """Until nothing was received for some seconds."""
        deadline = time.monotonic() + seconds
        last, since = -1, time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - since < 4 + self.pause_between:
            time.sleep(0.2)
            if (now := len(self.theatre.sink.received())) != last:
                last, since = now, time.monotonic()

    def books(self):
        times = Counter(address for _, address, _ in self.theatre.sink.received())
        twice = sum(n > 1 for n in times.values())
        return Books(self.people, len(times), twice, self.people - len(times))


def longest_silence(over_at, received):
    """Seconds from a fault to the next message, unless another fault came between; the longest.

    Faults after the last message are left.
    """
    waited = {}
    times = [at for at, *_ in received]
    for at in sorted(over_at):
        if following := [t for t in times if t >= at]:
            waited[min(following)] = min(following) - at  # the last fault before it stays
    return round(max(waited.values(), default=0.0), 1)


def _run_and_lose(code, env):
    done = subprocess.run([sys.executable, "-c", code], cwd=stage.ROOT, env=env, check=False)
    assert done.returncode == -signal.SIGKILL, "it was to be killed"
