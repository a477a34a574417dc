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
from umkm_portal.messaging.models import Delivery, SendingAccount
from umkm_portal.messaging.transports.senders import EmailSender, email_sender
from umkm_portal.messaging.transports.types import (
    AccountTrouble,
    ConnectionLost,
    Meanwhile,
    Message,
    Outcome,
    nothing,
)

State = Delivery.State
MESSAGES_PER_CONNECTION = 1000
GOODBYE_SECONDS = 2.0
SCHEMES = {"smtp": 25, "smtps": 465, "smtp+ssl": 465, "smtp+tls": 587}
OK, FORWARDED, GO_ON, CLOSING = 250, 251, 354, 421
_NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.[1236]\b|\b5\.2\.1\b")
_NO_SUCH_ADDRESS_CODES = (551, 553)
_LONE_DOT = re.compile(rb"(?m)^\.")


class BadEmailUrl(ValueError):
    """EMAIL_URL cannot be read."""


class SmtpTransport:
    """One sender's connection to its SMTP server."""

    def __init__(self, timeout: float, account: SendingAccount | None = None) -> None:
        self._timeout = timeout
        self._sender = email_sender(account)
        self._from = _address_of(self._sender.from_email)
        self._server: smtplib.SMTP | None = None
        self._sent = 0
        self._announced = ""
        """The next recipient, whose envelope went out together with the last content."""

    def open(self) -> None:
        """See `Transport.open`."""
        if self._sent >= MESSAGES_PER_CONNECTION:
            self.close()
        if self._server is None:
            self._server = _connect(self._sender, self._timeout)

    def send(
        self, message: Message, *, next_address: str = "", meanwhile: Meanwhile = nothing
    ) -> Outcome:
        """See `Transport.send`."""
        server = self._server
        if server is None:
            raise ConnectionLost("Sambungan SMTP belum dibuka.")
        try:
            refused = self._envelope(server, message.address)
        except (OSError, smtplib.SMTPException) as error:
            is_old = self._sent > 0
            self._drop()
            words = f"Sambungan SMTP terputus: {_words(error)}"
            raise (ConnectionLost if is_old else AccountTrouble)(words) from error
        if refused is not None:
            return refused
        return self._content(server, message.content, next_address, meanwhile)

    def forget(self) -> None:
        """See `Transport.forget`."""
        if self._announced:
            self._drop()

    def close(self) -> None:
        """See `Transport.close`."""
        self.forget()
        if self._server is not None and self._server.sock is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._server.sock.settimeout(GOODBYE_SECONDS)
                self._server.quit()
        self._drop()

    def _drop(self) -> None:
        """Close without a word: the server may wait for something else than QUIT."""
        server, self._server, self._sent, self._announced = self._server, None, 0, ""
        if server is not None:
            server.close()

    def _envelope(self, server: smtplib.SMTP, address: str) -> Outcome | None:
        """MAIL, RCPT, DATA; None when the server waits for the content.

        All three at once where the server allows it (RFC 2920), or already together with the
        content before: one network wait a message, not four.
        """
        if server.has_extn("pipelining"):
            if not self._announced:
                server.send(_envelope(self._from, address))
            elif self._announced != address:
                raise smtplib.SMTPServerDisconnected("announced somebody else")
            mail, rcpt, data = (server.getreply() for _ in range(3))
            self._announced = ""
        else:
            commands = _envelope(self._from, address).decode().splitlines()
            mail = server.docmd(commands[0])
            rcpt = server.docmd(commands[1]) if mail[0] == OK else mail
            data = server.docmd(commands[2]) if rcpt[0] in (OK, FORWARDED) else rcpt
        if mail[0] != OK:
            raise self._trouble(f"Pengirim {self._from} ditolak", *mail)
        if rcpt[0] not in (OK, FORWARDED):
            return self._refused(server, rcpt, data)
        if data[0] != GO_ON:
            raise self._trouble("Server menolak isi", *data)
        return None

    def _refused(
        self, server: smtplib.SMTP, rcpt: tuple[int, bytes], data: tuple[int, bytes]
    ) -> Outcome:
        """The recipient was refused; leave the connection ready for the next one."""
        if rcpt[0] == CLOSING:
            raise self._trouble("Server menutup sambungan", *rcpt)
        if data[0] == GO_ON:  # pipelined, and the server waits for content to nobody
            self._drop()
        else:
            server.rset()
        return _refusal(*rcpt)

    def _content(
        self, server: smtplib.SMTP, content: bytes, next_address: str, meanwhile: Meanwhile
    ) -> Outcome:
        """From the first byte of the content on, a broken connection proves nothing."""
        if b"\n." in content:
            content = _LONE_DOT.sub(b"..", content)
        ending = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        may_announce = server.has_extn("pipelining") and self._sent + 1 < MESSAGES_PER_CONNECTION
        if next_address and may_announce:
            self._announced = next_address
            ending += _envelope(self._from, next_address)
        try:
            server.send(content + ending)
            meanwhile()
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(State.UNCERTAIN, f"Terputus saat mengirim isi: {_words(error)}")
        self._sent += 1
        if 200 <= code < 300:
            return Outcome(State.ACCEPTED, provider_ref=_words(reply)[:200])
        if not 400 <= code < 600:
            self._drop()
            return Outcome(State.UNCERTAIN, f"Jawaban server tidak jelas: {code} {_words(reply)}")
        if code == CLOSING:
            self._drop()
        return _refusal(code, reply)

    def _trouble(self, what: str, code: int, reply: bytes) -> AccountTrouble:
        self._drop()
        return AccountTrouble(f"{what}: {code} {_words(reply)}", is_lasting=code >= 500)


def smtp_off_reason(sender: EmailSender) -> str:
    """Why no email can be sent by this sender, or ""."""
    try:
        server = _server_url(sender)
    except BadEmailUrl as error:
        return str(error)
    if server:
        return ""
    return "Saluran email mati: EMAIL_URL belum diisi dan kotak surat latihan tidak berjalan."


def _envelope(sender: str, address: str) -> bytes:
    return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{address}>\r\nDATA\r\n".encode("ascii")


def _refusal(code: int, reply: bytes) -> Outcome:
    """4xx may come right by itself; 5xx will not."""
    words = f"{code} {_words(reply)}"
    if code < 500:
        return Outcome(State.FAILED_TEMPORARY, words)
    is_gone = code in _NO_SUCH_ADDRESS_CODES or bool(_NO_SUCH_ADDRESS.search(words))
    return Outcome(State.FAILED_PERMANENT, words, suppresses=is_gone)


def _connect(sender: EmailSender, timeout: float) -> smtplib.SMTP:
    try:
        url = _server_url(sender)
        if not url:
            raise AccountTrouble(smtp_off_reason(sender))
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


def _server_url(sender: EmailSender) -> str:
    """The sender's own server, EMAIL_URL, else the mail catcher of the running portal, else "".

    Raises BadEmailUrl.
    """
    url = ("" if settings.DEMO else sender.url) or settings.EMAIL_URL
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


def _words(error: object) -> str:
    """A server's reply or an exception as one short line."""
    if isinstance(error, smtplib.SMTPResponseException):
        error = error.smtp_error
    if isinstance(error, bytes):
        error = error.decode("utf-8", "replace")
    words = " ".join(str(error).replace("\0", " ").split())
    return words[:200] or type(error).__name__
