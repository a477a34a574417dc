"""What WhatsApp and an email provider post, signed as they sign it."""

import base64
import hashlib
import hmac
import json

from django.urls import reverse

SECRET, TOKEN = "app-secret", "verify-me"
EMAIL_SECRET = "surat:rahasia"
EMAIL = "/webhooks/email/postmark/"


def status(state, *, delivery="", ref="wamid.1", phone="+6281200000001", at=1_700_000_000, **more):
    told = {"id": ref, "status": state, "timestamp": str(at), "recipient_id": phone[1:], **more}
    if delivery:
        told["biz_opaque_callback_data"] = str(delivery)
    return told


def message(text, *, key="wamid.in.1", phone="+6281200000001", at=1_700_000_000, **more):
    told = {"from": phone[1:], "id": key, "timestamp": str(at), "type": "text"}
    return {**told, "text": {"body": text}, **more}


def bundle(*statuses, messages=()):
    value = {"messaging_product": "whatsapp"}
    if statuses:
        value["statuses"] = list(statuses)
    if messages:
        value["messages"] = list(messages)
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def post_whatsapp(client, data, *, secret=SECRET, signature=None):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return client.post(
        reverse("webhooks:whatsapp"),
        body,
        content_type="application/json",
        headers={"X-Hub-Signature-256": signature or f"sha256={digest}"},
    )


def post_email(client, data, *, secret=EMAIL_SECRET, address=EMAIL):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    basic = base64.b64encode(secret.encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    return client.post(address, body, content_type="application/json", headers=headers)
