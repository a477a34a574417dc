"""SMS through any provider that takes one POST a message."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.conf import settings

from umkm_portal.messaging.models import Delivery, SendingAccount
from umkm_portal.messaging.transports.http import Answer, NoAnswer, is_address, outcome_of, post
from umkm_portal.messaging.transports.senders import SmsSender, sms_sender
from umkm_portal.messaging.transports.types import Meanwhile, Message, Outcome, nothing

_REFERENCES = ("id", "message_id", "messageId", "msgid")
"""Where providers put their own number of a message."""


class SmsTransport:
    """Each message is a request of its own: there is nothing to keep open."""

    def __init__(self, timeout: float, account: SendingAccount | None = None) -> None:
        self._timeout = timeout
        self._sender = sms_sender(account)

    def open(self) -> None:
        """See `Transport.open`."""

    def send(
        self, message: Message, *, next_address: str = "", meanwhile: Meanwhile = nothing
    ) -> Outcome:
        """See `Transport.send`."""
        headers = {
            "Content-Type": _CONTENT_TYPES[settings.SMS_FORMAT],
            "Accept": "application/json",
            "Idempotency-Key": str(message.reference),
        }
        if self._sender.token:
            headers["Authorization"] = f"Bearer {self._sender.token}"
        body = _body(message, sender=self._sender.name)
        try:
            answer = post(self._sender.url, body, headers, timeout=self._timeout)
        except NoAnswer as error:
            return Outcome(Delivery.State.UNCERTAIN, str(error))
        return outcome_of(answer, provider_ref=_reference(answer))

    def forget(self) -> None:
        """See `Transport.forget`."""

    def close(self) -> None:
        """See `Transport.close`."""


_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def sms_off_reason(sender: SmsSender) -> str:
    """Why no SMS can be sent by this sender, or ""."""
    if not sender.url:
        return "Saluran SMS mati: SMS_URL belum diisi."
    if not is_address(sender.url):
        return "Saluran SMS mati: SMS_URL harus berupa alamat http:// atau https://."
    if settings.SMS_FORMAT not in _CONTENT_TYPES:
        return "Saluran SMS mati: SMS_FORMAT harus json atau form."
    if len(settings.SMS_FIELDS) != 3:
        return "Saluran SMS mati: SMS_FIELDS harus berisi tiga nama, misalnya to,text,from."
    return ""


def _body(message: Message, *, sender: str) -> bytes:
    values = (message.address, message.content.decode(), sender)
    fields = dict(zip(settings.SMS_FIELDS, values, strict=True))
    return (urlencode(fields) if settings.SMS_FORMAT == "form" else json.dumps(fields)).encode()


def _reference(answer: Answer) -> str:
    found = (answer.data.get(name) for name in _REFERENCES)
    return next((str(value) for value in found if value), "")
