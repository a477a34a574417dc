"""What the workers do when nudged or when beat calls. The rows are the queue, these are pumps."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from umkm_portal.messaging import nudges, pulse, services
from umkm_portal.messaging.models import Campaign, DeliveryBatch, WebhookEvent
from umkm_portal.messaging.operations import alerts, pulses
from umkm_portal.messaging.sending import stopping
from umkm_portal.messaging.services.senders import check_all, sync_all
from umkm_portal.messaging.webhooks.processing import work_events

EXPANSION_SECONDS = 3.0
"""A worker that writes messages gives way so soon: what is written, and others', is to be sent."""


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
    """Write deliveries of an approved campaign for a turn; each worker gets this call."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        return 0
    return services.expand_campaign(campaign, now=timezone.now(), seconds=EXPANSION_SECONDS)


@shared_task
def sweep(**future: Any) -> dict[str, int]:
    """Find what nudges did not tell."""
    now = timezone.now()
    pulse.beat(now=now)
    pulses.note(pulses.SWEEP, answered_at=now)
    done = services.sweep_outbox(now=now)
    if WebhookEvent.objects.due(now=now).exists():
        done["webhooks"] = nudges.now(nudges.WEBHOOKS, expires=2 * settings.SWEEP_SECONDS)
    return dict(done)


@shared_task
def work_webhooks(**future: Any) -> int:
    """Work what providers reported; ask for another turn when time ran out."""
    done = work_events()
    if done.pop("is_out_of_time", 0):
        nudges.now(nudges.WEBHOOKS)
    return sum(done.values())


@shared_task
def ask_pulses(**future: Any) -> None:
    """Ask every queue for a sign of life."""
    pulses.ask(now=timezone.now())


@shared_task(bind=True)
def answer_pulse(self: Any, **future: Any) -> None:
    """Say that a worker of this queue lives."""
    pulses.note(self.request.delivery_info["routing_key"], answered_at=timezone.now())


@shared_task
def tell_operators(**future: Any) -> int:
    """Mail what went wrong, or is over; return how many lines."""
    return alerts.watch(now=timezone.now())


@shared_task
def check_accounts(**future: Any) -> int:
    """Ask the providers whether our accounts can send; how many cannot."""
    return check_all(now=timezone.now())


@shared_task
def sync_approved_texts(**future: Any) -> int:
    """Learn which of our texts WhatsApp approves now."""
    return sync_all(now=timezone.now())


@worker_shutting_down.connect
def put_batches_down(**details: Any) -> None:
    """A stopping worker finishes its chunk and leaves nothing uncertain."""
    stopping.ask_to_stop()
