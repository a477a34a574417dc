"""Nobody twice, nobody missed: real workers, real SMTP, a real broker, and everything breaks.

The sink's own log says who received what; the database is held against it.
"""

import contextlib
import os
import random
import signal
import time
from collections import Counter

import pytest
from celery import Celery
from django.utils import timezone

from tests import stage
from tests.celery_app import send_naively
from tests.messaging import scenes
from tests.sink import RunningSink
from umkm_portal.messaging import invariants, services

pytestmark = pytest.mark.django_db(transaction=True)
CHUNK = 5
LEASE_SECONDS = 5
SEED = 20261121


class Theatre:
    """Two bulk worker processes, one for the urgent queue, beat, broker and sink."""

    def __init__(self, folder, *, with_beat=True):
        self.sink = RunningSink(folder / "sink.log")
        (folder / "sink.log").touch()
        self.broker = stage.Broker(folder)
        self.folder = folder
        self.with_beat = with_beat
        self.dice = random.Random(SEED)

    def __enter__(self):
        self.sink.__enter__()
        self.broker.__enter__()
        self.env = stage.environment(
            redis_url=self.broker.url,
            email_url=self.sink.url,
            SENDING_CHUNK=CHUNK,
            BATCH_LEASE_SECONDS=LEASE_SECONDS,
            SWEEP_SECONDS=0.5,
            PORTAL_PROCESSES=2,
        )
        log = self.folder / "celery.log"
        self.bulk = stage.worker("bulk", processes=2, env=self.env, log_path=log)
        self.urgent = stage.worker("urgent", processes=1, env=self.env, log_path=log)
        self.beat = stage.beat(env=self.env, log_path=log, folder=self.folder)
        self.bulk.start()
        if self.with_beat:
            self.urgent.start()
            self.beat.start()
        stage.wait_until(lambda: len(self.bulk.children()) == 2, seconds=60)
        return self

    def __exit__(self, *failure):
        for process in (self.beat, self.urgent, self.bulk):
            process.end()
        self.broker.__exit__()
        self.sink.__exit__()

    def kill_one(self):
        """One process of the pool, or now and then the whole worker, which then starts again."""
        children = stage.wait_until(self.bulk.children, seconds=30)
        if self.dice.random() < 0.2:
            self.bulk.kill()
            return
        self.signal(self.dice.choice(children), signal.SIGKILL)

    def freeze_past_lease(self, campaign):
        """Stop a process that holds a batch until somebody else has settled the batch; wake it."""
        batch = stage.wait_until(lambda: self.held_batch(campaign), seconds=30)
        pid = int(batch.worker.rpartition(":")[2])
        self.signal(pid, signal.SIGSTOP)
        held = campaign.batches.filter(pk=batch.pk, attempt=batch.attempt)
        held = held.filter(lease_until__isnull=False)
        stage.wait_until(lambda: not held.exists(), seconds=LEASE_SECONDS + 30)
        self.signal(pid, signal.SIGCONT)

    def held_batch(self, campaign):
        mine = set(self.bulk.children())
        for batch in campaign.batches.held().filter(lease_until__gt=timezone.now()):
            if int(batch.worker.rpartition(":")[2]) in mine:
                return batch
        return None

    @staticmethod
    def signal(pid, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def prepare(count, *, rate):
    account = scenes.let_fly()
    account.rate_per_second, account.burst = rate, rate
    account.save()
    return scenes.make_campaign(count)


def books(campaign, sink):
    """(Counter of states, Counter of messages received by address)."""
    return Counter(scenes.states(campaign)), Counter(a for _, a, _ in sink.received())


def assert_nobody_twice_nobody_missed(campaign, sink, *, kills):
    """As `designs.md` defines both; every uncertain row is held against the sink."""
    counts, received = books(campaign, sink)
    assert invariants.violations() == []
    assert campaign.state == "done"
    assert [address for address, times in received.items() if times > 1] == []
    assert set(counts) <= {"accepted", "uncertain"}, counts
    assert counts["accepted"] + counts["uncertain"] == campaign.audience_count
    assert counts["uncertain"] <= kills * CHUNK
    accepted = campaign.deliveries.filter(state="accepted")
    missing = set(accepted.values_list("address", flat=True)) - set(received)
    assert missing == set()
    uncertain = campaign.deliveries.filter(state="uncertain")
    assert uncertain.filter(attempt=1).count() == counts["uncertain"]


def run_faults(theatre, campaign, *, kills, restarts, between):
    services.start_campaign(campaign, now=timezone.now())
    stage.wait_until(lambda: theatre.sink.received(), seconds=60)
    stage.wait_until(lambda: campaign.batches.held().count() == 2, seconds=30)  # both work
    restart_at = {(n + 1) * kills // (restarts + 1) for n in range(restarts)}
    for number in range(kills):
        time.sleep(theatre.dice.uniform(0, 2 * between))
        theatre.kill_one()
        if number in restart_at:
            theatre.broker.restart_empty()
        if number == kills // 2:
            theatre.freeze_past_lease(campaign)


def wait_for_end(campaign, *, seconds):
    def is_done():
        campaign.refresh_from_db()
        return campaign.state == "done"

    stage.wait_until(is_done, seconds=seconds, step=0.2)


@pytest.mark.parametrize(
    ("count", "rate", "kills", "restarts", "between"),
    [
        pytest.param(300, 60, 3, 1, 0.5, id="short"),
        pytest.param(
            *(2000, 50, 20, 2, 1.0), id="full", marks=[pytest.mark.long, pytest.mark.timeout(600)]
        ),
    ],
)
def test_sending_survives_kills_freezes_and_lost_brokers(
    tmp_path, count, rate, kills, restarts, between
):
    campaign = prepare(count, rate=rate)

    with Theatre(tmp_path) as theatre:
        run_faults(theatre, campaign, kills=kills, restarts=restarts, between=between)
        wait_for_end(campaign, seconds=180)
        time.sleep(1)  # whoever is late would still be late now

        assert_nobody_twice_nobody_missed(campaign, theatre.sink, kills=kills)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_naive_sending_fails_under_the_same_faults(tmp_path):
    """The control: the faults are real, and a task per recipient does not survive them."""
    count, kills, restarts = 2000, 20, 2
    with Theatre(tmp_path, with_beat=False) as theatre:
        queue_naively(theatre, count)
        stage.wait_until(lambda: theatre.sink.received(), seconds=60)
        for number in range(kills):
            time.sleep(theatre.dice.uniform(0, 0.6))
            theatre.kill_one()
            if number < restarts:
                theatre.broker.restart_empty()
        wait_until_quiet(theatre.sink)

        received = Counter(address for _, address, _ in theatre.sink.received())
        twice = [address for address, times in received.items() if times > 1]
        assert twice or len(received) < count


def queue_naively(theatre, count):
    app = Celery(broker=theatre.broker.url)
    for number in range(1, count + 1):
        app.send_task(send_naively.name, kwargs={"number": number, "pause": 0.02}, queue="bulk")
    app.close()


def wait_until_quiet(sink, *, seconds=3.0):
    """Until nothing was received for some seconds."""
    last, since = len(sink.received()), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(0.2)
        if len(sink.received()) != last:
            last, since = len(sink.received()), time.monotonic()
