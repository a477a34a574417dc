"""A restored copy against the real outbox: it sends nothing until it is released."""

import pytest
from django.utils import timezone

from tests.messaging import scenes
from umkm_portal.backups import services
from umkm_portal.messaging import services as messaging

pytestmark = pytest.mark.django_db(transaction=True)


def test_held_outbox_sends_nothing_not_even_for_a_new_campaign(sink):
    scenes.let_fly()
    old = scenes.make_running(3)

    services.hold_outbox()
    new = scenes.make_running(2)
    messaging.sweep_outbox(now=timezone.now())
    outcomes = messaging.deliver_due()

    assert dict(outcomes) == {}
    assert [scenes.states(campaign) for campaign in (old, new)] == [{"pending": 3}, {"pending": 2}]


def test_released_outbox_sends_to_everybody_once(sink):
    scenes.let_fly()
    ready = scenes.make_running(3)
    unprepared = scenes.make_campaign(2)
    messaging.start_campaign(unprepared, now=timezone.now())
    services.hold_outbox()

    released = services.release_outbox()
    unprepared.refresh_from_db()
    messaging.expand_campaign(unprepared, now=timezone.now())
    messaging.deliver_due()

    assert released == 2
    assert [scenes.states(c) for c in (ready, unprepared)] == [{"accepted": 3}, {"accepted": 2}]


def test_release_leaves_alone_what_people_stopped_themselves():
    account = scenes.let_fly()
    campaign = scenes.make_running(1)
    messaging.pause_campaign(campaign, reason="Salah tanggal", actor=None)
    account.state, account.state_reason = "off", "Kontrak habis"
    account.save()

    services.hold_outbox()
    services.release_outbox()

    campaign.refresh_from_db()
    account.refresh_from_db()
    assert (campaign.state, campaign.pause_reason) == ("paused", "Salah tanggal")
    assert (account.state, account.state_reason) == ("off", "Kontrak habis")
