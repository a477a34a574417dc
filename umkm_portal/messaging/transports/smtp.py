"""Email over smtplib, on a connection kept open from message to message.

Each SMTP command is given by itself, because what an error means depends on where it happens:
before the content nothing was handed over; after it, nobody knows.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from django.conf import settings

from umkm_portal.embedded import connection as embedded
from umkm_portal.messaging.models import Delivery
from umkm_portal.messaging.transports.types import AccountTrouble, Message, Outcome

State = Delivery.State
MESSAGES_PER_CONNECTION = 1000
GOODBYE_SECONDS = 2.0
SCHEMES = {"smtp": 25, "smtps": 465, "smtp+ssl": 465, "smtp+tls": 587}
_CLOSING = (421,)
_NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.[1236]\b|\b5\.2\.1\b")
_NO_SUCH_ADDRESS_CODES = (551, 553)
_LONE_DOT = re.compile(rb"(?m)^\.")


class BadEmailUrl(ValueError):
    """EMAIL_URL cannot be read."""


class SmtpTransport:
    """One sender's connection to its SMTP server."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._server: smtplib.SMTP | None = None
        self._sent = 0

    def send(self, message: Message) -> Outcome:
        """See `Transport.send`."""
        server = self._connected()
        try:
            refused = self._envelope(server, message.address)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise AccountTrouble(f"Sambungan SMTP terputus: {_words(error)}") from error
        if refused is not None:
            return refused
        return self._content(server, message.content)

    def close(self) -> None:
        """See `Transport.close`."""
        server, self._server, self._sent = self._server, None, 0
        if server is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if server.sock is not None:
                    server.sock.settimeout(GOODBYE_SECONDS)
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self._sent >= MESSAGES_PER_CONNECTION:
            self.close()
        if self._server is None:
            self._server = _connect(self._timeout)
        return self._server

    def _envelope(self, server: smtplib.SMTP, address: str) -> Outcome | None:
        """MAIL, RCPT, DATA; None when the server waits for the content."""
        sender = _sender()
        code, reply = server.mail(sender)
        if code != 250:
            raise self._trouble(f"Pengirim {sender} ditolak", code, reply)
        code, reply = server.rcpt(address)
        if code not in (250, 251):
            if code in _CLOSING:
                raise self._trouble("Server menutup sambungan", code, reply)
            outcome = _refusal(code, reply)
            server.rset()
            return outcome
        code, reply = server.docmd("DATA")
        if code != 354:
            raise self._trouble("Server menolak isi", code, reply)
        return None

    def _content(self, server: smtplib.SMTP, content: bytes) -> Outcome:
        """From the first byte of the content on, a broken connection proves nothing."""
        if b"\n." in content:
            content = _LONE_DOT.sub(b"..", content)
        ending = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            server.send(content + ending)
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(State.UNCERTAIN, f"Terputus saat mengirim isi: {_words(error)}")
        self._sent += 1
        if code == 250:
            return Outcome(State.ACCEPTED, provider_ref=_words(reply)[:200])
        if code in _CLOSING:
            self.close()
        return _refusal(code, reply)

    def _trouble(self, what: str, code: int, reply: bytes) -> AccountTrouble:
        self.close()
        return AccountTrouble(f"{what}: {code} {_words(reply)}", is_lasting=code >= 500)


def smtp_off_reason() -> str:
    """Why no email can be sent on this installation, or ""."""
    try:
        server = _server_url()
    except BadEmailUrl as error:
        return str(error)
    if server:
        return ""
    return "Saluran email mati: EMAIL_URL belum diisi dan kotak surat latihan tidak berjalan."


def _refusal(code: int, reply: bytes) -> Outcome:
    """4xx may come right by itself; 5xx will not."""
    words = f"{code} {_words(reply)}"
    if code < 500:
        return Outcome(State.FAILED_TEMPORARY, words)
    is_gone = code in _NO_SUCH_ADDRESS_CODES or bool(_NO_SUCH_ADDRESS.search(words))
    return Outcome(State.FAILED_PERMANENT, words, suppresses=is_gone)


def _connect(timeout: float) -> smtplib.SMTP:
    try:
        url = _server_url()
        if not url:
            raise AccountTrouble(smtp_off_reason())
        return _greet(url, timeout)
    except (OSError, smtplib.SMTPException, BadEmailUrl) as error:
        is_lasting = isinstance(error, smtplib.SMTPAuthenticationError | BadEmailUrl)
        raise AccountTrouble(
            f"Server SMTP tidak dapat dipakai: {_words(error)}", is_lasting=is_lasting
        ) from error


def _greet(url: str, timeout: float) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or SCHEMES[parts.scheme]
    if parts.scheme in ("smtps", "smtp+ssl"):
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if parts.scheme == "smtp+tls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _server_url() -> str:
    """EMAIL_URL, else the mail catcher of the running portal, else "". Raises BadEmailUrl."""
    url = settings.EMAIL_URL
    if not url:
        port = embedded.current().catcher_port if settings.DEMO else None
        return f"smtp://127.0.0.1:{port}" if port else ""
    try:
        parts = urlsplit(url)
        is_readable = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_readable = False
    if not is_readable:
        raise BadEmailUrl(
            "Saluran email mati: EMAIL_URL harus berbentuk smtp://pengguna:sandi@server:port "
            "(atau smtps://, smtp+tls://)."
        )
    return url


@lru_cache(maxsize=4)
def _address_of(sender: str) -> str:
    return parseaddr(sender)[1]


def _sender() -> str:
    return _address_of(settings.DEFAULT_FROM_EMAIL)


def _words(error: object) -> str:
    """A server's reply or an exception as one short line."""
    if isinstance(error, smtplib.SMTPResponseException):
        error = error.smtp_error
    if isinstance(error, bytes):
        error = error.decode("utf-8", "replace")
    return " ".join(str(error).split())[:200] or type(error).__name__
