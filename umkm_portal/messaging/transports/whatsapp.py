"""Messages through the WhatsApp Cloud API, which takes approved templates only.

An authentication template carries a code and nothing else; its words are WhatsApp's own. Utility
templates of ours carry the link back to an unfinished registration, the result of a curation, and
news about a request. Only the answer of staff to somebody who wrote within the last day goes out in
words of our own.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.conf import settings

from umkm_portal.messaging.models import Delivery, SendingAccount, Suppression
from umkm_portal.messaging.transports.http import Answer, NoAnswer, is_address, outcome_of, post
from umkm_portal.messaging.transports.senders import WhatsAppSender, whatsapp_sender
from umkm_portal.messaging.transports.types import (
    AccountTrouble,
    ApprovedText,
    Meanwhile,
    Message,
    Outcome,
    TemplateTrouble,
    TooFast,
    nothing,
)
from umkm_portal.messaging.transports.whatsapp_errors import Meaning, error_of, meaning_of

State = Delivery.State
CODE = "kode"
"""The value that the template for codes is filled with."""
FREE_TEXT, ANSWERED = "jawaban_petugas", "balasan_dari"
"""The values of an answer in our own words: the words, and the message that they answer."""
_UTILITY = {
    "WHATSAPP_LINK_TEMPLATE": ("lanjut",),
    "WHATSAPP_RESULT_TEMPLATE": ("nama", "judul", "hasil", "halaman"),
    "WHATSAPP_NEWS_TEMPLATE": ("nama", "perihal", "keadaan", "langkah"),
}
"""The setting with the name of each other template, and the values for {{1}}, {{2}} and so on."""


class WhatsAppTransport:
    """Each message is a request of its own: there is nothing to keep open."""

    def __init__(self, timeout: float, account: SendingAccount | None = None) -> None:
        self._timeout = timeout
        self._sender = whatsapp_sender(account)

    def open(self) -> None:
        """See `Transport.open`."""

    def send(
        self, message: Message, *, next_address: str = "", meanwhile: Meanwhile = nothing
    ) -> Outcome:
        """See `Transport.send`."""
        content = _content(message)
        if content is None:
            return Outcome(State.FAILED_PERMANENT, "WhatsApp belum punya templat untuk pesan ini.")
        url = self._sender.url(f"{self._sender.phone_id}/messages")
        body = json.dumps(_body(message, content)).encode()
        try:
            answer = post(url, body, self._sender.headers, timeout=self._timeout)
        except NoAnswer as error:
            return Outcome(State.UNCERTAIN, str(error))
        return _outcome(answer)

    def forget(self) -> None:
        """See `Transport.forget`."""

    def close(self) -> None:
        """See `Transport.close`."""


def whatsapp_off_reason(sender: WhatsAppSender) -> str:
    """Why no WhatsApp message can be sent by this number, or ""."""
    missing = [
        name
        for name, value in (
            ("WHATSAPP_TOKEN", sender.token),
            ("WHATSAPP_PHONE_ID", sender.phone_id),
            ("WHATSAPP_CODE_TEMPLATE", settings.WHATSAPP_CODE_TEMPLATE or sender.has_own),
        )
        if not value
    ]
    if missing:
        return f"Saluran WhatsApp mati: {', '.join(missing)} belum diisi."
    if not is_address(settings.WHATSAPP_BASE_URL):
        return "Saluran WhatsApp mati: WHATSAPP_BASE_URL harus berupa alamat http(s)."
    return ""


def setting_template(names: Collection[str]) -> str:
    """The template of the settings that values of these names fill; "" where there is none."""
    for setting, needed in _UTILITY.items():
        if getattr(settings, setting) and set(needed) <= set(names):
            return getattr(settings, setting)
    return ""


def _content(message: Message) -> dict[str, Any] | None:
    """The part of the body that says what is sent; None where WhatsApp has no text for it."""
    words = message.values.get(FREE_TEXT)
    if words:
        answered = message.values.get(ANSWERED)
        told = {"type": "text", "text": {"body": words, "preview_url": False}}
        return {**told, "context": {"message_id": answered}} if answered else told
    template = _template(message)
    return None if template is None else {"type": "template", "template": template}


def _template(message: Message) -> dict[str, Any] | None:
    """The template for what the message carries; None where there is none."""
    values = message.values
    if message.approved is not None:
        return _approved(message.approved)
    if code := values.get(CODE):
        return _named(settings.WHATSAPP_CODE_TEMPLATE, _text(code), _button(code))
    for setting, names in _UTILITY.items():
        if (name := getattr(settings, setting)) and all(map(values.get, names)):
            return _named(name, _text(*(values[value] for value in names)))
    return None


def _approved(text: ApprovedText) -> dict[str, Any]:
    parts = [_text(*text.values)] if text.values else []
    for part in parts:
        for parameter, name in zip(part["parameters"], text.names, strict=False):
            parameter["parameter_name"] = name
    if text.is_code and text.values:
        parts.append(_button(text.values[0]))
    return _named(text.name, *parts, language=text.language)


def _named(name: str, *components: dict[str, Any], language: str = "") -> dict[str, Any]:
    code = {"code": language or settings.WHATSAPP_LANGUAGE}
    return {"name": name, "language": code, "components": [*components]}


def _button(code: str) -> dict[str, Any]:
    filled = [{"type": "text", "text": code}]
    return {"type": "button", "sub_type": "url", "index": "0", "parameters": filled}


def _text(*values: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": value} for value in values]}


def _body(message: Message, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.address.removeprefix("+"),
        "biz_opaque_callback_data": str(message.reference),
        **content,
    }


def _outcome(answer: Answer) -> Outcome:
    """WhatsApp says more with its own error code than with the status of the answer.

    Raises TooFast, TemplateTrouble and AccountTrouble.
    """
    if answer.is_good:
        return outcome_of(answer, provider_ref=_reference(answer))
    code, words = error_of(answer.data)
    match meaning_of(code):
        case Meaning.LATER:
            return Outcome(State.FAILED_TEMPORARY, words)
        case Meaning.PERSON:
            return Outcome(State.FAILED_PERMANENT, words, is_personal=True)
        case Meaning.STOPPED:
            return Outcome(
                State.FAILED_PERMANENT,
                str(Suppression.Reason.OPT_OUT),
                opts_out=True,
                is_personal=True,
            )
        case Meaning.SLOW:
            raise TooFast(f"WhatsApp meminta lebih pelan: {words}", retry_after=answer.retry_after)
        case Meaning.TEMPLATE:
            raise TemplateTrouble(words, code=code)
        case Meaning.ACCOUNT:
            raise AccountTrouble(f"WhatsApp menolak akun kita: {words}", is_lasting=True)
    return outcome_of(answer)


def _reference(answer: Answer) -> str:
    messages = answer.data.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else {}
    return str(first.get("id", "")) if isinstance(first, dict) else ""
