"""Worker turns against providers on loopback: what each fault means, and for whom."""

import threading
import time
from dataclasses import replace

import pytest
from django.db import connection
from django.utils import timezone

from tests.messaging import scenes
from umkm_portal.messaging import kinds, services
from umkm_portal.messaging.models import Portfolio, SendingAccount, Suppression
from umkm_portal.messaging.sending.throttle import Allowance
from umkm_portal.messaging.services import CampaignRefused


def running(count, *channels, **options):
    return scenes.make_running(
        count, kind=scenes.EVERYWHERE, channels=channels or ("whatsapp",), **options
    )


def fresh(row):
    row.refresh_from_db()
    return row


PAUSED = "paused"
TABLE = {
    # fault: states of three people of whom the first meets it, campaign, account, slowed
    131026: ({"failed_permanent": 1, "accepted": 2}, "done", "open", False),
    131049: ({"failed_permanent": 1, "accepted": 2}, "done", "open", False),
    131056: ({"failed_temporary": 1, "accepted": 2}, "running", "open", False),
    130429: ({"pending": 3}, "running", "open", True),
    132001: ({"pending": 3}, PAUSED, "open", False),
    132015: ({"pending": 3}, PAUSED, "open", False),
    132016: ({"pending": 3}, PAUSED, "open", False),
    131042: ({"pending": 3}, "running", "broken", False),
    190: ({"pending": 3}, "running", "broken", False),
    500: ({"failed_temporary": 1, "accepted": 2}, "running", "open", False),
    "drop": ({"uncertain": 1, "accepted": 2}, "done", "open", False),
    "refuse": ({"uncertain": 1, "accepted": 2}, "done", "open", False),
}


@pytest.mark.django_db
@pytest.mark.parametrize("fault", TABLE)
def test_what_an_error_of_whatsapp_means(whatsapp, fault):
    campaign = running(3)
    whatsapp.faults.append(fault)

    services.deliver_due()

    states, of_campaign, of_account, is_slowed = TABLE[fault]
    account = fresh(whatsapp.account)
    assert scenes.states(campaign) == states
    assert (fresh(campaign).state, account.state) == (of_campaign, of_account)
    assert (account.slow_factor < 1) == is_slowed
    assert not Suppression.objects.exists()
    assert bool(campaign.pause_reason) == (of_campaign == PAUSED)
    if of_account == "broken":
        assert "WhatsApp menolak akun kita" in account.state_reason


@pytest.mark.django_db
def test_paused_template_stops_its_campaign_only_and_is_marked(whatsapp, sms):
    campaign, other = running(2), running(2, "sms")
    whatsapp.templates["undangan"]["status"] = "PAUSED"

    services.deliver_due()

    assert fresh(campaign).state == "paused"
    assert "dijeda" in campaign.pause_reason
    assert fresh(whatsapp.row).state == "paused"
    assert (fresh(other).state, len(sms.accepted)) == ("done", 2)
    draft = scenes.make_campaign(1, kind=scenes.EVERYWHERE, channels=["whatsapp"], approve=False)
    with pytest.raises(CampaignRefused, match="templat yang disetujui"):
        services.approve_campaign(draft, actor=None, now=timezone.now())


@pytest.mark.django_db
def test_campaign_needs_a_template_whose_every_parameter_is_filled(whatsapp):
    draft = scenes.make_campaign(1, kind=scenes.EVERYWHERE, channels=["whatsapp"], approve=False)
    row = whatsapp.row
    for parameters, words in ((["nama"], "1 sudah dipasangkan"), (["nama", "nik"], "nik")):
        row.parameters = parameters
        row.save()
        with pytest.raises(CampaignRefused, match=words):
            services.approve_campaign(draft, actor=None, now=timezone.now())

    row.parameters = ["nama", "judul"]
    row.save()
    services.approve_campaign(draft, actor=None, now=timezone.now())
    services.start_campaign(draft, now=timezone.now())
    services.expand_campaign(draft, now=timezone.now())
    services.deliver_due()

    [message] = whatsapp.accepted
    body = message["template"]["components"][0]["parameters"]
    assert [part["text"] for part in body] == ["Orang 1", "Foto Produk"]
    delivery = draft.deliveries.get()
    assert message["biz_opaque_callback_data"] == str(delivery.public_id)
    assert delivery.provider_ref == "wamid.1"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_account_slows_down_until_the_provider_bears_it(whatsapp):
    """Nobody fails and nobody is written to twice: the provider takes a third of our rate."""
    SendingAccount.objects.filter(pk=whatsapp.account.pk).update(rate_per_second=30, burst=30)
    whatsapp.per_second = 10
    campaign = running(24)

    ends = time.monotonic() + 30
    while fresh(campaign).state != "done" and time.monotonic() < ends:
        services.deliver_due(seconds=5)
        time.sleep(0.2)

    assert scenes.states(campaign) == {"accepted": 24}
    assert len(set(whatsapp.numbers())) == len(whatsapp.accepted) == 24
    account = fresh(whatsapp.account)
    assert (account.state, account.failures_in_row) == ("open", 0)
    assert account.slow_factor < 1
    assert set(campaign.deliveries.values_list("attempt", flat=True)) == {1}


@pytest.mark.django_db
def test_slowed_account_recovers_within_minutes(whatsapp):
    account = whatsapp.account
    ago = timezone.now() - timezone.timedelta(seconds=120)
    empty = {"tokens": 0, "tokens_at": timezone.now() - timezone.timedelta(hours=1)}
    rows = SendingAccount.objects.filter(pk=account.pk)
    got = {}
    for factor in (1 / 4, 1 / 16):
        rows.update(rate_per_second=32, burst=99, slow_factor=factor, slowed_at=ago, **empty)
        got[factor] = Allowance(fresh(account)).take(99)

    assert got == {1 / 4: 64, 1 / 16: 16}, "two seconds' worth of the whole rate, and of a quarter"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_workers_keep_the_rate_and_the_portfolio_to_the_person(whatsapp):
    """In any stretch of w seconds at most w + 3 seconds' worth: 105 % of a minute."""
    rate = 20
    portfolio = Portfolio.objects.create(name="Dinas", people_per_day=70)
    now = timezone.now()
    SendingAccount.objects.filter(pk=whatsapp.account.pk).update(
        rate_per_second=rate, burst=rate, portfolio=portfolio, tokens=0, tokens_at=now
    )
    campaign = running(90)

    in_threads(2, lambda: services.deliver_due(seconds=8))

    assert len(set(whatsapp.numbers())) == len(whatsapp.accepted) == 70
    assert scenes.states(campaign) == {"accepted": 70, "pending": 20}
    assert not campaign.batches.filter(pending__gt=0, due_at__lte=timezone.now()).exists()
    times = sorted(at for at, _ in whatsapp.requests)
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= rate * (times[last] - begin + 3)


@pytest.mark.django_db(transaction=True)
def test_code_leaves_within_seconds_while_a_campaign_runs(whatsapp, sms):
    """The same account, and a provider that takes its time."""
    SendingAccount.objects.filter(pk=sms.account.pk).update(rate_per_second=10, burst=10)
    campaign = running(40, "sms")
    sms.delay = 0.05
    taken = {}
    code = kinds.register(
        replace(scenes.SERVICE, name="test_code", wording={"sms": ("", "Kode {nama}")})
    )

    def ask_for_a_code():
        time.sleep(0.5)
        started = time.monotonic()
        services.queue_one(
            code,
            recipient_key=-1,
            subject_id=None,
            dedupe_key="kode",
            address="+628119999999",
            channel="sms",
            now=timezone.now(),
        )
        services.deliver_due(priority=5, seconds=10)
        taken["seconds"] = time.monotonic() - started

    bulk = threading.Thread(target=lambda: closing(lambda: services.deliver_due(seconds=4)))
    bulk.start()
    closing(ask_for_a_code)
    bulk.join()

    assert "+628119999999" in sms.numbers()
    assert taken["seconds"] < 5
    assert scenes.states(campaign)["accepted"] > 5, "the campaign went on"


@pytest.mark.django_db
def test_sms_provider_that_is_busy_or_refuses(sms):
    campaign = running(3, "sms")
    sms.faults.append(429)
    services.deliver_due()
    assert scenes.states(campaign) == {"pending": 3}
    assert fresh(sms.account).slow_factor < 1
    wait = campaign.batches.get().due_at - timezone.now()
    assert 1 < wait.total_seconds() <= 3, "as long as the provider asked for"

    campaign.batches.update(due_at=timezone.now())
    SendingAccount.objects.update(slow_factor=1, slowed_at=None)
    sms.refused.add(f"+{scenes.phone_of(2)}")
    services.deliver_due()
    assert scenes.states(campaign) == {"accepted": 2, "failed_permanent": 1}


@pytest.mark.django_db
def test_account_of_its_own_wins_over_the_settings(whatsapp, settings):
    whatsapp.token, whatsapp.phone_id = "kunci-akun", "556"
    SendingAccount.objects.filter(pk=whatsapp.account.pk).update(sender="556")
    account = fresh(whatsapp.account)
    account.secret = "kunci-akun"
    account.save()
    campaign = running(1)

    services.deliver_due()

    assert scenes.states(campaign) == {"accepted": 1}
    assert [path for _, path in whatsapp.requests] == ["/v23.0/556/messages"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM messaging_sendingaccount WHERE id = %s", [account.pk])
        (stored,) = cursor.fetchone()
    assert b"kunci-akun" not in bytes(stored)


def in_threads(count, work):
    threads = [threading.Thread(target=closing, args=[work]) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def closing(work):
    try:
        work()
    finally:
        connection.close()
