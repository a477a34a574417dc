"""What WhatsApp tells about texts, numbers, accounts, and what people press over there."""

import time

import pytest
from django.db import transaction
from django.utils import timezone

from tests.messaging import scenes
from tests.messaging.webhooks.posts import message, post_whatsapp
from umkm_portal.messaging import directory, invariants, services
from umkm_portal.messaging.directory import Located
from umkm_portal.messaging.models import Portfolio, ProviderNews, Suppression, WebhookEvent
from umkm_portal.messaging.webhooks.processing import work_events

pytestmark = pytest.mark.django_db
PHONE = "+6281200000001"


@pytest.fixture
def tell(client, whatsapp):
    """`tell(field, value, ago)`: WhatsApp told this so many seconds ago."""

    started = int(time.time())

    def tell(field, value, *, ago=0):
        at = started - ago
        assert post_whatsapp(client, whatsapp.news(field, value, at=at)).status_code == 200
        work_events()
        assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"done"}

    return tell


def fresh(row):
    row.refresh_from_db()
    return row


def text(event, **more):
    named = {"message_template_name": "undangan", "message_template_language": "id"}
    return {"event": event, **named, "reason": "NONE", **more}


def test_text_follows_the_latest_news_in_any_order_and_stops_its_campaign(tell, whatsapp):
    campaign = scenes.make_running(2, kind=scenes.EVERYWHERE, channels=["whatsapp"])
    services_attach(campaign, whatsapp.row)
    told = {"title": "FIRST_PAUSE", "description": "Paused for 3 hours."}

    tell("message_template_status_update", text("PAUSED", other_info=told), ago=20)
    assert fresh(whatsapp.row).state == "paused"
    assert fresh(campaign).state == "paused"
    assert "Paused for 3 hours." in campaign.pause_reason
    assert '"undangan" dijeda WhatsApp.' in campaign.pause_reason
    assert '"undangan" dijeda WhatsApp.' in ProviderNews.objects.get().sentence
    tell("message_template_status_update", text("APPROVED"), ago=10)
    tell("message_template_status_update", text("PAUSED", other_info=told), ago=20)
    tell("message_template_status_update", text("DISABLED"), ago=15)
    assert fresh(whatsapp.row).state == "approved", "older news came later"
    score = {"previous_quality_score": "GREEN", "new_quality_score": "RED"}
    tell("message_template_quality_update", text("") | score)
    tell("message_template_status_update", text("FLAGGED"))

    assert (fresh(whatsapp.row).quality, whatsapp.row.state) == ("RED", "approved")
    assert fresh(campaign).state == "paused", "staff decide when it goes on"
    words = list(whatsapp.row.news.order_by("pk").values_list("sentence", "tone"))
    assert [tone for _, tone in words] == ["red", "green", "red", "red", "yellow"]
    assert words[3] == ('Mutu templat "undangan" rendah.', "red")
    assert invariants.violations() == []


def services_attach(campaign, template):
    type(campaign).objects.filter(pk=campaign.pk).update(whatsapp_template=template)


@pytest.mark.parametrize(
    ("event", "state"),
    [("REJECTED", "rejected"), ("PENDING_DELETION", "gone"), ("IN_APPEAL", "pending")],
)
def test_states_of_texts_are_known(tell, whatsapp, event, state):
    tell("message_template_status_update", text(event, reason="ABUSIVE_CONTENT"))
    tell("message_template_status_update", text(event) | {"message_template_name": "lain"})

    assert (fresh(whatsapp.row).state, whatsapp.row.state_reason) == (state, "ABUSIVE_CONTENT")
    assert ProviderNews.objects.filter(template=None).count() == 1


def test_lower_limit_is_kept_at_once_and_a_higher_one_is_for_staff(tell, whatsapp):
    portfolio = Portfolio.objects.create(name="Dinas", people_per_day=10_000)
    type(whatsapp.account).objects.filter(pk=whatsapp.account.pk).update(portfolio=portfolio)
    number = {"display_phone_number": "6281111111111"}

    tell("phone_number_quality_update", number | {"event": "DOWNGRADE", "current_limit": "TIER_2K"})
    assert (fresh(portfolio).people_per_day, fresh(whatsapp.account).people_allowed) == (2000, 2000)
    assert "Batas portofolio ikut diturunkan" in ProviderNews.objects.get().sentence
    new = {"max_daily_conversations_per_business": "TIER_100K"}
    tell("phone_number_quality_update", number | {"event": "UPGRADE", **new})
    assert (fresh(portfolio).people_per_day, fresh(whatsapp.account).people_allowed) == (
        2000,
        100_000,
    )
    tell("phone_number_quality_update", number | {"event": "FLAGGED", "current_limit": "TIER_2K"})
    assert fresh(whatsapp.account).quality == "RED"
    tell("business_capability_update", {"max_daily_conversations_per_business": -1})
    tell("business_capability_update", {"max_daily_conversations_per_business": 250}, ago=60)
    assert (fresh(portfolio).people_per_day, fresh(whatsapp.account).people_allowed) == (2000, 0)


def test_account_that_may_not_send_stands_still_with_the_reason_until_it_may(tell, whatsapp):
    account = whatsapp.account
    ban = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    campaign = scenes.make_running(1, kind=scenes.EVERYWHERE, channels=["whatsapp"])

    tell("account_update", ban, ago=30)
    tell("account_update", ban, ago=30)
    assert (fresh(account).state, account.state_reason) == (
        "broken",
        "WhatsApp mematikan akun ini.",
    )
    services.deliver_due()
    assert whatsapp.accepted == []
    tell("account_update", {**ban, "ban_info": {"waba_ban_state": "REINSTATE"}}, ago=10)
    assert (fresh(account).state, account.state_reason) == ("open", "")
    tell("account_update", {"event": "ACCOUNT_VIOLATION", "violation_info": {}})
    tell("account_update", {**ban, "ban_info": {"waba_ban_state": "DISABLE"}}, ago=20)
    assert fresh(account).state == "open", "older than what freed it"
    until = timezone.now() + timezone.timedelta(days=3)
    kind = {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}
    restricted = {"restriction_info": [{**kind, "expiration": until.isoformat()}]}
    tell("account_update", {"event": "ACCOUNT_RESTRICTION", **restricted})
    assert (fresh(account).broken_until, account.state) == (until, "broken")
    assert scenes.states(campaign) == {"pending": 1}
    assert ProviderNews.objects.count() == 5


def test_error_about_the_number_stops_it_and_news_of_strangers_change_nothing(tell, whatsapp):
    error = {"code": 131031, "title": "Business Account locked", "message": "locked"}
    elsewhere = {"metadata": {"phone_number_id": "999"}, "errors": [error]}
    tell("messages", elsewhere)
    whatsapp.business_id = "888"
    tell("account_update", {"event": "ACCOUNT_DELETED"})
    tell("unheard_of", {"event": "X"})
    assert not ProviderNews.objects.exists()
    assert fresh(whatsapp.account).state == "open"

    whatsapp.business_id = "777"
    tell("messages", {"metadata": {"phone_number_id": "555"}, "errors": [error]})
    assert (fresh(whatsapp.account).state, "(131031)" in whatsapp.account.state_reason) == (
        "broken",
        True,
    )


def wish(value, *, ago=0):
    told = {"wa_id": PHONE[1:], "category": "marketing_messages", "value": value}
    return {"user_preferences": [{**told, "timestamp": int(time.time()) - ago}]}


def test_whatsapps_own_button_stops_offers_and_lets_in_what_it_stopped_only(
    tell, client, whatsapp, monkeypatch
):
    monkeypatch.setattr(directory, "_owners", [lambda channel, address: [Located(1, None)]])
    campaign = scenes.make_running(1, kind=scenes.EVERYWHERE, channels=["whatsapp", "sms"])
    campaign.deliveries.update(address=PHONE)

    tell("user_preferences", wish("stop"))
    row = campaign.deliveries.get()
    assert (row.state, row.error) == ("suppressed", "opt_out")
    stopped = Suppression.objects.get()
    assert (stopped.channel, stopped.purpose, stopped.address) == ("whatsapp", "bulk", PHONE)
    services.sweep_outbox(now=timezone.now())
    assert campaign.deliveries.count() == 1, "nobody is followed to another channel"
    tell("user_preferences", wish("resume", ago=3600))
    assert Suppression.objects.exists(), "older than the stop"
    tell("user_preferences", wish("resume"))
    assert not Suppression.objects.exists()

    post_whatsapp(client, {"entry": [{"changes": [{"value": {"messages": [message("STOP")]}}]}]})
    work_events()
    tell("user_preferences", wish("resume") | {"again": 1})
    assert Suppression.objects.get().note == "Membalas berhenti."
    tell("user_preferences", {"user_preferences": [{"wa_id": "x"}, 7]})
    assert invariants.violations() == []


def test_news_and_what_follows_are_one_transaction(tell, whatsapp):
    with transaction.atomic():
        tell("message_template_status_update", text("PAUSED"))
        transaction.set_rollback(True)

    assert not ProviderNews.objects.exists()
    assert fresh(whatsapp.row).state == "approved"
