import threading

import pytest
from django.db import connection

from tests.messaging import scenes
from umkm_portal.messaging import invariants, nudges, services
from umkm_portal.messaging.models import Campaign, DeliveryBatch


def _queue(now, key="1-1", **changes):
    fields = {
        "recipient_key": 1,
        "subject_id": 7,
        "dedupe_key": key,
        "address": "siti@contoh.example",
        "context": {"nama": "Siti"},
        "now": now,
    }
    return services.queue_one(scenes.SERVICE, **fields | changes)


@pytest.mark.django_db
def test_single_message_waits_on_the_standing_campaign(now):
    delivery = _queue(now)

    assert (delivery.campaign.is_standing, delivery.campaign.state) == (True, "running")
    batch = DeliveryBatch.objects.get(campaign=delivery.campaign, number=delivery.batch_number)
    assert (batch.size, batch.pending, batch.priority, batch.due_at) == (1, 1, 0, now)
    assert invariants.violations() == []


@pytest.mark.django_db
def test_same_key_is_one_message(now):
    assert _queue(now) == _queue(now)
    assert _queue(now, key="1-2") != _queue(now)
    assert DeliveryBatch.objects.count() == 2


@pytest.mark.django_db
def test_message_without_address_says_so_and_is_not_sent(now):
    delivery = _queue(now, address="")

    assert (delivery.state, delivery.error) == ("suppressed", "Tidak ada alamat.")
    assert not DeliveryBatch.objects.exists()
    assert invariants.violations() == []


@pytest.mark.django_db
def test_too_long_key_is_refused(now):
    with pytest.raises(ValueError, match="dedupe_key"):
        _queue(now, key="x" * 61)


@pytest.mark.django_db
def test_workers_are_nudged_after_commit(now, django_capture_on_commit_callbacks, monkeypatch):
    nudged = []
    monkeypatch.setattr(nudges, "now", lambda task, **rest: nudged.append(task))

    with django_capture_on_commit_callbacks(execute=True):
        _queue(now)
        _queue(now)

    assert nudged == ["deliver_urgent"]


@pytest.mark.django_db(transaction=True)
def test_first_messages_of_a_kind_may_come_together(now):
    def queue(number):
        _queue(now, key=f"{number}-1", recipient_key=number)
        connection.close()

    threads = [threading.Thread(target=queue, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    campaign = Campaign.objects.get(is_standing=True)
    assert campaign.deliveries.count() == 8
    assert campaign.templates.count() == 1
    assert invariants.violations() == []


@pytest.mark.django_db
def test_answer_cancels_what_still_waits_about_it(now):
    mine = _queue(now)
    other = _queue(now, key="2", subject_id=8)
    neighbour = _queue(now, key="3", recipient_key=2)

    cancelled = services.cancel_open(
        recipient_key=1, subject_id=7, kinds=["test_service"], now=now, reason="Sudah dijawab."
    )

    for delivery in (mine, other, neighbour):
        delivery.refresh_from_db()
    assert cancelled == 1
    assert (mine.state, mine.error) == ("cancelled", "Sudah dijawab.")
    assert (other.state, neighbour.state) == ("pending", "pending")
    assert invariants.violations() == []


@pytest.mark.django_db
def test_sent_message_is_not_cancelled(now, sink):
    scenes.let_fly()
    delivery = _queue(now)
    services.deliver_due(priority=DeliveryBatch.Priority.CHANGE)

    kinds = ["test_service"]
    assert services.cancel_open(recipient_key=1, subject_id=7, kinds=kinds, now=now) == 0
    delivery.refresh_from_db()
    assert delivery.state == "accepted"
    assert [address for _, address, _ in sink.received()] == ["siti@contoh.example"]
