"""Failures that WhatsApp reports after it took a message: for whom each code counts."""

import json
import time

import pytest
from django.utils import timezone

from tests.messaging import scenes
from tests.messaging.webhooks.posts import post_whatsapp
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import (
    Delivery,
    DeliveryBatch,
    SendingAccount,
    Suppression,
    WebhookEvent,
)
from umkm_portal.messaging.webhooks.processing import work_events

pytestmark = pytest.mark.django_db


def running(count, *channels, **options):
    return scenes.make_running(
        count, kind=scenes.EVERYWHERE, channels=channels or ("whatsapp", "sms"), **options
    )


def report(client, whatsapp, number, state, *, code=None, message=None):
    """WhatsApp tells what became of its message `number`."""
    message = message or whatsapp.accepted[number - 1]
    row = whatsapp.status(f"wamid.{number}", state, message=message, code=code)
    post_whatsapp(client, whatsapp.envelope(statuses=[row]))
    work_events()


def fresh(row):
    row.refresh_from_db()
    return row


def come_due():
    DeliveryBatch.objects.filter(pending__gt=0).update(due_at=timezone.now())


STAYS, WAITS, SMS = ["failed_permanent"], ["pending"], ["failed_permanent", "pending"]
TABLE = {
    # code: her messages, campaign, account, text, slowed
    131026: (SMS, "running", "open", "approved", False),
    131049: (SMS, "running", "open", "approved", False),
    424242: (SMS, "running", "open", "approved", False),
    131050: (STAYS, "done", "open", "approved", False),
    131000: (WAITS, "running", "open", "approved", False),
    130429: (WAITS, "running", "open", "approved", True),
    132001: (WAITS, "paused", "open", "gone", False),
    132015: (WAITS, "paused", "open", "paused", False),
    132016: (WAITS, "paused", "open", "disabled", False),
    131031: (WAITS, "running", "broken", "approved", False),
    131042: (WAITS, "running", "broken", "approved", False),
    368: (WAITS, "running", "broken", "approved", False),
}


@pytest.mark.parametrize("code", TABLE)
def test_what_a_reported_failure_means(client, whatsapp, sms, code):
    campaign = running(1)
    services.deliver_due()
    assert fresh(campaign).state == "done"

    report(client, whatsapp, 1, "failed", code=code)
    services.sweep_outbox(now=timezone.now())

    hers, of_campaign, of_account, of_text, is_slowed = TABLE[code]
    account, rows = fresh(whatsapp.account), campaign.deliveries.order_by("pk")
    assert list(rows.values_list("state", flat=True)) == hers
    assert (fresh(campaign).state, account.state) == (of_campaign, of_account)
    assert fresh(whatsapp.row).state == of_text
    assert (account.slow_factor < 1) == is_slowed
    assert bool(campaign.pause_reason) == (of_campaign == "paused")
    if of_account == "broken":
        assert f"({code})" in account.state_reason
    stopped = [("bulk", "opt_out")] if code == 131050 else []
    assert list(Suppression.objects.values_list("purpose", "reason")) == stopped
    assert invariants.violations() == []


def test_message_that_waits_again_goes_once_more_and_old_reports_change_nothing(
    client, whatsapp, sms
):
    campaign = running(1)
    services.deliver_due()
    first = whatsapp.accepted[0]
    report(client, whatsapp, 1, "failed", code=131000)
    report(client, whatsapp, 1, "sent", message=first)  # late: she would be missed
    assert scenes.states(campaign) == {"pending": 1}

    come_due()
    services.deliver_due()
    report(client, whatsapp, 1, "failed", code=131000, message=first)
    report(client, whatsapp, 2, "delivered")

    assert scenes.states(campaign) == {"delivered": 1}
    assert whatsapp.numbers() == [scenes.phone_of(1)] * 2
    assert fresh(campaign).state == "done"
    assert invariants.violations() == []


def test_a_message_is_not_tried_for_ever(client, whatsapp, sms):
    campaign = running(1)
    for number in range(1, Delivery.MOST_ATTEMPTS + 1):
        come_due()
        services.deliver_due()
        report(client, whatsapp, number, "failed", code=131000)
    services.sweep_outbox(now=timezone.now())

    assert len(whatsapp.accepted) == Delivery.MOST_ATTEMPTS
    rows = campaign.deliveries.order_by("pk").values_list("channel", "state")
    assert list(rows) == [("whatsapp", "failed_permanent"), ("sms", "pending")]


def test_text_stops_once_and_not_for_what_failed_before_it_was_approved_again(client, whatsapp):
    other = type(whatsapp.row).objects.create(
        account=whatsapp.account,
        **{name: getattr(whatsapp.row, name) for name in ("kind", "body", "state")},
        name="undangan_lama",
        parameter_count=2,
        parameters=["nama", "judul"],
    )
    whatsapp.approve("undangan_lama", other.body)
    campaign = running(3, "whatsapp")
    services.deliver_due()
    used = whatsapp.accepted[0]["template"]["name"]
    assert used == other.name, "the newest of its kind"
    rows = [
        whatsapp.status(f"wamid.{n}", "failed", message=message, code=132015)
        for n, message in enumerate(whatsapp.accepted, 1)
    ]

    for row in rows[:2]:
        post_whatsapp(client, whatsapp.envelope(statuses=[row]))
        work_events()

    assert (fresh(other).state, fresh(whatsapp.row).state) == ("paused", "approved")
    assert fresh(campaign).state == "paused"
    services.resume_campaign(campaign, actor=None, now=timezone.now())
    rows[2]["timestamp"] = str(int(time.time()) - 60)
    type(other).objects.filter(pk=other.pk).update(state="approved", synced_at=timezone.now())
    post_whatsapp(client, whatsapp.envelope(statuses=rows[2:]))
    work_events()
    assert fresh(campaign).state == "running", "older than the approval"
    assert scenes.states(campaign) == {"pending": 3}


def test_account_that_fails_later_is_tried_with_one_message_whose_report_decides(client, whatsapp):
    campaign, account = running(12, "whatsapp"), whatsapp.account
    services.deliver_due()
    assert len(whatsapp.accepted) == 12
    for number in (1, 2, 3):
        report(client, whatsapp, number, "failed", code=131042)
    assert (fresh(account).state, account.failures_in_row) == ("broken", 1), "told once"
    assert "pembayaran" in account.state_reason
    assert scenes.states(campaign) == {"accepted": 9, "pending": 3}

    come_due()
    services.deliver_due()
    assert len(whatsapp.accepted) == 12, "it rests"
    probe(account)
    assert len(whatsapp.accepted) == 13, "one message, alone"
    assert (fresh(account).state, account.probe_id is not None) == ("broken", True)
    report(client, whatsapp, 13, "failed", code=131042)
    assert (fresh(account).state, account.failures_in_row) == ("broken", 2)
    assert account.probe_id is None

    probe(account)
    report(client, whatsapp, 14, "sent")
    assert (fresh(account).state, account.state_reason) == ("open", "")
    come_due()
    services.deliver_due()
    late = whatsapp.status("wamid.4", "failed", message=whatsapp.accepted[3], code=131042)
    late["timestamp"] = str(int(time.time()) - 30)
    post_whatsapp(client, whatsapp.envelope(statuses=[late]))
    work_events()
    assert fresh(account).state == "open", "what failed before it was mended is old news"
    assert invariants.violations() == []


def probe(account):
    """The rest of a broken account is over."""
    now = timezone.now()
    SendingAccount.objects.filter(pk=account.pk).update(broken_until=now)
    come_due()
    services.deliver_due()


def test_stored_reports_name_their_code(client, whatsapp):
    campaign = running(1, "whatsapp")
    services.deliver_due()
    report(client, whatsapp, 1, "failed", code=131026)

    row = campaign.deliveries.get()
    assert row.error.startswith("Nomor ini tidak dapat menerima pesan WhatsApp. (131026)")
    assert row.events.get().detail == row.error
    assert WebhookEvent.objects.get().body is None
    assert json.loads(whatsapp.envelope())["entry"][0]["time"]
