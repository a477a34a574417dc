"""Campaigns that have been over for long."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.messaging import scenes
from umkm_portal.messaging import kinds, services
from umkm_portal.messaging.archive import moving
from umkm_portal.messaging.models import (
    Campaign,
    Delivery,
    DeliveryBatch,
    DeliveryEvent,
    Exclusion,
    Fallover,
)

State = Delivery.State
LONG_AGO = timedelta(days=400)


@pytest.fixture
def small(monkeypatch):
    """Chunks and buckets that a test's campaign fills several of."""
    monkeypatch.setattr(moving, "CHUNK", 4)
    monkeypatch.setattr(moving, "BUCKET", 3)


@pytest.fixture
def old(small, now):
    """Ten people of whom nine got a message, and two who were left out; over for long."""
    return make_old(10, now=now)


def make_old(count, *, now):
    """A finished campaign: the second was reached on her second channel, the last never written."""
    ended = now - LONG_AGO
    campaign = scenes.make_running(count, kind=scenes.EVERYWHERE)
    for key in (count + 1, count + 2):
        Exclusion.objects.create(campaign=campaign, recipient_key=key, reason="no_channel")
    rows = list(campaign.deliveries.order_by("recipient_key"))
    rows.pop().delete()
    outcomes = [State.READ, State.FAILED_PERMANENT, State.SUPPRESSED, State.UNCERTAIN]
    for place, row in enumerate(rows):
        row.state = outcomes[place] if place < len(outcomes) else State.ACCEPTED
        row.changed_at = ended + timedelta(minutes=place)
        row.save()
    taken_over = rows[1]
    second = Delivery.objects.create(
        campaign=campaign,
        recipient_key=taken_over.recipient_key,
        subject_id=taken_over.subject_id,
        channel="whatsapp",
        state=State.DELIVERED,
        batch_number=taken_over.batch_number,
        changed_at=ended,
    )
    Fallover.objects.create(delivery=taken_over, successor=second)
    DeliveryEvent.objects.create(
        delivery=rows[0], key=f"e{campaign.pk}", state=State.READ, source="whatsapp"
    )
    recount(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(
        state=Campaign.State.CANCELLED, finished_at=ended, excluded_count=2
    )
    campaign.refresh_from_db()
    return campaign


def recount(campaign):
    """Let the counters of batches say what the rows say, and nothing wait."""
    for batch in campaign.batches.all():
        mine = campaign.deliveries.filter(batch_number=batch.number)
        counts = {state: mine.filter(state=state).count() for state in State.values}
        DeliveryBatch.objects.filter(pk=batch.pk).update(
            size=mine.count(), due_at=None, lease_until=None, **counts
        )


@pytest.fixture
def standing(now):
    """Single messages of a year and of a week ago, on the campaign of their kind."""
    made = SimpleNamespace(rows=[])
    for key, age in ((1, LONG_AGO), (2, LONG_AGO), (1, timedelta(days=7))):
        row = services.queue_one(
            kinds.get(scenes.SERVICE.name),
            recipient_key=key,
            subject_id=50 + key,
            dedupe_key=f"{key}-{age.days}",
            address=f"orang{key}@contoh.example",
            now=now - age,
        )
        Delivery.objects.filter(pk=row.pk).update(state=State.ACCEPTED, changed_at=now - age)
        made.rows.append(row)
    made.campaign = row.campaign
    recount(made.campaign)
    return made
