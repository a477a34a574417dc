from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import UserFactory
from tests.messaging import scenes
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import AudienceMember, Delivery, Exclusion
from umkm_portal.messaging.sending import claims
from umkm_portal.messaging.sending.accounts import Openings
from umkm_portal.messaging.services.campaigns import CampaignRefused
from umkm_portal.messaging.services.outbox import _claim_next

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_channel_on")]


def _claim(campaign):
    return _claim_next(Openings(), priority=9, campaign=campaign)


def _mark_sending(claim, count):
    rows = claims.waiting_rows(claim.batch)[:count]
    return claims.advance(claim, next_ids=[row["pk"] for row in rows], purpose="bulk")


def test_approval_freezes_and_counts(now):
    campaign = scenes.make_campaign(3, approve=False)
    Exclusion.objects.create(campaign=campaign, recipient_key=9, reason=Exclusion.NO_CHANNEL)
    officer = UserFactory()

    services.approve_campaign(campaign, actor=officer, now=now)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience_count, campaign.excluded_count) == ("approved", 3, 1)
    assert (campaign.approved_by, campaign.approved_at) == (officer, now)


def test_audience_with_a_hole_is_refused(now):
    campaign = scenes.make_campaign(3, approve=False)
    AudienceMember.objects.filter(campaign=campaign, position=2).delete()

    with pytest.raises(CampaignRefused, match="tidak utuh"):
        services.approve_campaign(campaign, actor=None, now=now)


@pytest.mark.parametrize(
    "act",
    [
        lambda c, now: services.start_campaign(c, now=now),
        lambda c, now: services.pause_campaign(c, reason="", actor=None),
        lambda c, now: services.resume_campaign(c, actor=None, now=now),
        lambda c, now: services.retry_failed(c, now=now),
    ],
)
def test_draft_can_neither_start_nor_pause(act, now):
    campaign = scenes.make_campaign(1, approve=False)

    with pytest.raises(CampaignRefused, match="Rancangan"):
        act(campaign, now)


def test_campaign_past_its_window_does_not_start(now):
    campaign = scenes.make_campaign(1, not_after=now - timedelta(minutes=1))

    with pytest.raises(CampaignRefused, match="Batas waktu"):
        services.start_campaign(campaign, now=now)


def test_pause_and_resume_before_expansion_goes_on_expanding(now):
    campaign = scenes.make_campaign(3)
    services.start_campaign(campaign, now=now)
    services.pause_campaign(campaign, reason="Tunggu", actor=None)

    assert services.expand_campaign(campaign, now=now) == 0
    services.resume_campaign(campaign, actor=None, now=now)
    assert services.expand_campaign(campaign, now=now) == 3

    campaign.refresh_from_db()
    assert campaign.state == "running"


def test_paused_campaign_gives_no_batch(now):
    scenes.let_fly()
    campaign = scenes.make_running(3)

    services.pause_campaign(campaign, reason="Salah teks", actor=None)

    assert _claim(campaign) is None
    assert services.report(campaign)["problem"] == "Dijeda: Salah teks"


def test_pause_is_seen_before_the_next_chunk():
    scenes.let_fly()
    campaign = scenes.make_running(6)
    claim = _claim(campaign)
    sending = _mark_sending(claim, 2)
    claim.results = [(pk, "accepted", "", "") for pk in sending]

    services.pause_campaign(campaign, reason="", actor=None)

    assert _mark_sending(claim, 2) == []
    assert not claim.is_running
    assert scenes.states(campaign) == {"accepted": 2, "pending": 4}


def test_cancel_stops_what_waits_for_good(now):
    campaign = scenes.make_running(4)

    services.cancel_campaign(campaign, actor=None, now=now)

    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    assert scenes.states(campaign) == {"cancelled": 4}
    assert invariants.violations() == []
    with pytest.raises(CampaignRefused):
        services.resume_campaign(campaign, actor=None, now=now)


def test_cancel_waits_for_messages_in_hand(now):
    scenes.let_fly()
    campaign = scenes.make_running(8)
    claim = _claim(campaign)
    sending = _mark_sending(claim, 3)

    services.cancel_campaign(campaign, actor=None, now=now)
    campaign.refresh_from_db()
    assert (campaign.state, scenes.states(campaign)) == ("paused", {"sending": 3, "cancelled": 5})
    with pytest.raises(CampaignRefused):
        services.resume_campaign(campaign, actor=None, now=now)

    outcomes = ["accepted", "failed_temporary", "pending"]
    claim.results = [(pk, state, "", "") for pk, state in zip(sending, outcomes, strict=True)]
    claims.advance(claim)
    claims.give_back(claim, due_at=now, retry_at=now)
    services.sweep_outbox(now=now)

    campaign.refresh_from_db()
    assert campaign.state == "cancelled"
    assert scenes.states(campaign) == {"accepted": 1, "cancelled": 7}
    assert invariants.violations() == []


def test_overdue_campaign_ends_without_sending(now):
    scenes.let_fly()
    campaign = scenes.make_running(3, not_after=now + timedelta(hours=1))
    later = now + timedelta(hours=2)

    services.sweep_outbox(now=later)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason) == ("done", "Batas waktu lewat.")
    assert scenes.states(campaign) == {"cancelled": 3}


def test_retry_sends_again_what_failed_but_nobody_told_by_hand(now, sink):
    scenes.let_fly()
    campaign = scenes.make_running(3)
    failed = campaign.deliveries.filter(recipient_key__in=[1, 2])
    services.deliver_due()
    failed.update(state=Delivery.State.FAILED_PERMANENT)
    campaign.batches.update(accepted=1, failed_permanent=2)
    services.mark_sent_by_hand(
        campaign, recipient_key=1, subject_id=1001, actor=UserFactory(), now=now
    )

    assert services.retry_failed(campaign, now=now) == 1
    services.deliver_due()

    campaign.refresh_from_db()
    assert campaign.state == "done"
    assert scenes.states(campaign) == {"accepted": 3, "failed_permanent": 1}
    received = [address for _, address, _ in sink.received()]
    assert received.count("orang2@contoh.example") == 2
    assert received.count("orang1@contoh.example") == 1
    assert invariants.violations() == []


def test_empty_campaign_is_done_at_once(now):
    campaign = scenes.make_running(0)

    assert (campaign.state, campaign.finished_at is not None) == ("done", True)


def test_uncertain_does_not_keep_a_campaign_open(now):
    scenes.let_fly()
    campaign = scenes.make_running(2)
    claim = _claim(campaign)
    claim.results = [(pk, "uncertain", "", "") for pk in _mark_sending(claim, 2)]
    claims.advance(claim)
    claims.give_back(claim, due_at=now, retry_at=now)

    services.sweep_outbox(now=timezone.now())

    campaign.refresh_from_db()
    assert campaign.state == "done"
    assert invariants.violations() == []
