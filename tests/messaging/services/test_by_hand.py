import pytest

from tests.factories import UserFactory
from tests.messaging import scenes
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import Exclusion
from umkm_portal.messaging.services.by_hand import ResolutionRefused
from umkm_portal.messaging.services.campaigns import CampaignRefused

pytestmark = pytest.mark.django_db


def _mark(campaign, key, now, actor=None):
    return services.mark_sent_by_hand(
        campaign,
        recipient_key=key,
        subject_id=1000 + key,
        actor=actor or UserFactory(),
        now=now,
    )


def test_person_without_channel_joins_the_audience(now):
    campaign = scenes.make_campaign(2, approve=False)
    Exclusion.objects.create(campaign=campaign, recipient_key=9, reason=Exclusion.NO_CHANNEL)
    services.approve_campaign(campaign, actor=None, now=now)
    officer = UserFactory()

    delivery = _mark(campaign, 9, now, officer)
    again = _mark(campaign, 9, now)

    campaign.refresh_from_db()
    assert again == delivery
    assert (delivery.channel, delivery.state, delivery.actor) == ("manual", "accepted", officer)
    assert (campaign.audience_count, campaign.excluded_count) == (3, 0)
    assert not campaign.exclusions.exists()
    services.start_campaign(campaign, now=now)
    services.expand_campaign(campaign, now=now)
    assert scenes.states(campaign) == {"pending": 2, "accepted": 1}
    report = services.report(campaign)
    assert (report["audience"], report["accepted"], report["pending"]) == (3, 1, 2)
    assert invariants.violations() == []


def test_finished_campaign_takes_marks_too(now, sink):
    scenes.let_fly()
    campaign = scenes.make_running(2)
    services.deliver_due()

    _mark(campaign, 9, now)

    assert services.report(campaign)["accepted"] == 3
    assert invariants.violations() == []


def test_person_whose_mail_is_on_its_way_is_refused(now):
    campaign = scenes.make_running(2)

    with pytest.raises(CampaignRefused, match="sudah ditangani"):
        _mark(campaign, 1, now)


def test_staff_settle_an_uncertain_message(now):
    scenes.let_fly()
    campaign = scenes.make_running(1)
    campaign.deliveries.update(state="uncertain")
    campaign.batches.update(pending=0, uncertain=1, due_at=None)
    officer = UserFactory()
    delivery = campaign.deliveries.get()

    services.resolve_uncertain(delivery, state="accepted", actor=officer, now=now)

    assert (delivery.state, delivery.actor) == ("accepted", officer)
    assert delivery.events.get().source == "staff"
    assert invariants.violations() == []
    with pytest.raises(ResolutionRefused, match="sudah pasti"):
        services.resolve_uncertain(delivery, state="accepted", actor=officer, now=now)


def test_uncertain_is_not_settled_as_pending(now):
    campaign = scenes.make_running(1)

    with pytest.raises(ResolutionRefused):
        services.resolve_uncertain(
            campaign.deliveries.get(), state="pending", actor=UserFactory(), now=now
        )
