"""Senders, approved texts, prices and the lists worked by hand, in a real browser."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import OF_THE_THEME, keep
from tests.browser.test_public import OVERFLOW
from tests.factories import CampaignFactory, ParticipantFactory, RegionFactory
from tests.staff import make_user
from umkm_portal.messaging.models import Campaign, Exclusion, SendingAccount, WhatsAppTemplate
from umkm_portal.pages.demo.senders import keep_senders

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def told_by_hand():
    """A campaign of which two people of one kecamatan have not heard."""
    campaign = CampaignFactory(
        kind="licence_news",
        title="Bazar Desember di Kemayoran",
        state=Campaign.State.RUNNING,
        started_at=timezone.now(),
    )
    region = RegionFactory(name="Kemayoran")
    for name in ("Siti Aminah", "Budi Santoso Kusumawardhana"):
        person = ParticipantFactory(full_name=name, region=region)
        Exclusion.objects.create(
            campaign=campaign, recipient_key=person.pk, reason=Exclusion.NO_CHANNEL
        )
    return campaign


def test_pages_of_senders_fit_and_are_readable(any_width, live_server, client, violations):
    page, width = any_width, any_width.viewport_size["width"]
    client.force_login(make_user("head"))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    keep_senders(now=timezone.now())
    SendingAccount.objects.filter(channel="whatsapp").update(
        state="broken",
        state_reason="WhatsApp menolak akun kita: Ada masalah pembayaran pada akun WhatsApp.",
        broken_until=timezone.now() + timezone.timedelta(minutes=9),
        warmup_started_on=timezone.localdate(),
        warmup_first_day=200,
    )
    account = SendingAccount.objects.get(channel="whatsapp")
    template = WhatsAppTemplate.objects.get(name="undangan_pelatihan")
    campaign = told_by_hand()

    for address in (
        reverse("admin:messaging_sendingaccount_changelist"),
        reverse("admin:messaging_sendingaccount_change", args=[account.pk]),
        reverse("admin:messaging_whatsapptemplate_changelist"),
        reverse("admin:messaging_whatsapptemplate_change", args=[template.pk]),
        reverse("admin:messaging_messageprice_changelist"),
        reverse("admin:messaging_portfolio_changelist"),
        reverse("admin:messaging_portfolio_change", args=[account.portfolio_id]),
        reverse("admin:participants_untold_index"),
        reverse("admin:participants_untold_list", args=[campaign.pk]),
    ):
        answer = page.goto(live_server.url + address)
        keep(page, address, width)
        assert answer.status == 200, address
        assert page.evaluate(OVERFLOW) <= 0, address
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        assert found == [], address
