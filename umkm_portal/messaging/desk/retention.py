"""Drafts of the desk that nobody finished: how long they and their frozen audiences are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from umkm_portal.common import retention
from umkm_portal.common.retention import RetentionJob, Stock
from umkm_portal.messaging.desk.plans import PlanRefused, delete_plan, lock_draft, void_request
from umkm_portal.messaging.models import Campaign, CampaignPlan

KEEP_DRAFTS = timedelta(days=90)
KEEP_REQUESTS = timedelta(days=14)
"""An audience frozen for approval grows old: people opt out and addresses change meanwhile."""
LAPSED = "Permintaan persetujuan lewat 14 hari tanpa jawaban. Periksa lagi, lalu minta sekali lagi."


def register_jobs() -> None:
    retention.register(
        RetentionJob("campaign_requests", "Permintaan persetujuan lama", _find_asked, _give_back)
    )
    retention.register(
        RetentionJob("campaign_drafts", "Rancangan kampanye lama", _find_drafts, _drop)
    )


def _drafts(now: datetime) -> QuerySet[CampaignPlan]:
    """Never sent, or taken back, and not touched since; a request lapses before its draft goes."""
    drafts = CampaignPlan.objects.filter(campaign__state=Campaign.State.DRAFT, asked_at=None)
    return drafts.filter(changed_at__lt=now - KEEP_DRAFTS)


def _find_drafts(now: datetime) -> Stock:
    return retention.stock_of(_drafts(now), "changed_at")


def _drop(now: datetime) -> int:
    return _with_each(_drafts(now), delete_plan)


def _asked(now: datetime) -> QuerySet[CampaignPlan]:
    return CampaignPlan.objects.waiting().filter(asked_at__lt=now - KEEP_REQUESTS)


def _find_asked(now: datetime) -> Stock:
    return retention.stock_of(_asked(now), "asked_at")


def _give_back(now: datetime) -> int:
    return _with_each(_asked(now), _lapse)


def _lapse(plan: CampaignPlan) -> None:
    """The draft stays; the frozen people go, and its maker reads why."""
    void_request(locked := lock_draft(plan))
    locked.note = LAPSED
    locked.save(update_fields=["asked_by", "asked_at", "note"])


def _with_each(rows: QuerySet[CampaignPlan], act: Callable[[CampaignPlan], object]) -> int:
    """Each in a transaction of its own; what somebody took up meanwhile stays. Returns how many."""
    done = 0
    for plan in rows.order_by("pk"):
        with transaction.atomic():
            if _still(plan, rows):
                act(plan)
                done += 1
    return done


def _still(plan: CampaignPlan, rows: QuerySet[CampaignPlan]) -> bool:
    """Whether a draft is among the rows once nobody else can change it."""
    try:
        lock_draft(plan)
    except (PlanRefused, Campaign.DoesNotExist):
        return False
    return rows.filter(pk=plan.pk).exists()
