"""Messages through the WhatsApp Cloud API, which takes approved templates only.

An authentication template carries a code and nothing else; its words are WhatsApp's own. Utility
templates of ours carry the link back to an unfinished registration, the result of a curation, and
news about a request.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from umkm_portal.messaging.models import Delivery
from umkm_portal.messaging.transports.http import Answer, NoAnswer, is_address, outcome_of, post
from umkm_portal.messaging.transports.types import (
    AccountTrouble,
    Meanwhile,
    Message,
    Outcome,
    nothing,
)

State = Delivery.State
CODE = "kode"
"""The value that the template for codes is filled with."""
_UTILITY = {
    "WHATSAPP_LINK_TEMPLATE": ("lanjut",),
    "WHATSAPP_RESULT_TEMPLATE": ("nama", "judul", "hasil", "halaman"),
    "WHATSAPP_NEWS_TEMPLATE": ("nama", "perihal", "keadaan", "langkah"),
}
"""The setting with the name of each other template, and the values for {{1}}, {{2}} and so on."""
_BUSY = frozenset((4, 80007, 130429, 131048, 131056))
"""Error codes of limits that pass by themselves."""
_OURS = frozenset((0, 3, 10, 190, 131005, 131031, 131042, 132001, 132015, 132016, 133010))
"""Error codes about our token, account, payment or template."""


class WhatsAppTransport:
    """Each message is a request of its own: there is nothing to keep open."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def open(self) -> None:
        """See `Transport.open`."""

    def send(
        self, message: Message, *, next_address: str = "", meanwhile: Meanwhile = nothing
    ) -> Outcome:
        """See `Transport.send`."""
        template = _template(message)
        if template is None:
            return Outcome(State.FAILED_PERMANENT, "WhatsApp belum punya templat untuk pesan ini.")
        url = f"{settings.WHATSAPP_BASE_URL}/{settings.WHATSAPP_PHONE_ID}/messages"
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.WHATSAPP_TOKEN}",
        }
        body = json.dumps(_body(message, template)).encode()
        try:
            answer = post(url, body, headers, timeout=self._timeout)
        except NoAnswer as error:
            return Outcome(State.UNCERTAIN, str(error))
        return _outcome(answer)

    def forget(self) -> None:
        """See `Transport.forget`."""

    def close(self) -> None:
        """See `Transport.close`."""


def whatsapp_off_reason() -> str:
    """Why no WhatsApp message can be sent on this installation, or ""."""
    names = ("WHATSAPP_TOKEN", "WHATSAPP_PHONE_ID", "WHATSAPP_CODE_TEMPLATE")
    missing = [name for name in names if not getattr(settings, name)]
    if missing:
        return f"Saluran WhatsApp mati: {', '.join(missing)} belum diisi."
    if not is_address(settings.WHATSAPP_BASE_URL):
        return "Saluran WhatsApp mati: WHATSAPP_BASE_URL harus berupa alamat http(s)."
    return ""


def _template(message: Message) -> dict[str, Any] | None:
    """The template for what the message carries; None where there is none."""
    values = message.values
    if code := values.get(CODE):
        filled = [{"type": "text", "text": code}]
        button = {"type": "button", "sub_type": "url", "index": "0", "parameters": filled}
        return _named(settings.WHATSAPP_CODE_TEMPLATE, _text(code), button)
    for setting, names in _UTILITY.items():
        if (name := getattr(settings, setting)) and all(map(values.get, names)):
            return _named(name, _text(*(values[value] for value in names)))
    return None


def _named(name: str, *components: dict[str, Any]) -> dict[str, Any]:
    language = {"code": settings.WHATSAPP_LANGUAGE}
    return {"name": name, "language": language, "components": [*components]}


def _text(*values: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": value} for value in values]}


def _body(message: Message, template: dict[str, Any]) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "to": message.address.removeprefix("+"),
        "type": "template",
        "biz_opaque_callback_data": str(message.reference),
        "template": template,
    }


def _outcome(answer: Answer) -> Outcome:
    """WhatsApp says more with its own error code than with the status of the answer."""
    error = answer.data.get("error")
    number = error.get("code") if isinstance(error, dict) else None
    words = f"{answer.status} {answer.text}"[:200]
    if not answer.is_good and number in _BUSY:
        return Outcome(State.FAILED_TEMPORARY, words)
    if not answer.is_good and number in _OURS:
        raise AccountTrouble(f"WhatsApp menolak akun kita: {words}", is_lasting=True)
    return outcome_of(answer, provider_ref=_reference(answer))


def _reference(answer: Answer) -> str:
    messages = answer.data.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else {}
    return str(first.get("id", "")) if isinstance(first, dict) else ""
