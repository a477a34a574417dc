"""Whole turns of a worker, against a real SMTP server."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.messaging import scenes
from tests.stage import free_port
from umkm_portal.messaging import invariants, kinds, services
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Delivery, Portfolio, SendingAccount, Suppression
from umkm_portal.messaging.sending import stopping, streaks
from umkm_portal.messaging.sending.hours import is_open
from umkm_portal.messaging.services import slices
from umkm_portal.messaging.transports.smtp import SmtpTransport

pytestmark = pytest.mark.django_db
JAKARTA = timezone.get_default_timezone()


@pytest.fixture(autouse=True)
def fast_account(db):
    return scenes.let_fly()


def _addresses(sink):
    return sorted(address for _, address, _ in sink.received())


def test_campaign_reaches_everybody_once(sink):
    campaign = scenes.make_running(23)

    outcomes = services.deliver_due()
    again = services.deliver_due()

    assert (outcomes["accepted"], again) == (23, {})
    assert _addresses(sink) == sorted(f"orang{n}@contoh.example" for n in range(1, 24))
    campaign.refresh_from_db()
    assert campaign.state == "done"
    public_ids = campaign.deliveries.values_list("public_id", flat=True)
    assert {message_id for _, _, message_id in sink.received()} == {str(i) for i in public_ids}
    assert invariants.violations() == []


def test_what_is_written_is_sent_while_the_rest_is_being_written(sink, monkeypatch):
    monkeypatch.setattr(slices, "FIRST_SLICE", 1)
    campaign = scenes.make_campaign(30)
    services.start_campaign(campaign, now=timezone.now())
    scenes.expand_one_slice(campaign)

    early = services.deliver_due()
    campaign.refresh_from_db()

    assert (early["accepted"], campaign.state) == (10, "expanding")
    assert invariants.violations() == []
    services.expand_campaign(campaign, now=timezone.now())
    late = services.deliver_due()
    campaign.refresh_from_db()
    assert (late["accepted"], campaign.state) == (20, "done")
    assert _addresses(sink) == sorted(f"orang{n}@contoh.example" for n in range(1, 31))
    assert invariants.violations() == []


def test_campaign_sent_before_its_expansion_ends_is_closed_by_it(sink):
    campaign = scenes.make_campaign(30)
    services.start_campaign(campaign, now=timezone.now())
    scenes.expand_one_slice(campaign)
    services.deliver_due()

    services.expand_campaign(campaign, now=timezone.now())

    campaign.refresh_from_db()
    assert (campaign.state, len(_addresses(sink))) == ("done", 30)
    assert invariants.violations() == []


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_stopping_a_campaign_that_is_being_written(sink, monkeypatch, is_cancelled):
    monkeypatch.setattr(slices, "FIRST_SLICE", 2)
    campaign = scenes.make_campaign(60)
    services.start_campaign(campaign, now=timezone.now())
    scenes.expand_one_slice(campaign)

    if is_cancelled:
        services.cancel_campaign(campaign, actor=None, now=timezone.now())
    else:
        services.pause_campaign(campaign, reason="Salah judul", actor=None)
    services.expand_campaign(campaign, now=timezone.now())

    assert (services.deliver_due(), sink.received()) == ({}, [])
    waits = {"cancelled": 20} if is_cancelled else {"pending": 20}
    assert scenes.states(campaign) == waits
    campaign.refresh_from_db()
    assert campaign.state == ("cancelled" if is_cancelled else "paused")
    assert invariants.violations() == []


def test_report_carries_every_state(sink):
    campaign = scenes.make_running(3)
    services.deliver_due()

    report = services.report(campaign)

    assert set(Delivery.State.values) < set(report)
    assert (report["id"], report["state"], report["audience"]) == (campaign.pk, "done", 3)
    assert (report["accepted"], report["excluded"], report["problem"]) == (3, 0, None)


@pytest.mark.parametrize("count", [10, 20])
def test_batch_costs_the_same_number_of_queries(count, sink, django_assert_max_num_queries):
    """One statement a chunk of five, besides what a batch costs."""
    scenes.make_running(count)

    with django_assert_max_num_queries(20 + 26 * count // 10):
        services.deliver_due()


def test_overtaken_messages_are_not_sent(sink):
    kinds.register(
        CampaignKind(
            **{
                **scenes.BULK.__dict__,
                "still_wanted": lambda campaign, ids: {pk for pk in ids if pk != 1002},
            }
        )
    )
    campaign = scenes.make_running(3)

    services.deliver_due()

    assert _addresses(sink) == ["orang1@contoh.example", "orang3@contoh.example"]
    assert scenes.states(campaign) == {"accepted": 2, "cancelled": 1}


def test_failing_kind_puts_the_batch_down_for_a_minute(sink):
    def fail(campaign, ids):
        raise RuntimeError("broken")

    kinds.register(CampaignKind(**{**scenes.BULK.__dict__, "still_wanted": fail}))
    campaign = scenes.make_running(3)

    with pytest.raises(RuntimeError, match="broken"):
        services.deliver_due()

    batch = campaign.batches.get()
    assert (batch.lease_until, batch.pending) == (None, 3)
    assert batch.due_at > timezone.now() + timedelta(seconds=50)


def test_person_for_whom_no_message_can_be_made_stops_nobody_else(sink):
    campaign = scenes.make_running(12)
    campaign.deliveries.filter(recipient_key=3).update(context=["no", "values"])

    services.deliver_due()

    campaign.refresh_from_db()
    assert campaign.state == "done"
    assert scenes.states(campaign) == {"accepted": 11, "failed_permanent": 1}
    assert campaign.deliveries.get(recipient_key=3).error == streaks.UNFILLABLE
    assert SendingAccount.objects.get(channel="email").state == "open"
    assert invariants.violations() == []


def test_text_that_can_be_filled_for_nobody_pauses_the_campaign(sink):
    campaign = scenes.make_running(40)
    campaign.deliveries.update(context=["no", "values"])

    services.deliver_due()

    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason[:20]) == ("paused", streaks.UNFILLABLE[:20])
    assert scenes.states(campaign)["pending"] >= 40 - 3 * streaks.UNFILLABLE_TO_PAUSE
    assert SendingAccount.objects.get(channel="email").state == "open"


def test_unknown_error_while_sending_leaves_one_message_uncertain(sink, monkeypatch):
    campaign = scenes.make_running(12)
    send = SmtpTransport.send

    def fail_for_the_third(self, message, **options):
        if message.address == "orang3@contoh.example":
            raise RuntimeError("unforeseen")
        return send(self, message, **options)

    monkeypatch.setattr(SmtpTransport, "send", fail_for_the_third)
    services.deliver_due()

    assert scenes.states(campaign) == {"accepted": 11, "uncertain": 1}
    assert len(_addresses(sink)) == 11
    assert invariants.violations() == []


def test_temporary_failure_is_tried_again_later(sink_that):
    sink = sink_that("--once-refuse", "orang2@=451")
    campaign = scenes.make_running(3)

    services.deliver_due()
    retry = campaign.batches.order_by("number").last()
    assert scenes.states(campaign) == {"accepted": 2, "failed_temporary": 1}
    assert 40 < (retry.due_at - timezone.now()).total_seconds() < 80
    campaign.batches.filter(pk=retry.pk).update(due_at=timezone.now())
    services.deliver_due()

    assert scenes.states(campaign) == {"accepted": 3}
    assert len(_addresses(sink)) == 3
    assert invariants.violations() == []


def test_temporary_failure_is_given_up_in_the_end(sink_that):
    sink_that("--refuse", "orang2@=451")
    campaign = scenes.make_running(3)

    for _ in range(Delivery.MOST_ATTEMPTS):
        campaign.batches.filter(failed_temporary__gt=0).update(due_at=timezone.now())
        services.deliver_due()

    given_up = campaign.deliveries.get(recipient_key=2)
    campaign.refresh_from_db()
    assert (given_up.state, given_up.attempt) == ("failed_permanent", Delivery.MOST_ATTEMPTS)
    assert given_up.error.startswith("Menyerah setelah 5 kali: 451")
    assert campaign.state == "done"
    assert invariants.violations() == []


def test_address_that_does_not_exist_is_suppressed(sink_that):
    sink_that("--refuse", "orang2@=550 5.1.1")
    campaign = scenes.make_running(3)

    services.deliver_due()

    assert scenes.states(campaign) == {"accepted": 2, "failed_permanent": 1}
    row = Suppression.objects.get()
    assert (row.address, row.purpose, row.reason) == ("orang2@contoh.example", "all", "hard_bounce")


def test_opted_out_address_gets_no_bulk_message(sink, now):
    old = scenes.make_running(2)
    services.deliver_due()
    services.opt_out(old.deliveries.get(recipient_key=1), now=now)
    new = scenes.make_running(2)

    services.deliver_due()

    assert scenes.states(new) == {"suppressed": 1, "accepted": 1}
    assert _addresses(sink).count("orang1@contoh.example") == 1


def test_lost_answer_is_uncertain_and_never_sent_again(sink_that, now):
    sink = sink_that("--hang-up", "orang2@")
    campaign = scenes.make_running(3)

    services.deliver_due()
    services.sweep_outbox(now=now)
    services.deliver_due()

    campaign.refresh_from_db()
    assert scenes.states(campaign) == {"accepted": 2, "uncertain": 1}
    assert len(_addresses(sink)) == len(set(_addresses(sink))) == 3
    assert campaign.state == "done"


def test_unreachable_server_breaks_the_circuit_and_says_why(settings):
    settings.EMAIL_URL = f"smtp://127.0.0.1:{free_port()}"
    campaign = scenes.make_running(3)

    for _ in range(3):
        campaign.batches.update(due_at=timezone.now())
        services.deliver_due()

    account = SendingAccount.objects.get()
    assert account.state == "broken"
    assert "Server SMTP tidak dapat dipakai" in account.state_reason
    assert account.broken_until > timezone.now() + timedelta(seconds=10)
    assert scenes.states(campaign) == {"pending": 3}
    assert set(campaign.deliveries.values_list("attempt", flat=True)) == {0}
    assert invariants.violations() == []


def test_circuit_closes_again_when_the_server_is_back(sink):
    campaign = scenes.make_running(3)
    campaign_account = SendingAccount.objects.get()
    campaign_account.state, campaign_account.failures_in_row = "broken", 4
    campaign_account.broken_until = timezone.now()
    campaign_account.save()

    services.deliver_due()

    campaign_account.refresh_from_db()
    assert (campaign_account.state, campaign_account.failures_in_row) == ("open", 0)
    assert scenes.states(campaign) == {"accepted": 3}


def test_many_refusals_in_a_row_stop_the_account(sink_that):
    sink_that("--refuse", "@=554")
    campaign = scenes.make_running(40)

    services.deliver_due()

    account = SendingAccount.objects.get()
    assert account.state == "broken"
    assert account.state_reason.startswith("10 penolakan berturut-turut: 554")
    assert scenes.states(campaign)["pending"] >= 25


def test_channel_that_is_off_keeps_messages_waiting_and_says_so(settings):
    settings.EMAIL_URL, settings.DEMO = "", False
    campaign = scenes.make_running(2)

    assert services.deliver_due() == {}
    assert services.report(campaign)["problem"].startswith("Saluran email mati")


def test_campaign_past_its_window_never_fires(sink, now):
    campaign = scenes.make_running(2, not_after=now + timedelta(hours=1))
    Campaign.objects.update(not_after=now - timedelta(seconds=1))

    services.deliver_due()

    assert _addresses(sink) == []
    assert scenes.states(campaign) == {"pending": 2}


def test_portfolio_limit_postpones_the_rest(sink, fast_account):
    fast_account.portfolio = Portfolio.objects.create(name="Dinas", people_per_day=4)
    fast_account.save()
    campaign = scenes.make_running(9)

    services.deliver_due()

    assert scenes.states(campaign) == {"accepted": 4, "pending": 5}
    assert campaign.batches.get().due_at > timezone.now() + timedelta(minutes=50)
    assert invariants.violations() == []


def test_stopping_worker_puts_its_batch_down(sink, monkeypatch):
    campaign = scenes.make_running(8)
    monkeypatch.setattr(stopping, "is_stopping", lambda: len(_addresses(sink)) >= 5)

    services.deliver_due()

    batch = campaign.batches.get()
    assert (batch.lease_until, batch.accepted, batch.pending) == (None, 5, 3)
    assert batch.due_at is not None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 3, 7, 59), False),
        (datetime(2026, 3, 3, 8, 0), True),
        (datetime(2026, 3, 3, 19, 59), True),
        (datetime(2026, 3, 3, 20, 0), False),
        (datetime(2026, 3, 1, 10, 0), False),  # a Sunday
        (datetime(2026, 8, 17, 10, 0), False),  # independence day
    ],
)
def test_bulk_messages_keep_working_hours_in_jakarta(settings, moment, expected):
    settings.DEMO = False
    account = SendingAccount(channel="email")

    assert is_open(account, now=moment.replace(tzinfo=JAKARTA)) is expected


def test_demo_sends_at_any_hour(settings):
    settings.DEMO = True

    assert is_open(SendingAccount(), now=datetime(2026, 3, 1, 3, 0, tzinfo=JAKARTA))


def test_closed_account_sends_service_messages_and_unhurried_campaigns_only(
    sink, settings, now, fast_account
):
    settings.DEMO = False
    fast_account.opens_at = fast_account.closes_at = "00:00"
    fast_account.save()
    quiet = scenes.make_running(1)
    hurried = scenes.make_running(1, ignores_hours=True)
    services.queue_one(
        scenes.SERVICE,
        recipient_key=7,
        subject_id=7,
        dedupe_key="7",
        address="siti@contoh.example",
        now=now,
    )

    services.deliver_due()

    assert scenes.states(quiet) == {"pending": 1}
    assert scenes.states(hurried) == {"accepted": 1}
    assert _addresses(sink) == ["orang1@contoh.example", "siti@contoh.example"]
