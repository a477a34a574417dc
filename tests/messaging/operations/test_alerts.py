"""What stands still is noticed, and the operators are mailed once when it begins and ends."""

from datetime import timedelta

import pytest

from tests.messaging import scenes
from umkm_portal.messaging.models import Alert, QueuePulse, SendingAccount, WebhookEvent
from umkm_portal.messaging.operations import alerts, pulses
from umkm_portal.messaging.operations.figures import operations_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alive(now):
    """Every queue has answered just now."""

    def answer(at=now):
        for name in (*pulses.QUEUES, pulses.SWEEP):
            pulses.note(name, answered_at=at)

    answer()
    return answer


def keys(now):
    return [trouble.key for trouble in operations_of(now=now).troubles]


def test_silence_of_a_queue_is_noticed_after_its_longest_task(alive, now):
    assert keys(now) == []
    assert keys(now + 4 * MINUTE) == ["queue:urgent", "queue:sweep"]
    assert set(keys(now + 21 * MINUTE)) == {f"queue:{q}" for q in (*pulses.QUEUES, "sweep")}
    QueuePulse.objects.all().delete()
    assert len(keys(now)) == 4


def test_broken_account_stuck_campaign_and_reports_left_lying(alive, now, sink):
    scenes.let_fly()
    campaign = scenes.make_running(3)
    later = now + 20 * MINUTE
    alive(later)

    assert keys(later) == [f"campaign:{campaign.pk}"]
    WebhookEvent.objects.create(source="whatsapp", key="a", received_at=now, due_at=now)
    account = SendingAccount.objects.get(channel="email")
    account.state, account.state_reason = "broken", "421 pulang dulu"
    account.save()
    found = operations_of(now=later).troubles

    assert [one.key for one in found] == [f"account:{account.pk}", "webhooks"]
    assert "421 pulang dulu" in found[0].sentence


def test_campaign_that_waits_for_its_hours_is_not_stuck(alive, now, sink, settings):
    settings.DEMO = False
    account = scenes.let_fly()
    account.opens_at = account.closes_at = "00:00"
    account.save()
    scenes.make_running(3)
    later = now + 20 * MINUTE
    alive(later)

    assert keys(later) == []


def test_operators_are_told_once_when_it_begins_and_once_when_it_ends(alive, now, sink, settings):
    settings.ALERT_EMAILS = ["operator@dinas.example", "kepala@dinas.example"]
    silent = now + 4 * MINUTE

    told = [alerts.watch(now=silent + n * MINUTE) for n in range(5)]
    alive(silent + 5 * MINUTE)
    told += [alerts.watch(now=silent + n * MINUTE) for n in (5, 6)]

    assert told == [0, 0, 2, 0, 1, 3, 0]
    assert not Alert.objects.filter(ended_at=None).exists()
    addresses = [address for _, address, _ in sink.received()]
    assert sorted(set(addresses)) == sorted(settings.ALERT_EMAILS)
    assert len(addresses) == 6


def test_what_passes_by_itself_is_nobodys_mail(alive, now, sink, settings):
    settings.ALERT_EMAILS = ["operator@dinas.example"]
    silent = now + 4 * MINUTE
    alerts.watch(now=silent)
    alive(silent + MINUTE)

    assert [alerts.watch(now=silent + n * MINUTE) for n in (1, 5)] == [0, 0]
    assert sink.received() == []


def test_mail_server_that_is_away_is_tried_again(alive, now, settings, sink_that):
    settings.ALERT_EMAILS, settings.EMAIL_URL = ["operator@dinas.example"], "smtp://127.0.0.1:9"
    silent = now + 4 * MINUTE
    alerts.watch(now=silent)
    assert alerts.watch(now=silent + 3 * MINUTE) == 0

    sink = sink_that()
    assert alerts.watch(now=silent + 3.5 * MINUTE) >= 2
    assert len(sink.received()) == 1
