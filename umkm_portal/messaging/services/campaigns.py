"""The life of a campaign, from draft to done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from umkm_portal.accounts.models import User
from umkm_portal.messaging import ledger, nudges
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import (
    Campaign,
    CampaignArchive,
    Channel,
    Delivery,
    DeliveryBatch,
)
from umkm_portal.messaging.services.approved import missing_template
from umkm_portal.messaging.services.fallover import fall_over
from umkm_portal.messaging.services.slices import close_slices, is_whole, nudge_expansion
from umkm_portal.messaging.services.wordings import Wording, current_wording, save_wording

State = Campaign.State


class CampaignRefused(Exception):
    """The campaign is in no state in which this can be done; the text says why."""


@transaction.atomic
def create_campaign(
    kind: CampaignKind,
    *,
    subject_id: int | None,
    title: str,
    actor: User | None,
    now: datetime,
    channels: Sequence[str] = (Channel.EMAIL,),
    wording: Wording | None = None,
    options: dict[str, Any] | None = None,
    ignores_hours: bool = False,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> Campaign:
    """Make a draft. The caller then inserts its audience and exclusions.

    `wording` overrides the newest text of a channel. Raises UnknownVariable.
    """
    campaign = Campaign.objects.create(
        kind=kind.name,
        subject_id=subject_id,
        title=title[:200],
        channels=[str(channel) for channel in channels],
        options=options or {},
        ignores_hours=ignores_hours,
        not_before=not_before,
        not_after=not_after,
        created_by=actor,
        created_at=now,
    )
    for channel in campaign.channels:
        subject, body = (wording or {}).get(channel) or current_wording(kind, channel)
        campaign.templates.add(
            save_wording(kind, channel=channel, subject=subject, body=body, actor=actor)
        )
    return campaign


@transaction.atomic
def freeze_audience(campaign: Campaign) -> Campaign:
    """Count the audience (positions 1..n, unbroken) and the exclusions of a draft.

    Raises CampaignRefused when it is no draft or the positions have holes.
    """
    campaign = _locked(campaign, State.DRAFT)
    campaign.audience_count = campaign.audience.count()
    last = campaign.audience.aggregate(last=Max("position"))["last"] or 0
    if last != campaign.audience_count:
        raise CampaignRefused("Daftar penerima tidak utuh; susun ulang sebelum disetujui.")
    campaign.excluded_count = campaign.exclusions.count()
    campaign.save(update_fields=["audience_count", "excluded_count"])
    return campaign


@transaction.atomic
def approve_campaign(campaign: Campaign, *, actor: User | None, now: datetime) -> Campaign:
    """Freeze the audience and approve. Raises CampaignRefused."""
    campaign = freeze_audience(campaign)
    if problem := missing_template(campaign):
        raise CampaignRefused(problem)
    campaign.state = State.APPROVED
    campaign.approved_by, campaign.approved_at = actor, now
    campaign.save(update_fields=["state", "approved_by", "approved_at"])
    return campaign


@transaction.atomic
def start_campaign(campaign: Campaign, *, now: datetime) -> Campaign:
    """Let the workers prepare and send an approved campaign. Raises CampaignRefused."""
    campaign = _locked(campaign, State.APPROVED)
    if campaign.not_after and campaign.not_after <= now:
        raise CampaignRefused("Batas waktu kampanye ini sudah lewat.")
    campaign.state, campaign.started_at = State.EXPANDING, now
    campaign.save(update_fields=["state", "started_at"])
    nudge_expansion(campaign)
    return campaign


@transaction.atomic
def start_scheduled(*, now: datetime) -> int:
    """Start what was approved for a moment that has come; return how many campaigns."""
    ready = Campaign.objects.startable(now=now).order_by("pk")
    started = 0
    for campaign in ready.select_for_update(no_key=True, skip_locked=True):
        if campaign.not_after is None or campaign.not_after > now:
            start_campaign(campaign, now=now)
            started += 1
    return started


@transaction.atomic
def pause_campaign(campaign: Campaign, *, reason: str, actor: User | None) -> Campaign:
    """Stop handing over messages; those in hand at this moment still go. Raises CampaignRefused."""
    campaign = _locked(campaign, State.EXPANDING, State.RUNNING)
    campaign.state = State.PAUSED
    campaign.pause_reason = reason[:300]
    campaign.options = {**campaign.options, "paused_by": actor and actor.pk}
    campaign.save(update_fields=["state", "pause_reason", "options"])
    return campaign


@transaction.atomic
def resume_campaign(campaign: Campaign, *, actor: User | None, now: datetime) -> Campaign:
    """Go on with a paused campaign where it stood. Raises CampaignRefused."""
    campaign = _locked(campaign, State.PAUSED)
    is_expanded = campaign.is_standing or campaign.expanded_to >= campaign.audience_count
    campaign.state = State.RUNNING if is_expanded else State.EXPANDING
    campaign.pause_reason = ""
    campaign.options = {**campaign.options, "resumed_by": actor and actor.pk}
    campaign.save(update_fields=["state", "pause_reason", "options"])
    if is_expanded:
        nudge_bulk_workers()
    else:
        nudge_expansion(campaign)
    return campaign


@transaction.atomic
def cancel_campaign(
    campaign: Campaign, *, actor: User | None, now: datetime, reason: str = "Kampanye dibatalkan."
) -> Campaign:
    """End a campaign for good: what waits is cancelled, what is being sent keeps its outcome.

    While a worker holds messages the campaign stays paused and becomes `cancelled` when they are
    settled (`finish_campaigns`): no final campaign has a delivery without outcome. Raises
    CampaignRefused.
    """
    campaign = _locked(
        campaign, State.DRAFT, State.APPROVED, State.EXPANDING, State.RUNNING, State.PAUSED
    )
    if campaign.is_standing:
        raise CampaignRefused("Kampanye tetap tidak dapat dibatalkan; jeda saja.")
    campaign.options = {**campaign.options, "cancelled_by": actor and actor.pk}
    _end(campaign, reason=reason, ends_as=State.CANCELLED, now=now)
    return campaign


@transaction.atomic
def retry_failed(
    campaign: Campaign, *, now: datetime, only_ids: Sequence[int] | None = None
) -> int:
    """Send again what failed for good, in new batches; return how many.

    `only_ids` chooses among them. Addresses on the suppression list stay out when their turn
    comes. Raises CampaignRefused.
    """
    campaign = _locked(campaign, State.RUNNING, State.PAUSED, State.DONE)
    refuse_archived(campaign)
    failed = Delivery.State.FAILED_PERMANENT
    batches = campaign.batches.filter(failed_permanent__gt=0).order_by("pk").select_for_update()
    retried = sum(
        ledger.rebatch(
            batch,
            from_states=[failed],
            to=Delivery.State.PENDING,
            due_at=now,
            starts_over=True,
            only_ids=only_ids,
        )
        for batch in batches
    )
    if retried and campaign.state == State.DONE:
        campaign.state, campaign.finished_at = State.RUNNING, None
        campaign.options.pop("ends_as", None)
        campaign.save(update_fields=["state", "finished_at", "options"])
    nudge_bulk_workers()
    return retried


def finish_campaign(campaign: Campaign, *, now: datetime) -> bool:
    """Close a campaign that has nothing left to send; True if it is closed now.

    `uncertain` counts as settled: it waits for a report or for staff, perhaps for ever, and is
    resolved on the closed campaign too.
    """
    return bool(finish_campaigns(now=now, campaign_id=campaign.pk))


@transaction.atomic
def finish_campaigns(*, now: datetime, campaign_id: int | None = None) -> int:
    """Close all campaigns (or one) that have nothing left to send; return how many."""
    unsettled = DeliveryBatch.objects.unsettled()
    ready = Campaign.objects.finishable().exclude(pk__in=unsettled.values("campaign_id"))
    if campaign_id is not None:
        ready = ready.filter(pk=campaign_id)
    closed = 0
    for campaign in ready.order_by("pk").select_for_update(no_key=True, skip_locked=True):
        if unsettled.filter(campaign=campaign).exists():
            continue  # a retry came between
        if campaign.state == State.RUNNING and fall_over(campaign, now=now):
            continue  # somebody's next channel has her message
        campaign.state = campaign.options.get("ends_as", State.DONE)
        campaign.finished_at = now
        campaign.save(update_fields=["state", "finished_at"])
        closed += 1
    return closed


@transaction.atomic
def end_overdue(*, now: datetime) -> int:
    """Cancel what campaigns past `not_after` did not send; return how many campaigns."""
    overdue = Campaign.objects.overdue(now=now).order_by("pk")
    ended = list(overdue.select_for_update(no_key=True, skip_locked=True))
    for campaign in ended:
        ends_as = State.CANCELLED
        if campaign.started_at and is_whole(campaign):
            ends_as = State.DONE
            close_slices(campaign)
        _end(campaign, reason="Batas waktu lewat.", ends_as=ends_as, now=now)
    return len(ended)


@transaction.atomic
def settle_ending(*, now: datetime) -> int:
    """Cancel what workers put back into campaigns that are ending; return how many campaigns."""
    ending = Campaign.objects.ending().order_by("pk")
    for campaign in (found := list(ending.select_for_update(no_key=True, skip_locked=True))):
        _cancel_waiting(campaign, reason=campaign.pause_reason, now=now)
    return len(found)


def _end(campaign: Campaign, *, reason: str, ends_as: str, now: datetime) -> None:
    """Cancel what waits; close at once, or when no worker holds messages any more."""
    campaign.state, campaign.pause_reason = State.PAUSED, reason[:300]
    campaign.options = {**campaign.options, "ends_as": str(ends_as)}
    campaign.save(update_fields=["state", "pause_reason", "options"])
    _cancel_waiting(campaign, reason=reason, now=now)
    finish_campaign(campaign, now=now)
    campaign.refresh_from_db()


def _cancel_waiting(campaign: Campaign, *, reason: str, now: datetime) -> None:
    ledger.move_all(
        campaign, to=Delivery.State.CANCELLED, from_states=ledger.WAITING, now=now, error=reason
    )
    campaign.batches.filter(lease_until__isnull=True).update(due_at=None)


def refuse_archived(campaign: Campaign) -> None:
    """Raises CampaignRefused when the archive has begun to take a campaign that is over."""
    if not campaign.is_standing and CampaignArchive.objects.filter(campaign=campaign).exists():
        raise CampaignRefused("Rincian kampanye ini sudah diarsipkan; tidak dapat diubah lagi.")


def nudge_bulk_workers() -> None:
    nudges.after_commit(nudges.WORK)


def _locked(campaign: Campaign, *states: str) -> Campaign:
    """The campaign row, locked, in one of these states. Raises CampaignRefused."""
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    is_ending = locked.state == State.PAUSED and "ends_as" in locked.options
    if locked.state not in states or is_ending:
        raise CampaignRefused(
            f"Kampanye #{locked.pk} berstatus “{locked.get_state_display()}”; tidak dapat diubah."
        )
    campaign.refresh_from_db()
    return campaign
