"""Drafts of the desk: made, changed step by step, taken up again by whoever may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.messaging import kinds
from umkm_portal.messaging.desk import audience, purposes, sources
from umkm_portal.messaging.desk.purposes import Purpose
from umkm_portal.messaging.models import Campaign, CampaignPlan
from umkm_portal.messaging.transports import channels_on


class PlanRefused(Exception):
    """The plan cannot be changed or sent so; the text is the sentence for the officer."""


class PlanChanged(PlanRefused):
    def __init__(self, plan: CampaignPlan) -> None:
        super().__init__(
            f"Rancangan ini baru saja diubah {plan.changed_by or 'petugas lain'}. Periksa lagi, "
            "lalu tekan tombolnya sekali lagi."
        )


@transaction.atomic
def create_plan(purpose: Purpose, *, title: str, actor: User, now: datetime) -> CampaignPlan:
    """A draft with the kind's own texts on every channel that is on."""
    kind = kinds.get(purpose.kind)
    on = channels_on()
    campaign = Campaign.objects.create(
        kind=kind.name,
        title=title.strip()[:200],
        channels=[c for c in kind.wording if c in on][:1] or list(kind.wording)[:1],
        created_by=actor,
        created_at=now,
    )
    return CampaignPlan.objects.create(
        campaign=campaign,
        purpose=purpose.name,
        organisation=_office_of(actor),
        texts={
            channel: {"subject": subject, "body": body}
            for channel, (subject, body) in kind.wording.items()
        },
        editors=[actor.pk],
        changed_by=actor,
        changed_at=now,
    )


def purpose_of(plan: CampaignPlan) -> Purpose:
    """Raises UnknownPurpose."""
    return purposes.find(plan.purpose)


def sources_of(plan: CampaignPlan) -> list[sources.Source]:
    """The sources that a plan of this purpose may use."""
    allowed = purpose_of(plan).sources
    return [s for s in sources.all_sources() if not allowed or s.name in allowed]


def seen_by(plan: CampaignPlan, *, fallback: User) -> User:
    """Whose area limits the audience: that of who made the draft, whoever works on it."""
    return plan.campaign.created_by or fallback


@transaction.atomic
def change_plan(
    plan: CampaignPlan,
    *,
    actor: User,
    now: datetime,
    campaign: Mapping[str, Any] | None = None,
    **facts: Any,
) -> CampaignPlan:
    """Write facts of the plan and of its campaign; a request for approval is void from here on.

    What is already so changes nothing. Raises PlanRefused when the campaign is no draft any more.
    """
    locked = lock_draft(plan)
    differing = {k: v for k, v in facts.items() if getattr(locked, k) != v}
    of_campaign = {k: v for k, v in (campaign or {}).items() if getattr(locked.campaign, k) != v}
    if not differing and not of_campaign:
        return locked
    for name, value in of_campaign.items():
        setattr(locked.campaign, name, value)
    locked.campaign.save(update_fields=list(of_campaign) or None)
    for name, value in differing.items():
        setattr(locked, name, value)
    _mark_changed(locked, actor=actor, now=now)
    locked.save()
    return locked


def recount(plan: CampaignPlan, *, actor: User, now: datetime) -> CampaignPlan:
    """Count the audience anew for the pages; changes nothing that anybody approved.

    Raises SourceBroken.
    """
    figures: dict[str, Any] = {}
    if audience.is_chosen(plan):
        figures = audience.count(plan, user=seen_by(plan, fallback=actor), now=now)
    CampaignPlan.objects.filter(pk=plan.pk).update(figures=figures)
    plan.figures = figures
    return plan


@transaction.atomic
def delete_plan(plan: CampaignPlan) -> None:
    """Throw a draft away. Raises PlanRefused when it is none any more."""
    locked = lock_draft(plan)
    audience.thaw(locked)
    locked.campaign.delete()


def lock_draft(plan: CampaignPlan) -> CampaignPlan:
    """The plan with its campaign's row held: one officer at a time. Raises PlanRefused."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=plan.campaign_id)
    if campaign.state != Campaign.State.DRAFT:
        raise PlanRefused(
            f"Kampanye ini sudah {campaign.get_state_display().lower()}; tidak bisa diubah lagi."
        )
    locked = CampaignPlan.objects.select_related("changed_by", "asked_by").get(pk=plan.pk)
    locked.campaign = campaign
    return locked


def void_request(plan: CampaignPlan) -> None:
    """Nobody may approve what changed after she was asked; the frozen audience goes with it."""
    if plan.asked_at is not None:
        audience.thaw(plan)
        plan.asked_by = plan.asked_at = None


def _mark_changed(plan: CampaignPlan, *, actor: User, now: datetime) -> None:
    void_request(plan)
    plan.revision += 1
    plan.changed_by, plan.changed_at = actor, now
    plan.note = ""
    if actor.pk not in plan.editors:
        plan.editors = [*plan.editors, actor.pk]


def _office_of(user: User) -> Organisation | None:
    offices: Sequence[str] = (Membership.Role.HEAD_OFFICE, Membership.Role.CITY_OFFICE)
    rows = user.memberships.current().filter(role__in=offices).select_related("organisation")
    found = rows.order_by("pk").first()
    return found.organisation if found else None
