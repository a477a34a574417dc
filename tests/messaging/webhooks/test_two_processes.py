"""Two processes work the same stored reports: each thing that follows happens once."""

import multiprocessing
import os
from contextlib import suppress
from threading import BrokenBarrierError

import pytest
from django.db import connection

from tests import stage
from tests.messaging import scenes
from tests.messaging.webhooks.posts import post_whatsapp
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import DeliveryEvent, SendingAccount, WebhookEvent
from umkm_portal.messaging.services import reported
from umkm_portal.messaging.webhooks import processing

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6
PATIENCE = 3
FORK = multiprocessing.get_context("fork")


def without_lock(*, now, size):
    """Who takes events looks at them only."""
    return list(WebhookEvent.objects.due(now=now).order_by("due_at", "pk")[:size])


STORE = reported._store


def without_key(matched):
    """Every report counts as new."""
    STORE(matched)
    return {report.key for _, report in matched}


def work(barrier, lacks):
    """One process: both have taken events before either follows any."""
    stage.forget_connections()
    take = without_lock if "lock" in lacks else processing._take

    def take_together(**facts):
        rows = take(**facts)
        with suppress(BrokenBarrierError):
            barrier.wait(PATIENCE)
        barrier.abort()  # only the first time
        return rows

    processing._take = take_together
    if "key" in lacks:
        reported._store = without_key
    code = 1
    try:
        processing.work_events(seconds=20)
        code = 0
    finally:
        os._exit(code)


@pytest.mark.parametrize(
    ("lacks", "is_right"),
    [((), True), (("lock",), True), (("lock", "key"), False)],
    ids=["guarded", "without the lock", "without lock and key"],
)
def test_two_processes_follow_each_report_once(client, whatsapp, lacks, is_right):
    """The last is the control: without the guards a failure is counted and followed twice."""
    campaign = scenes.make_running(PEOPLE, kind=scenes.EVERYWHERE, channels=["whatsapp"])
    services.deliver_due()
    for number, message in enumerate(whatsapp.accepted, 1):
        failed = whatsapp.status(f"wamid.{number}", "failed", message=message, code=130429)
        sent = whatsapp.status(f"wamid.{number}", "sent", message=message)
        post_whatsapp(client, whatsapp.envelope(statuses=[sent, failed]))
    connection.close()

    barrier = FORK.Barrier(2)
    both = [FORK.Process(target=work, args=(barrier, lacks)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()

    assert [process.exitcode for process in both] == [0, 0]
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"done"}
    assert scenes.states(campaign) == {"pending": PEOPLE}
    assert invariants.violations() == []
    assert DeliveryEvent.objects.count() == 2 * PEOPLE
    followed_once = campaign.batches.count() == 2
    assert followed_once is is_right
    assert SendingAccount.objects.get(channel="whatsapp").slow_factor < 1
