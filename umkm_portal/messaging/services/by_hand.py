"""What staff did themselves: a message brought by hand, an outcome looked up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from umkm_portal.accounts.models import User
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import (
    AudienceMember,
    Campaign,
    Channel,
    Delivery,
    DeliveryEvent,
    Exclusion,
)
from umkm_portal.messaging.services.campaigns import CampaignRefused, refuse_archived

State = Delivery.State
RESOLVED_AT_ONCE = 1_000
RESOLUTIONS = (State.ACCEPTED, State.DELIVERED, State.FAILED_PERMANENT)


class ResolutionRefused(Exception):
    """The outcome of this delivery cannot be set by hand; the text says why."""


@transaction.atomic
def mark_sent_by_hand(
    campaign: Campaign,
    *,
    recipient_key: int,
    subject_id: int | None,
    actor: User,
    now: datetime,
) -> Delivery:
    """Record that staff told this person; repeating is harmless.

    A person who was left out for want of a channel joins the audience. Raises CampaignRefused
    when the campaign is still a draft, or a message to this person is on its way already.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if campaign.state == Campaign.State.DRAFT:
        raise CampaignRefused("Kampanye ini belum disetujui.")
    refuse_archived(campaign)
    sent = campaign.deliveries.filter(recipient_key=recipient_key, step="")
    machine = sent.exclude(channel=Channel.MANUAL).exclude(
        state__in=(State.FAILED_PERMANENT, State.SUPPRESSED, State.CANCELLED)
    )
    if machine.exists():
        raise CampaignRefused("Pesan untuk orang ini sudah ditangani sistem.")
    _join_audience(campaign, recipient_key=recipient_key, subject_id=subject_id)
    delivery, _ = Delivery.objects.get_or_create(
        campaign=campaign,
        recipient_key=recipient_key,
        step="",
        channel=Channel.MANUAL,
        defaults={
            "subject_id": subject_id,
            "state": State.ACCEPTED,
            "actor": actor,
            "created_at": now,
            "changed_at": now,
        },
    )
    return delivery


@transaction.atomic
def resolve_uncertain(delivery: Delivery, *, state: str, actor: User, now: datetime) -> Delivery:
    """Set the outcome of an uncertain delivery, looked up by staff.

    `state` is accepted, delivered or failed_permanent. Raises ResolutionRefused.
    """
    if state not in RESOLUTIONS:
        raise ResolutionRefused(f"“{state}” bukan hasil yang dapat dicatat.")
    moved = ledger.move(
        [delivery.pk],
        to=state,
        from_states=[State.UNCERTAIN],
        now=now,
        actor=actor,
        error="Dicatat petugas." if state == State.FAILED_PERMANENT else "",
    )
    if not moved:
        raise ResolutionRefused("Status pesan ini sudah pasti.")
    DeliveryEvent.objects.create(
        delivery=delivery,
        key=f"staff:{delivery.pk}:{now.isoformat()}",
        state=state,
        source="staff",
        actor=actor,
        happened_at=now,
    )
    delivery.refresh_from_db()
    return delivery


def resolve_all_uncertain(
    campaign: Campaign,
    *,
    state: str,
    actor: User,
    now: datetime,
    only_ids: Sequence[int] | None = None,
) -> int:
    """Set one outcome for many uncertain deliveries that staff looked up; return how many.

    `only_ids` chooses among them; those that became certain meanwhile stay. Raises
    ResolutionRefused.
    """
    if state not in RESOLUTIONS:
        raise ResolutionRefused(f"“{state}” bukan hasil yang dapat dicatat.")
    unsure = campaign.deliveries.filter(
        state=State.UNCERTAIN,
        batch_number__in=campaign.batches.filter(uncertain__gt=0).values("number"),
    )
    if only_ids is not None:
        unsure = unsure.filter(pk__in=only_ids)
    resolved = 0
    while ids := list(unsure.order_by("pk").values_list("pk", flat=True)[:RESOLVED_AT_ONCE]):
        resolved += _resolve_some(ids, state=state, actor=actor, now=now)
    return resolved


@transaction.atomic
def _resolve_some(ids: Sequence[int], *, state: str, actor: User, now: datetime) -> int:
    moved = ledger.move(
        ids,
        to=state,
        from_states=[State.UNCERTAIN],
        now=now,
        actor=actor,
        error="Dicatat petugas." if state == State.FAILED_PERMANENT else "",
    )
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery_id=pk,
            key=f"staff:{pk}:{now.isoformat()}",
            state=state,
            source="staff",
            actor=actor,
            happened_at=now,
        )
        for pk in moved
    )
    return len(moved)


def _join_audience(campaign: Campaign, *, recipient_key: int, subject_id: int | None) -> None:
    if campaign.audience.filter(recipient_key=recipient_key).exists():
        return
    last = campaign.audience.aggregate(last=Max("position"))["last"] or 0
    AudienceMember.objects.create(
        campaign=campaign,
        position=last + 1,
        recipient_key=recipient_key,
        subject_id=subject_id,
    )
    removed, _ = Exclusion.objects.filter(
        campaign=campaign, recipient_key=recipient_key, reason=Exclusion.NO_CHANNEL
    ).delete()
    campaign.audience_count += 1
    campaign.excluded_count -= removed
    if campaign.expanded_to == last:
        campaign.expanded_to += 1  # nothing left to prepare for this person
    campaign.save(update_fields=["audience_count", "excluded_count", "expanded_to"])
