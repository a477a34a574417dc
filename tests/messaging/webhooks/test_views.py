import json

import pytest
from django.db import connection
from django.urls import reverse

from tests.messaging.webhooks.posts import (
    SECRET,
    TOKEN,
    bundle,
    post_email,
    post_whatsapp,
    status,
)
from umkm_portal.messaging.models import WebhookEvent
from umkm_portal.messaging.webhooks.receiving import LARGEST_BODY

pytestmark = pytest.mark.django_db
WHATSAPP = reverse("webhooks:whatsapp")


def test_address_proves_itself_to_whatsapp_only_with_our_token(client):
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": TOKEN}

    good = client.get(WHATSAPP, asked)

    assert (good.status_code, good.content) == (200, b"1158201444")
    assert good["Content-Type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "other"}, {"hub.mode": "x"}, {"hub.verify_token": ""}):
        assert client.get(WHATSAPP, asked | wrong).status_code == 403
    assert client.get(WHATSAPP).status_code == 403


def test_signature_is_over_the_raw_bytes_and_nothing_unsigned_is_kept(client):
    data = bundle(status("sent"))
    spaced = json.dumps(data, indent=3).encode()

    refused = [
        post_whatsapp(client, data, secret="other"),
        post_whatsapp(client, data, signature="sha256="),
        post_whatsapp(client, data, signature="x" * 71),
        client.post(WHATSAPP, spaced, content_type="application/json"),
    ]

    assert [answer.status_code for answer in refused] == [403] * 4
    assert not WebhookEvent.objects.exists()
    assert post_whatsapp(client, spaced).status_code == 200
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize("body", [b" ", b"{", b'"text"', b"7", b"\xff\xfe", b'{"a": "\\u0000'])
def test_what_is_no_json_object_is_refused_and_not_kept(client, body):
    assert post_whatsapp(client, body).status_code == 400
    assert post_email(client, body).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_too_large_is_refused_before_it_is_read(client):
    body = b'{"a": "' + b"x" * LARGEST_BODY + b'"}'

    assert post_whatsapp(client, body).status_code == 413
    assert post_email(client, body).status_code == 413
    assert not WebhookEvent.objects.exists()


def test_the_same_post_again_is_one_row_and_its_body_is_sealed(client):
    data = bundle(status("sent", phone="+6281299887766"))

    answers = [post_whatsapp(client, data).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    event = WebhookEvent.objects.get()
    assert (event.source, event.state) == ("whatsapp", "waiting")
    assert json.loads(event.body) == data
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM messaging_webhookevent")
        assert b"81299887766" not in bytes(cursor.fetchone()[0])


def test_taking_a_report_costs_few_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        post_whatsapp(client, bundle(*[status("sent", ref=f"wamid.{n}") for n in range(30)]))


def test_without_secrets_nothing_is_there(client, settings):
    settings.WHATSAPP_APP_SECRET = settings.WHATSAPP_VERIFY_TOKEN = ""
    settings.EMAIL_WEBHOOK_SECRET = ""

    assert post_whatsapp(client, bundle(status("sent")), secret=SECRET).status_code == 404
    assert client.get(WHATSAPP).status_code == 404
    assert post_email(client, {"RecordType": "Delivery"}).status_code == 404


def test_email_provider_needs_our_secret_and_a_reader(client):
    data = {"RecordType": "Delivery", "Recipient": "a@x.id"}

    assert post_email(client, data, secret="surat:salah").status_code == 403
    assert client.post("/webhooks/email/postmark/", data).status_code == 403
    assert post_email(client, data, address="/webhooks/email/nobody/").status_code == 404
    assert post_email(client, data, address="/webhooks/email/mailgun/").status_code == 404
    assert not WebhookEvent.objects.exists()
    assert post_email(client, data).status_code == 200
    assert WebhookEvent.objects.get().source == "email:postmark"
