"""Reports and messages of the WhatsApp Cloud API, out of the JSON that it posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from umkm_portal.messaging.models import Channel, Delivery, Suppression, WebhookEvent
from umkm_portal.messaging.services.news import News, Wish
from umkm_portal.messaging.services.replies import Inbound
from umkm_portal.messaging.services.reported import Block, Report
from umkm_portal.messaging.services.suppressions import BY_BUTTON
from umkm_portal.messaging.transports.whatsapp_errors import Meaning, error_of, meaning_of
from umkm_portal.messaging.webhooks.parsed import Parsed, moment
from umkm_portal.messaging.webhooks.whatsapp_news import read_errors, read_news

SOURCE = "whatsapp"
STATES = {
    "sent": Delivery.State.ACCEPTED,
    "delivered": Delivery.State.DELIVERED,
    "read": Delivery.State.READ,
    "failed": Delivery.State.FAILED_PERMANENT,
}
_DIGITS = re.compile(r"[0-9]{6,15}")
_BLOCKED = Block("bulk", Suppression.Reason.OPT_OUT, BY_BUTTON)

Json = dict[str, Any]


def parse(event: WebhookEvent) -> Parsed:
    """Everything in a raw event that we know how to read. Raises ValueError when it is no JSON."""
    parsed, now = Parsed(), event.received_at
    for change in _changes(json.loads(event.text), now=now):
        value = change.value
        for status in _list(value, "statuses"):
            if report := _report(status, now=now):
                parsed.reports.append(report)
        for message in _list(value, "messages"):
            if inbound := _inbound(message, now=now):
                parsed.inbound.append(inbound)
        for wish in _list(value, "user_preferences"):
            if wanted := _wish(wish, now=now):
                parsed.wishes.append(wanted)
        parsed.news.extend(_news(change))
    return parsed


class _Change(NamedTuple):
    business_id: str
    field: str
    value: Json
    at: datetime


def _changes(data: Any, *, now: datetime) -> Iterator[_Change]:
    for entry in _list(data, "entry"):
        business = str(entry.get("id") or "")
        at = moment(entry.get("time"), otherwise=now)
        for change in _list(entry, "changes"):
            value = change.get("value")
            if isinstance(value, dict):
                yield _Change(business, str(change.get("field") or ""), value, at)


def _news(change: _Change) -> list[News]:
    about, at = change.business_id, change.at
    told = read_news(change.field, change.value, business_id=about, at=at)
    errors = read_errors(_list(change.value, "errors"), change.value, business_id=about, at=at)
    return [told, *errors] if told else errors


def _wish(told: Json, *, now: datetime) -> Wish | None:
    """What somebody chose by WhatsApp's own button about offers from us."""
    address, value = phone(told.get("wa_id")), told.get("value")
    if told.get("category") != "marketing_messages" or value not in ("stop", "resume"):
        return None
    at = moment(told.get("timestamp"), otherwise=now)
    return Wish(address, value == "resume", at) if address else None


def _report(status: Json, *, now: datetime) -> Report | None:
    state = STATES.get(str(status.get("status")))
    reference = str(status.get("id") or "")
    if state is None or not reference:
        return None
    code, words = _error(status) if state == STATES["failed"] else (None, "")
    return Report(
        channel=Channel.WHATSAPP,
        source=SOURCE,
        key=f"{SOURCE}:{reference}:{state}"[:200],
        state=state,
        happened_at=moment(status.get("timestamp"), otherwise=now),
        public_id=uuid_in(status.get("biz_opaque_callback_data")),
        provider_ref=reference[:200],
        address=phone(status.get("recipient_id")),
        detail=words,
        code=code,
        block=_BLOCKED if meaning_of(code) == Meaning.STOPPED else None,
    )


def _error(status: Json) -> tuple[int | None, str]:
    first = next(iter(_list(status, "errors")), None)
    if first is None:
        return None, ""
    return error_of({"error": {**first, "message": first.get("message") or first.get("title")}})


def _inbound(message: Json, *, now: datetime) -> Inbound | None:
    key, sender = str(message.get("id") or ""), phone(message.get("from"))
    if not key or not sender:
        return None
    form = str(message.get("type") or "")[:20]
    context = message.get("context")
    return Inbound(
        channel=Channel.WHATSAPP,
        key=key[:200],
        address=sender,
        text=_text(message, form),
        form=form,
        answers_ref=str(context.get("id") or "") if isinstance(context, dict) else "",
        received_at=moment(message.get("timestamp"), otherwise=now),
    )


def _text(message: Json, form: str) -> str:
    """The words of a message: typed, of a button pressed, or below a picture."""
    part = message.get(form)
    if not isinstance(part, dict):
        return ""
    if form == "interactive":
        chosen = part.get(str(part.get("type")))
        part = chosen if isinstance(chosen, dict) else {}
    words = (part.get(name) for name in ("body", "text", "title", "caption", "emoji"))
    return next((word for word in words if isinstance(word, str)), "")


def phone(digits: object) -> str:
    """`+62812...` of a number as WhatsApp writes it, or ""."""
    text = str(digits or "").removeprefix("+")
    return f"+{text}" if _DIGITS.fullmatch(text) else ""


def uuid_in(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _list(data: Any, name: str) -> list[Json]:
    found = data.get(name) if isinstance(data, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
