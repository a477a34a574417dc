"""A code on its way: through the real sender, and forgotten when it has gone."""

from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.urls import reverse

from participants.contacts import Contact, send_code
from participants.contacts.forgetting import forget_codes
from participants.models import ContactCode
from tests.codes import code_to
from tests.messaging.transports.provider import Provider
from tests.staff import make_user
from tests.stage import free_port
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import Campaign, Delivery

pytestmark = pytest.mark.django_db
PHONE = Contact("phone", "+6281234567890")
EMAIL = Contact("email", "siti@contoh.example")


@pytest.fixture
def mailbox(settings):
    """An SMTP server that keeps (address, text) of what it takes."""
    kept = []

    class Keeper:
        async def handle_DATA(self, server, session, envelope):
            kept.extend((address, envelope.content.decode()) for address in envelope.rcpt_tos)
            return "250 kept"

    server = Controller(Keeper(), hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
    yield kept
    server.stop()


def send(contact, now, **more):
    send_code(contact, purpose="login", network="203.0.113.7", now=now, **more)
    return code_to(contact.value)


def deliver():
    services.deliver_due(priority=0)
    return list(Delivery.objects.order_by("pk").values_list("state", "context", "address"))


def test_code_leaves_by_sms_and_is_forgotten(settings, now):
    settings.DEMO, settings.WHATSAPP_TOKEN = False, ""
    with Provider() as provider:
        settings.SMS_URL = provider.url
        code = send(PHONE, now, note="Masuk di sini.")
        states = deliver()

    [(_, _, body)] = provider.got
    assert code in body
    assert "tidak pernah meminta kode ini. Masuk di sini." in body
    assert states == [("accepted", {}, PHONE.value)]
    assert invariants.violations() == []


def test_code_leaves_by_email_and_on_practice_data_so_does_the_one_to_a_phone(
    settings, now, mailbox
):
    settings.DEMO = True
    codes = [send(EMAIL, now), send(PHONE, now)]
    states = deliver()
    got = dict(mailbox)

    assert [state for state, _, _ in states] == ["accepted", "accepted"]
    assert set(got) == {EMAIL.value, "6281234567890@hp.example"}
    mail, practice = got.values()
    assert codes[0] in mail
    assert codes[1] in practice
    assert "WhatsApp latihan ke 0812-3456-7890" in practice
    assert all(context == {} for _, context, _ in states)


def test_code_that_is_late_or_replaced_is_not_sent(now, mailbox):
    tini = Contact("email", "tini@contoh.example")
    send(EMAIL, now - timedelta(minutes=11))
    send(tini, now - timedelta(minutes=2))
    newest = send(tini, now)

    states = deliver()

    assert [state for state, _, _ in states] == ["cancelled", "cancelled", "accepted"]
    [(address, content)] = mailbox
    assert (address, newest in content) == (tini.value, True)


def test_old_codes_leave_nothing(settings, now):
    send(EMAIL, now - timedelta(days=3))
    send(PHONE, now)
    settings.DEMO = False
    settings.EMAIL_URL = settings.SMS_URL = settings.WHATSAPP_TOKEN = ""
    Delivery.objects.filter(address=EMAIL.value).update(state="accepted")

    assert forget_codes(now=now) == 1

    assert ContactCode.objects.count() == 1
    assert list(Delivery.objects.order_by("pk").values_list("address", flat=True)) == [
        "",
        PHONE.value,
    ]


def test_staff_pages_show_that_codes_went_out_but_never_a_code(client, settings, now):
    settings.DEMO = False
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    code = send(EMAIL, now)
    campaign = Campaign.objects.get(kind="contact_code")
    client.force_login(make_user("head"))

    page = client.get(reverse("admin:messaging_campaign_change", args=[campaign.pk]))

    assert page.status_code == 200
    assert code not in page.content.decode()
