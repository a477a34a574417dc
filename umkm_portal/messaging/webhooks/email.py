"""Reports of email providers, read by django-anymail."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.utils import get_request_basic_auth
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from umkm_portal.messaging.models import Channel, Delivery, Suppression, WebhookEvent
from umkm_portal.messaging.services.reported import Block, Report
from umkm_portal.messaging.webhooks.parsed import Parsed

_VIEWS = {
    "brevo": "BrevoTrackingWebhookView",
    "mailersend": "MailerSendTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "mailtrap": "MailtrapTrackingWebhookView",
    "mandrill": "MandrillCombinedWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
    "unisender_go": "UnisenderGoTrackingWebhookView",
}
"""Providers whose reports need no further package."""
STATES = {
    EventType.QUEUED: Delivery.State.ACCEPTED,
    EventType.SENT: Delivery.State.ACCEPTED,
    EventType.DELIVERED: Delivery.State.DELIVERED,
    EventType.OPENED: Delivery.State.READ,
    EventType.CLICKED: Delivery.State.READ,
    EventType.BOUNCED: Delivery.State.FAILED_PERMANENT,
    EventType.REJECTED: Delivery.State.FAILED_PERMANENT,
    EventType.FAILED: Delivery.State.FAILED_PERMANENT,
    EventType.DEFERRED: Delivery.State.FAILED_TEMPORARY,
    EventType.COMPLAINED: Delivery.State.DELIVERED,
    EventType.UNSUBSCRIBED: Delivery.State.DELIVERED,
}
"""Who complains about a message or has enough of them got one. A delay moves no state: the
provider goes on trying."""
_NO_SUCH_ADDRESS = (RejectReason.INVALID, RejectReason.BOUNCED)
_SOFT = re.compile(r"soft|transient|temporary", re.IGNORECASE)
_SOFT_CLASSES = frozenset(("20", "21", "22", "23", "24", "40", "70"))
"""SparkPost's own numbers for what may pass."""
_SAYS_HOW = ("Type", "type", "event", "bounce_type", "bounceType", "severity")
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def knows_secret(request: HttpRequest) -> bool:
    """Whether the sender has the `name:password` that we gave to the provider."""
    return constant_time_compare(
        get_request_basic_auth(request) or "", settings.EMAIL_WEBHOOK_SECRET
    )


def source_of(provider: str) -> str:
    return f"email:{provider}"[:20]


@cache
def view_of(provider: str) -> AnymailCoreWebhookView | None:
    """What reads the reports of a provider; None for one that is unknown or not set up."""
    name = _VIEWS.get(provider)
    if name is None:
        return None
    module = import_module(f"anymail.webhooks.{provider}")
    try:
        view = getattr(module, name)(webhook_secret=settings.EMAIL_WEBHOOK_SECRET)
    except AnymailConfigurationError:
        return None  # it wants a key of its own in EMAIL_WEBHOOK_KEYS
    return view


def is_genuine(
    view: AnymailCoreWebhookView, body: bytes, content_type: str, request: HttpRequest
) -> bool:
    """Whether the provider's own signature holds, where it has one."""
    try:
        view.run_validators(_replayed(body, content_type, request.META))
    except (AnymailWebhookValidationFailure, AnymailConfigurationError):
        return False
    return True


def parse(event: WebhookEvent) -> Parsed:
    """The reports in a raw event. Raises what the reader of the provider raises."""
    provider = event.source.partition(":")[2]
    view = view_of(provider)
    if view is None:
        raise LookupError(f"no reader for {provider}")
    request = _replayed(event.text.encode(), event.content_type, {})
    found = view.parse_events(request)
    told = [_report(one, event, number) for number, one in enumerate(found)]
    return Parsed(reports=[report for report in told if report])


def _replayed(body: bytes, content_type: str, meta: dict[str, Any]) -> WSGIRequest:
    """A request with this body, as the provider's reader wants it."""
    return WSGIRequest(
        {
            **{name: value for name, value in meta.items() if isinstance(value, str)},
            "REQUEST_METHOD": "POST",
            "PATH_INFO": meta.get("PATH_INFO", "/"),
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": meta.get("SERVER_NAME", "localhost"),
            "SERVER_PORT": meta.get("SERVER_PORT", "80"),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": meta.get("wsgi.url_scheme", "http"),
        }
    )


def _report(event: AnymailTrackingEvent, raw: WebhookEvent, number: int) -> Report | None:
    state = STATES.get(event.event_type)
    if state is None:
        return None
    name = event.event_id or f"{raw.key[:40]}:{number}"
    words = " ".join(
        str(part) for part in (event.reject_reason, event.mta_response or event.description) if part
    )
    return Report(
        channel=Channel.EMAIL,
        source=raw.source,
        key=f"{raw.source}:{name}:{event.event_type}"[:200],
        state=state,
        happened_at=_when(event, raw.received_at),
        public_id=_public_id(event),
        provider_ref=str(event.message_id or "").strip("<>")[:200],
        address=str(event.recipient or "").strip().lower(),
        detail=words[:300] if state in _EXPLAINED else event.event_type,
        block=_block(event),
    )


_EXPLAINED = (Delivery.State.FAILED_PERMANENT, Delivery.State.FAILED_TEMPORARY)


def _when(event: AnymailTrackingEvent, received_at: datetime) -> datetime:
    told = event.timestamp
    return min(told, received_at) if told and told.tzinfo else received_at


def _block(event: AnymailTrackingEvent) -> Block | None:
    if event.event_type == EventType.COMPLAINED:
        return Block("bulk", Suppression.Reason.COMPLAINT)
    if event.event_type == EventType.UNSUBSCRIBED:
        return Block("bulk", Suppression.Reason.OPT_OUT)
    is_gone = event.reject_reason in _NO_SUCH_ADDRESS and not _is_soft(event)
    if event.event_type in (EventType.BOUNCED, EventType.REJECTED) and is_gone:
        return Block(Suppression.EVERYTHING, Suppression.Reason.HARD_BOUNCE)
    return None


def _is_soft(event: AnymailTrackingEvent) -> bool:
    """A full mailbox, a server that was away: anymail calls these bounces, too."""
    told = event.esp_event if isinstance(event.esp_event, dict) else {}
    if str(told.get("bounce_class", "")) in _SOFT_CLASSES:
        return True
    return any(_SOFT.search(str(told.get(name, ""))) for name in _SAYS_HOW)


def _public_id(event: AnymailTrackingEvent) -> UUID | None:
    """Our own name of the message: in its data, or as the Message-ID that we gave it."""
    named = (event.metadata or {}).get("delivery")
    if named and re.fullmatch(_UUID, str(named)):
        return UUID(str(named))
    host = urlsplit(settings.PORTAL_URL).hostname or "localhost"
    told = f"{event.message_id} {json.dumps(event.esp_event, default=str)}"
    found = set(re.findall(rf"({_UUID})@{re.escape(host)}", told))
    return UUID(found.pop()) if len(found) == 1 else None
