"""One POST to a provider, and what each answer and each silence means."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from umkm_portal.messaging.models import Delivery
from umkm_portal.messaging.transports.types import AccountTrouble, Outcome, TooFast

State = Delivery.State
LARGEST_ANSWER = 1024 * 1024
UNAUTHORISED, FORBIDDEN, TIMEOUT, MANY = 401, 403, 408, 429


class NoAnswer(Exception):
    """The request went out and nobody knows what became of it."""


@dataclass(frozen=True)
class Answer:
    """A provider's answer; `data` is its JSON object, or empty."""

    status: int
    data: Mapping[str, Any]
    text: str
    retry_after: float = 0

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def is_address(url: str) -> bool:
    """Whether a setting is an address that `post` can use."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float) -> Answer:
    """Send on a fresh connection: one kept open may be dead, and then nobody knows.

    Raises AccountTrouble when it surely was not handed over, NoAnswer when that is unknown.
    """
    return _ask("POST", url, body, headers, timeout=timeout)


def get(url: str, headers: Mapping[str, str], *, timeout: float) -> Answer:
    """Ask a provider for something. Raises AccountTrouble and NoAnswer."""
    return _ask("GET", url, None, headers, timeout=timeout)


def _ask(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], *, timeout: float
) -> Answer:
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, timeout)
    path = parts.path or "/"
    try:
        try:
            connection.connect()
        except OSError as error:
            raise AccountTrouble(f"Penyedia tidak dapat dihubungi: {_words(error)}") from error
        try:
            connection.request(
                method,
                f"{path}?{parts.query}" if parts.query else path,
                body=body,
                headers=dict(headers),
            )
            reply = connection.getresponse()
            text = reply.read(LARGEST_ANSWER).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"Terputus saat mengirim: {_words(error)}") from error
    finally:
        connection.close()
    wait = reply.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isascii() and wait.isdigit() else 0.0
    return Answer(reply.status, _json(text), " ".join(text.split()), retry_after)


def outcome_of(answer: Answer, *, provider_ref: str = "") -> Outcome:
    """2xx accepted, 4xx refused for good, 5xx for now.

    Raises AccountTrouble when the answer is about our account or its address, TooFast for 429.
    """
    words = f"{answer.status} {answer.text}"[:200]
    if answer.is_good:
        return Outcome(State.ACCEPTED, provider_ref=provider_ref[:200])
    if answer.status in (UNAUTHORISED, FORBIDDEN) or answer.status < 400:
        raise AccountTrouble(f"Penyedia menolak akun kita: {words}", is_lasting=True)
    if answer.status == MANY:
        raise TooFast(f"Penyedia meminta lebih pelan: {words}", retry_after=answer.retry_after)
    if answer.status == TIMEOUT or answer.status >= 500:
        return Outcome(State.FAILED_TEMPORARY, words)
    return Outcome(State.FAILED_PERMANENT, words)


def _connection(
    scheme: str, host: str, port: int | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _json(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:150] or type(error).__name__
