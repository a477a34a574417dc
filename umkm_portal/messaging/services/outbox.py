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
from umkm_portal.messaging.sending.accounts import Openings
from umkm_portal.messaging.sending.claims import Claim, claim_batch, expire_claims
from umkm_portal.messaging.sending.filling import Merges
from umkm_portal.messaging.sending.worker import BatchWork
from umkm_portal.messaging.services.campaigns import (
    end_overdue,
    finish_campaign,
    finish_campaigns,
    settle_ending,
    start_scheduled,
)
from umkm_portal.messaging.services.expansion import expand_campaign
from umkm_portal.messaging.services.fallover import fall_over, fall_over_all
from umkm_portal.messaging.services.slices import (
    forget_slices,
    nudge_expansion,
    standing_still,
)

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
    openings, merges = Openings(), Merges()
    while not stopping.is_stopping():
        claim = _claim_next(openings, priority=priority, campaign=campaign)
        if claim is None:
            break
        worked[claim.batch.campaign_id] = claim.batch.campaign
        outcomes += BatchWork(claim, stop_at=stop_at, merges=merges).run()
        outcomes["batches"] += 1
        if time.monotonic() >= stop_at:
            outcomes["is_out_of_time"] = 1
            break
    for found in worked.values():
        if fall_over(found, now=timezone.now()):
            outcomes["is_out_of_time"] = 1
            nudges.now(nudges.WORK)
        finish_campaign(found, now=timezone.now())
    return outcomes


def sweep_outbox(*, now: datetime) -> Counter[str]:
    """Find what nudges did not tell: late workers, stuck expansions, due batches, finished work.

    Called by beat every few seconds. Returns counts by what was done.
    """
    done: Counter[str] = Counter()
    done["expired"] = expire_claims(now=now)
    done["started"] = start_scheduled(now=now)
    done["overdue"] = end_overdue(now=now)
    done["cancelled"] = settle_ending(now=now)
    done["fell_over"] = fall_over_all(now=now)
    done["finished"] = finish_campaigns(now=now)
    done["forgotten"] = forget_slices()
    for campaign in standing_still(now=now):
        nudge_expansion(campaign, expires=4 * settings.SWEEP_SECONDS)
        done["expanding"] += 1
    done["nudged"] = _nudge_workers(now=now)
    return done


def work_everything(*, campaign: Campaign | None = None) -> Counter[str]:
    """Expand and send without a broker until nothing is due; for the `deliver` command."""
    outcomes: Counter[str] = Counter()
    while True:
        now = timezone.now()
        sweep = expire_claims(now=now) + end_overdue(now=now) + settle_ending(now=now)
        sweep += start_scheduled(now=now)
        expanding = Campaign.objects.filter(state=Campaign.State.EXPANDING)
        for found in expanding.order_by("pk"):
            outcomes["expanded"] += expand_campaign(found, now=now)
        outcomes += deliver_due(campaign=campaign)
        sweep += fall_over_all(now=timezone.now())
        finish_campaigns(now=timezone.now())
        if not outcomes.pop("is_out_of_time", 0) and not sweep:
            return outcomes


def _claim_next(openings: Openings, *, priority: int, campaign: Campaign | None) -> Claim | None:
    now = timezone.now()
    openings.look(now=now)
    if not openings.alive or not openings.channels:
        return None
    return claim_batch(
        now=now,
        priority=priority,
        channels=openings.channels,
        kinds=kinds.names(),
        service_kinds=kinds.names_at_any_hour(),
        open_accounts=openings.open,
        alive_accounts=openings.alive,
        campaign_id=campaign.pk if campaign else None,
    )


def _nudge_workers(*, now: datetime) -> int:
    due = DeliveryBatch.objects.due(now=now)
    sent = 0
    expires = 2 * settings.SWEEP_SECONDS
    if due.filter(priority__lte=Priority.CHANGE).exists():
        sent += nudges.now(nudges.URGENT, expires=expires)
    waiting = due.filter(priority__gt=Priority.CHANGE)[: settings.PORTAL_PROCESSES].count()
    for _ in range(waiting):
        sent += nudges.now(nudges.WORK, expires=expires)
    return sent
