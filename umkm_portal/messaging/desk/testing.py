"""A test of a draft's text, to the officer herself, through the same way as the campaign."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging import kinds, nudges
from umkm_portal.messaging.accounts import account_for
from umkm_portal.messaging.desk.plans import PlanRefused
from umkm_portal.messaging.desk.texts import problems_of, text_of
from umkm_portal.messaging.models import (
    AudienceMember,
    Campaign,
    CampaignPlan,
    Channel,
    Delivery,
    DeliveryBatch,
)
from umkm_portal.messaging.services.wordings import set_wording
from umkm_portal.messaging.transports import account_off_reason


def address_of(user: User, channel: str) -> str:
    """Where an officer gets her test; "" when she has no such address."""
    return (user.email if channel == Channel.EMAIL else user.phone) or ""


@transaction.atomic
def send_test(plan: CampaignPlan, *, channel: str, actor: User, now: datetime) -> Delivery:
    """Queue the text of one channel to the actor, before everything bulky. Raises PlanRefused."""
    address = address_of(actor, channel)
    label = Channel(channel).label
    if not address:
        missing = "email" if channel == Channel.EMAIL else "nomor HP"
        raise PlanRefused(f"Akun Anda belum punya {missing}, jadi uji {label} tidak bisa dikirim.")
    account = account_for(plan.campaign, channel)
    if reason := account_off_reason(account) or next(iter(problems_of(plan, channel)), ""):
        raise PlanRefused(reason)
    delivery = _write(plan, channel=channel, address=address, actor=actor, now=now)
    CampaignPlan.objects.filter(pk=plan.pk).update(tested_at=now)
    nudges.after_commit(nudges.URGENT)
    return delivery


def _write(
    plan: CampaignPlan, *, channel: str, address: str, actor: User, now: datetime
) -> Delivery:
    """A campaign of its own with one message: it counts for nothing and says what it is."""
    campaign = Campaign.objects.create(
        kind=plan.campaign.kind,
        title=f"Uji: {plan.campaign.title}"[:200],
        state=Campaign.State.RUNNING,
        channels=[channel],
        whatsapp_template=plan.campaign.whatsapp_template,
        options={Campaign.TEST_OF: plan.campaign_id, "link": plan.link},
        ignores_hours=True,
        audience_count=1,
        expanded_to=1,
        created_by=actor,
        created_at=now,
        started_at=now,
    )
    subject, body = text_of(plan, channel)
    marked = f"[Uji] {subject}"[:200] if channel == Channel.EMAIL else ""
    set_wording(campaign, channel=channel, subject=marked, body=body, actor=actor)
    AudienceMember.objects.create(
        campaign=campaign, position=1, recipient_key=-actor.pk, channel=channel
    )
    DeliveryBatch.objects.create(
        campaign=campaign,
        number=1,
        channel=channel,
        account=account_for(plan.campaign, channel),
        priority=DeliveryBatch.Priority.URGENT,
        due_at=now,
        size=1,
        pending=1,
    )
    return Delivery.objects.create(
        campaign=campaign,
        batch_number=1,
        recipient_key=-actor.pk,
        channel=channel,
        address=address,
        context={**kinds.get(plan.campaign.kind).variables, "nama": str(actor)},
        created_at=now,
        changed_at=now,
    )
