"""What the workers do when nudged or when beat calls. The rows are the queue, these are pumps."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from umkm_portal.messaging import nudges, pulse, services
from umkm_portal.messaging.models import Campaign, DeliveryBatch
from umkm_portal.messaging.sending import stopping


@shared_task
def work_batches(**future: Any) -> int:
    """Send bulk batches for a turn; ask for another turn when time ran out."""
    outcomes = services.deliver_due()
    if outcomes["is_out_of_time"]:
        nudges.now(nudges.WORK)
    return outcomes["batches"]


@shared_task
def deliver_urgent(**future: Any) -> int:
    """Send single messages: confirmations, offers, codes."""
    outcomes = services.deliver_due(priority=DeliveryBatch.Priority.CHANGE)
    if outcomes["is_out_of_time"]:
        nudges.now(nudges.URGENT)
    return outcomes["batches"]


@shared_task
def expand(*, campaign_id: int, **future: Any) -> int:
    """Write the deliveries of an approved campaign."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    return services.expand_campaign(campaign, now=timezone.now()) if campaign else 0


@shared_task
def sweep(**future: Any) -> dict[str, int]:
    """Find what nudges did not tell."""
    now = timezone.now()
    pulse.beat(now=now)
    return dict(services.sweep_outbox(now=now))


@worker_shutting_down.connect
def put_batches_down(**details: Any) -> None:
    """A stopping worker finishes its chunk and leaves nothing uncertain."""
    stopping.ask_to_stop()
