"""Working the outbox: claim what is due, send it, sweep up after the dead."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from umkm_portal.messaging import kinds, nudges
from umkm_portal.messaging.models import Campaign, DeliveryBatch
from umkm_portal.messaging.sending import stopping
from umkm_portal.messaging.sending.accounts import usable_accounts
from umkm_portal.messaging.sending.claims import Claim, claim_batch, expire_claims
from umkm_portal.messaging.sending.worker import BatchWork, Merges
from umkm_portal.messaging.services.campaigns import (
    end_overdue,
    finish_campaign,
    finish_campaigns,
    settle_ending,
)
from umkm_portal.messaging.services.expansion import expand_campaign
from umkm_portal.messaging.transports import channels_on

TURN_SECONDS = 30.0
"""A worker puts its batch down after so long: pauses and shutdowns are never far away."""
Priority = DeliveryBatch.Priority


def deliver_due(
    *,
    priority: int = Priority.BULK,
    campaign: Campaign | None = None,
    seconds: float = TURN_SECONDS,
) -> Counter[str]:
    """Work batches that are due, the most urgent first, until none is left or time is up.

    `priority` is the highest priority number to work. Returns the number of messages by outcome,
    and `batches`, and `is_out_of_time` when something may be left.
    """
    stop_at = time.monotonic() + seconds
    outcomes: Counter[str] = Counter()
    worked: dict[int, Campaign] = {}
    merges: Merges = {}
    while not stopping.is_stopping():
        claim = _claim_next(priority=priority, campaign=campaign)
        if claim is None:
            break
        worked[claim.batch.campaign_id] = claim.batch.campaign
        outcomes += BatchWork(claim, stop_at=stop_at, merges=merges).run()
        outcomes["batches"] += 1
        if time.monotonic() >= stop_at:
            outcomes["is_out_of_time"] = 1
            break
    for found in worked.values():
        finish_campaign(found, now=timezone.now())
    return outcomes


def sweep_outbox(*, now: datetime) -> Counter[str]:
    """Find what nudges did not tell: late workers, stuck expansions, due batches, finished work.

    Called by beat every few seconds. Returns counts by what was done.
    """
    done: Counter[str] = Counter()
    done["expired"] = expire_claims(now=now)
    done["overdue"] = end_overdue(now=now)
    done["cancelled"] = settle_ending(now=now)
    done["finished"] = finish_campaigns(now=now)
    for campaign in Campaign.objects.filter(state=Campaign.State.EXPANDING).order_by("pk"):
        nudges.now(nudges.EXPAND, campaign_id=campaign.pk, expires=4 * settings.SWEEP_SECONDS)
        done["expanding"] += 1
    done["nudged"] = _nudge_workers(now=now)
    return done


def work_everything(*, campaign: Campaign | None = None) -> Counter[str]:
    """Expand and send without a broker until nothing is due; for the `deliver` command."""
    outcomes: Counter[str] = Counter()
    while True:
        now = timezone.now()
        sweep = expire_claims(now=now) + end_overdue(now=now) + settle_ending(now=now)
        expanding = Campaign.objects.filter(state=Campaign.State.EXPANDING)
        for found in expanding.order_by("pk"):
            outcomes["expanded"] += expand_campaign(found, now=now)
        outcomes += deliver_due(campaign=campaign)
        finish_campaigns(now=timezone.now())
        if not outcomes.pop("is_out_of_time", 0) and not sweep:
            return outcomes


def _claim_next(*, priority: int, campaign: Campaign | None) -> Claim | None:
    now = timezone.now()
    open_accounts, alive_accounts = usable_accounts(now=now)
    channels = channels_on()
    if not alive_accounts or not channels:
        return None
    return claim_batch(
        now=now,
        priority=priority,
        channels=channels,
        kinds=kinds.names(),
        service_kinds=kinds.names(purpose="service"),
        open_accounts=open_accounts,
        alive_accounts=alive_accounts,
        campaign_id=campaign.pk if campaign else None,
    )


def _nudge_workers(*, now: datetime) -> int:
    due = DeliveryBatch.objects.due(now=now)
    sent = 0
    expires = 2 * settings.SWEEP_SECONDS
    if due.filter(priority__lt=Priority.BULK).exists():
        sent += nudges.now(nudges.URGENT, expires=expires)
    waiting = due.filter(priority=Priority.BULK)[: settings.PORTAL_PROCESSES].count()
    for _ in range(waiting):
        sent += nudges.now(nudges.WORK, expires=expires)
    return sent
