"""The next channel of a person: exactly one message, whoever asks and whatever is reported late."""

from functools import partial

import pytest
from django.utils import timezone

from tests.at_once import at_once
from tests.messaging import scenes
from umkm_portal.messaging import invariants, kinds, ledger, services
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import (
    Campaign,
    ChannelOrder,
    Delivery,
    Fallover,
    Suppression,
)
from umkm_portal.messaging.services import fallover

ORDER = ("whatsapp", "sms", "email")
WITH_AUDIENCE = [name for name in kinds.names() if kinds.get(name).expansion_sql]
"""Kinds of the portal itself, whose people are listed by a SELECT of theirs."""


@pytest.fixture(autouse=True)
def _channels(settings):
    settings.DEMO, settings.BULK_PER_WEEK = True, 0


def running(count=1, channels=ORDER):
    return scenes.make_running(count, kind=scenes.EVERYWHERE, channels=channels)


def fail(campaign, number, *, to="failed_permanent", error="x", **which):
    row = campaign.deliveries.filter(recipient_key=number, **which).latest("pk")
    states = [*ledger.NON_FINAL, "accepted", "uncertain"]
    ledger.move([row.pk], to=to, from_states=states, now=timezone.now(), error=error)
    return row


def rows(campaign, number=1):
    found = campaign.deliveries.filter(recipient_key=number).order_by("pk")
    return list(found.values_list("channel", "state"))


@pytest.mark.django_db
def test_each_gets_one_message_on_the_first_channel_of_her_order(now):
    ChannelOrder.objects.create(recipient_key=2, channels=["email"])

    campaign = running(2)

    assert rows(campaign) == [("whatsapp", "pending")]
    assert rows(campaign, 2) == [("email", "pending")]
    assert invariants.violations() == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", WITH_AUDIENCE)
def test_the_select_of_every_kind_stands_within_that_of_the_next_channel(name, now):
    campaign = Campaign.objects.create(kind=name, channels=ORDER, state="running")
    account = default_account("email")
    batch = campaign.batches.create(number=1, account=account, size=1, failed_permanent=1)

    assert fallover.fall_over(campaign, now=now) == 0

    batch.refresh_from_db()
    assert batch.unreached_seen == 1


@pytest.mark.django_db
def test_what_breaks_for_one_campaign_holds_no_other_up(now, monkeypatch, caplog):
    sick, well = running(), running()
    for campaign in (sick, well):
        fail(campaign, 1)
    real = fallover._take_over

    def take_over(campaign, batch, *, now):
        if campaign.pk == sick.pk:
            Campaign.objects.raw("SELECT nothing FROM nowhere")[0]
        return real(campaign, batch, now=now)

    with monkeypatch.context() as patch:
        patch.setattr(fallover, "_take_over", take_over)
        assert services.sweep_outbox(now=now)["fell_over"] == 1

    assert rows(well) == [("whatsapp", "failed_permanent"), ("sms", "pending")]
    assert f"campaign {sick.pk}: nobody is led on" in caplog.text
    assert services.sweep_outbox(now=now)["fell_over"] == 1
    assert rows(sick) == rows(well)
    assert invariants.violations() == []


@pytest.mark.django_db
def test_failure_and_bounce_lead_to_the_next_channel_until_none_is_left(now):
    campaign = running()
    fail(campaign, 1)
    assert fallover.fall_over(campaign, now=now) == 1
    fail(campaign, 1, to="suppressed", error=Suppression.Reason.HARD_BOUNCE)
    assert fallover.fall_over_all(now=now) == 1
    fail(campaign, 1)

    assert fallover.fall_over(campaign, now=now) == 0

    assert [channel for channel, _ in rows(campaign)] == list(ORDER)
    assert list(Fallover.objects.order_by("pk").values_list("successor__channel", flat=True)) == [
        "sms",
        "email",
        None,
    ]
    assert services.sweep_outbox(now=now)["finished"] == 1
    assert invariants.violations() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("uncertain", ""),
        ("cancelled", ""),
        ("accepted", ""),
        ("suppressed", Suppression.Reason.OPT_OUT),
        ("suppressed", Suppression.Reason.COMPLAINT),
    ],
)
def test_nobody_is_followed_who_may_have_it_or_wants_none(now, state, error):
    campaign = running()
    fail(campaign, 1, to=state, error=error)

    assert fallover.fall_over(campaign, now=now) == 0

    assert rows(campaign) == [("whatsapp", state)]


@pytest.mark.django_db
def test_suppressed_and_told_by_hand_and_cancelled(now):
    """A channel on which she is suppressed is passed over; who was told gets nothing more."""
    stopped = f"+{scenes.phone_of(1)}"
    Suppression.objects.create(channel="sms", address=stopped, purpose="all", reason="staff")
    campaign = running(3)
    for number in (1, 2, 3):
        fail(campaign, number)
    services.mark_sent_by_hand(campaign, recipient_key=2, subject_id=None, actor=None, now=now)

    assert fallover.fall_over(campaign, now=now) == 2

    assert rows(campaign)[-1] == ("email", "pending")
    assert rows(campaign, 2)[-1] == ("manual", "accepted")
    services.cancel_campaign(campaign, actor=None, now=now)
    fail(campaign, 3)
    assert fallover.fall_over_all(now=now) == 0
    assert invariants.violations() == []


@pytest.mark.django_db
def test_late_reports_neither_double_nor_miss(now):
    campaign = running(2)
    for row in campaign.deliveries.all():
        ledger.move([row.pk], to="accepted", from_states=["pending"], now=now)
    services.sweep_outbox(now=now)
    campaign.refresh_from_db()
    assert campaign.state == "done"

    first = fail(campaign, 1)
    services.sweep_outbox(now=now)
    campaign.refresh_from_db()
    assert (campaign.state, rows(campaign)[-1]) == ("running", ("sms", "pending"))

    ledger.move([first.pk], to="delivered", from_states=["failed_permanent"], now=now)
    batch = campaign.batches.get(channel="sms")
    overtaken = campaign.deliveries.get(channel="sms")
    assert fallover.reached_elsewhere(batch, [overtaken.pk]) == {overtaken.pk}
    assert fallover.fall_over_all(now=now) == 0

    ledger.move([first.pk], to="failed_permanent", from_states=["delivered"], now=now)
    services.retry_failed(campaign, now=now)
    first.refresh_from_db()
    assert first.state == "failed_permanent", "the next channel has her message"


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_make_one_successor_each():
    campaign = running(30)
    for number in range(1, 31):
        fail(campaign, number)

    falls = partial(fallover.fall_over, campaign, now=timezone.now())
    assert at_once(*[falls] * 4) == []

    live = campaign.deliveries.filter(state="pending")
    assert sorted(live.values_list("recipient_key", flat=True)) == list(range(1, 31))
    assert set(live.values_list("channel", flat=True)) == {"sms"}
    assert invariants.violations() == []


@pytest.mark.django_db
def test_control_without_the_guard_a_second_message_is_live(now, monkeypatch):
    """The same scene fails when a message on its way to her is not looked for."""
    monkeypatch.setattr(fallover, "_ALONE", "")
    campaign = running()
    first = fail(campaign, 1)
    services.mark_sent_by_hand(campaign, recipient_key=1, subject_id=None, actor=None, now=now)

    fallover.fall_over(campaign, now=now)

    live = Delivery.objects.filter(recipient_key=1).exclude(pk=first.pk)
    assert live.count() == 2
    assert Campaign.objects.filter(pk=campaign.pk).exists()
    assert any("two messages" in words for words in invariants.violations())
