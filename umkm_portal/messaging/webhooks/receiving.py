"""Taking a provider's POST in: one row, and an answer at once."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from urllib.parse import parse_qsl

from django.db import connection, transaction

from umkm_portal.common.encryption import Cipher
from umkm_portal.messaging import nudges
from umkm_portal.messaging.models import WebhookEvent

LARGEST_BODY = 3 * 1024 * 1024
"""Bytes; WhatsApp says that its bundles are never larger."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

_STORE = """
INSERT INTO messaging_webhookevent
    (source, key, body, content_type, state, tries, note, due_at, received_at)
VALUES (%s, %s, %s, %s, 'waiting', 0, '', %s, %s)
ON CONFLICT (source, key) DO NOTHING RETURNING id
"""
_PURPOSE = WebhookEvent._meta.get_field("body").purpose


class Unreadable(ValueError):
    """The body is neither JSON nor a form: nothing of it is kept."""


@transaction.atomic
def store(source: str, body: bytes, *, content_type: str = JSON, now: datetime) -> int | None:
    """Keep a raw event and tell the workers; its id, or None when it is here already.

    Raises Unreadable.
    """
    text = _readable(body, content_type)
    key = hashlib.sha256(body).hexdigest()
    with connection.cursor() as cursor:
        sealed = Cipher(_PURPOSE).encrypt(text)
        cursor.execute(_STORE, (source, key, sealed, content_type, now, now))
        row = cursor.fetchone()
    if row is None:
        return None
    if not WebhookEvent.objects.due(now=now).filter(pk__lt=row[0]).exists():
        nudges.after_commit(nudges.WEBHOOKS)  # else a worker is on its way already
    return int(row[0])


def _readable(body: bytes, content_type: str) -> str:
    """The body as text, if it is what it says."""
    try:
        text = body.decode()
        if content_type == FORM:
            parse_qsl(text, strict_parsing=True)
        elif not isinstance(json.loads(text), dict | list):
            raise Unreadable("neither an object nor a list")
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if "\x00" in text:
        raise Unreadable("a NUL character")
    return text
