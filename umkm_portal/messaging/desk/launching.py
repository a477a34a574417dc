"""From a draft to a campaign on its way: asked for, approved by a second person, taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from umkm_portal.accounts.models import User
from umkm_portal.messaging.accounts import account_for
from umkm_portal.messaging.desk import audience
from umkm_portal.messaging.desk.plans import (
    PlanChanged,
    PlanRefused,
    lock_draft,
    purpose_of,
    seen_by,
    void_request,
)
from umkm_portal.messaging.desk.sources import SourceBroken
from umkm_portal.messaging.desk.texts import problems_of, text_of
from umkm_portal.messaging.models import Campaign, CampaignPlan, Channel
from umkm_portal.messaging.services.approved import missing_template
from umkm_portal.messaging.services.campaigns import approve_campaign
from umkm_portal.messaging.services.wordings import set_wording
from umkm_portal.messaging.transports import account_off_reason

UNDO = timedelta(seconds=60)
"""So long after “Kirim” nothing leaves."""


def needs_approval(people: int) -> bool:
    """Whether a second person has to approve a campaign to so many."""
    limit = settings.CAMPAIGN_APPROVAL_ABOVE
    return bool(limit) and people > limit


def obstacles(plan: CampaignPlan, *, now: datetime) -> list[tuple[str, str]]:
    """(step, sentence) of everything that keeps this draft from going out; empty: ready."""
    campaign, found = plan.campaign, []
    if not audience.is_chosen(plan):
        found.append(("penerima", "Pilih penerima."))
    elif plan.figures and not plan.figures.get("reached"):
        found.append(("penerima", "Tidak ada orang yang bisa dikirimi dari pilihan ini."))
    if not campaign.channels:
        found.append(("pesan", "Pilih paling sedikit satu saluran."))
    for channel in campaign.channels:
        found += [("pesan", sentence) for sentence in problems_of(plan, channel)]
        if reason := account_off_reason(account_for(campaign, channel)):
            found.append(("pesan", f"{reason} Lepas centang {Channel(channel).label}."))
    if reason := missing_template(campaign):
        found.append(("pesan", reason))
    if purpose_of(plan).needs_link and not plan.link:
        found.append(("pesan", "Isi tautan survei."))
    if campaign.not_after and campaign.not_after <= now + UNDO:
        found.append(("jadwal", "Batas akhir pengiriman sudah lewat. Pilih waktu yang lain."))
    return found


@transaction.atomic
def ask_approval(plan: CampaignPlan, *, actor: User, revision: int, now: datetime) -> CampaignPlan:
    """Freeze the audience and ask a second person. Raises PlanRefused."""
    locked = _lock_seen(plan, revision)
    _freeze(locked, actor=actor, now=now)
    locked.asked_by, locked.asked_at = actor, now
    locked.note = ""
    locked.save(update_fields=["asked_by", "asked_at", "note"])
    return locked


def why_not_approver(plan: CampaignPlan, *, user: User) -> str:
    """Why this officer may not approve it, in a sentence; "" when she may."""
    hands = {plan.campaign.created_by_id, plan.asked_by_id, *plan.editors}
    if user.pk in hands:
        return "Yang membuat atau mengubah kampanye ini tidak bisa menyetujuinya sendiri."
    return ""


@transaction.atomic
def approve(plan: CampaignPlan, *, actor: User, revision: int, now: datetime) -> Campaign:
    """Approve exactly what was asked for, and let it start. Raises PlanRefused."""
    locked = _lock_seen(plan, revision)
    if locked.asked_at is None:
        raise PlanRefused("Tidak ada permintaan persetujuan; isinya berubah sejak diminta.")
    if reason := why_not_approver(locked, user=actor):
        raise PlanRefused(reason)
    _check(locked, now=now)
    return _launch(locked, actor=actor, now=now)


@transaction.atomic
def give_back(
    plan: CampaignPlan, *, actor: User, revision: int, note: str, now: datetime
) -> CampaignPlan:
    """Return a request to its maker with a reason. Raises PlanRefused."""
    locked = _lock_seen(plan, revision)
    if locked.asked_at is None:
        raise PlanRefused("Tidak ada permintaan persetujuan.")
    if not note.strip():
        raise PlanRefused("Tulis apa yang perlu diubah.")
    void_request(locked)
    locked.note = f"Dikembalikan {actor}: {note.strip()}"[:300]
    locked.save(update_fields=["asked_by", "asked_at", "note"])
    return locked


@transaction.atomic
def send(plan: CampaignPlan, *, actor: User, revision: int, now: datetime) -> Campaign:
    """Freeze the audience and let the campaign start in a minute, or when it is due.

    Two officers at once send it once. Raises PlanRefused.
    """
    locked = _lock_seen(plan, revision)
    reached = _freeze(locked, actor=actor, now=now)
    if needs_approval(reached):
        raise PlanRefused(
            f"Kampanye ke lebih dari {settings.CAMPAIGN_APPROVAL_ABOVE} orang perlu disetujui "
            "petugas kedua. Tekan “Minta persetujuan”."
        )
    return _launch(locked, actor=actor, now=now)


@transaction.atomic
def take_back(campaign: Campaign, *, actor: User, now: datetime) -> CampaignPlan:
    """Make a draft of it again while nothing has left. Raises PlanRefused."""
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    plan = CampaignPlan.objects.filter(campaign=locked).first()
    if plan is None or locked.state != Campaign.State.APPROVED:
        raise PlanRefused("Terlambat: pengiriman sudah dimulai. Jeda atau batalkan saja.")
    plan.campaign = locked
    audience.thaw(plan)
    locked.state = Campaign.State.DRAFT
    locked.approved_by = locked.approved_at = locked.starts_at = None
    locked.audience_count = locked.excluded_count = 0
    locked.save()
    plan.asked_by = plan.asked_at = None
    plan.revision += 1
    plan.changed_by, plan.changed_at = actor, now
    plan.save()
    return plan


def _lock_seen(plan: CampaignPlan, revision: int) -> CampaignPlan:
    """The draft as the officer saw it. Raises PlanRefused, PlanChanged."""
    locked = lock_draft(plan)
    if locked.revision != revision:
        raise PlanChanged(locked)
    return locked


def _check(plan: CampaignPlan, *, now: datetime) -> None:
    if left := obstacles(plan, now=now):
        raise PlanRefused(left[0][1])


def _freeze(plan: CampaignPlan, *, actor: User, now: datetime) -> int:
    _check(plan, now=now)
    try:
        reached, _ = audience.freeze(plan, user=seen_by(plan, fallback=actor))
    except SourceBroken as broken:
        raise PlanRefused(str(broken)) from broken
    if not reached:
        raise PlanRefused("Tidak ada orang yang bisa dikirimi dari pilihan ini.")
    return reached


def _launch(plan: CampaignPlan, *, actor: User, now: datetime) -> Campaign:
    campaign = plan.campaign
    campaign.templates.clear()
    for channel in campaign.channels:
        subject, body = text_of(plan, channel)
        set_wording(campaign, channel=channel, subject=subject, body=body, actor=actor)
    _forget_typed_lines(plan)
    campaign.options = {**campaign.options, "link": plan.link}
    campaign.starts_at = max(now + UNDO, campaign.not_before or now)
    campaign.save(update_fields=["options", "starts_at"])
    return approve_campaign(campaign, actor=actor, now=now)


def _forget_typed_lines(plan: CampaignPlan) -> None:
    """Lines that named nobody are often phones of people: nothing needs them any more."""
    plan.audience = {
        name: {key: kept for key, kept in chosen.items() if key != "unknown"}
        for name, chosen in plan.audience.items()
    }
    plan.save(update_fields=["audience"])
