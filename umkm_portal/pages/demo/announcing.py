"""Campaigns of the desk on practice data: one that has gone out, one that waits to be finished."""

from __future__ import annotations

from datetime import datetime

from participants.audiences import saved
from umkm_portal.accounts.models import User
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.desk import launching, plans, purposes
from umkm_portal.messaging.models import Campaign, CampaignPlan, Channel
from umkm_portal.messaging.services.outbox import deliver_due
from umkm_portal.pages.demo import mishaps
from umkm_portal.pages.demo.results import EARLIER, PATIENCE_SECONDS
from umkm_portal.pages.tour.walk import officer

SENT, WAITS = "Pekan jajanan: terima kasih dan langkah berikutnya", "Survei kebutuhan pelatihan"
_TEXT = """Yth. Bapak/Ibu {nama},

Terima kasih sudah ikut Pekan Jajanan Jakarta. Rekap penjualan Anda sudah ada di halaman Anda di Jakpreneur.

Bazar berikutnya diumumkan bulan depan. Siapkan foto produk yang terang dan label dengan berat bersih.

Layanan ini gratis. Petugas tidak pernah meminta kode OTP atau pembayaran.

Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta

Tidak ingin pesan seperti ini lagi? {berhenti}"""  # noqa: E501


def write_to_people(*, staff: User, now: datetime) -> None:
    """Send the one campaign and leave the other as a draft, as far as they are missing."""
    if not Campaign.objects.filter(title=SENT).exists():
        _send(_plan("announcement", SENT, {"passed": [EARLIER]}, staff=staff, now=now), now=now)
    if not Campaign.objects.filter(title=WAITS).exists():
        _plan("survey", WAITS, {"segment": [saved.INVITABLE]}, staff=staff, now=now)


def _plan(
    purpose: str, title: str, chosen: dict[str, list[str]], *, staff: User, now: datetime
) -> CampaignPlan:
    plan = plans.create_plan(purposes.find(purpose), title=title, actor=staff, now=now)
    plan = plans.change_plan(
        plan, actor=staff, now=now, audience={k: {"values": v} for k, v in chosen.items()}
    )
    return plans.recount(plan, actor=staff, now=now)


def _send(plan: CampaignPlan, *, now: datetime) -> None:
    """By the same way as an officer, without the minute in which it could be taken back."""
    staff = plan.campaign.created_by
    if staff is None or not plan.figures.get("reached"):
        return
    text = {"subject": "Terima kasih, dan bazar berikutnya", "body": _TEXT}
    plan = plans.change_plan(
        plan, actor=staff, now=now, texts={**plan.texts, Channel.EMAIL.value: text}
    )
    campaign = _launch(plan, staff=staff, now=now)
    campaign = messaging.start_campaign(campaign, now=now)
    messaging.expand_campaign(campaign, now=now)
    deliver_due(campaign=campaign, seconds=PATIENCE_SECONDS)
    mishaps.let_happen(campaign, now=now)


def _launch(plan: CampaignPlan, *, staff: User, now: datetime) -> Campaign:
    """Sent by who made it, or approved by the second officer where settings ask for one."""
    if not launching.needs_approval(plan.figures["reached"]):
        return launching.send(plan, actor=staff, revision=plan.revision, now=now)
    asked = launching.ask_approval(plan, actor=staff, revision=plan.revision, now=now)
    return launching.approve(asked, actor=officer(), revision=asked.revision, now=now)
