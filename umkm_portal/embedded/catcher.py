"""A local SMTP server that keeps what it receives as `CaughtMail` rows and delivers nothing.

`python -m umkm_portal.embedded.catcher PORT`. A mail is acknowledged only when its rows are
committed, so the sender's "accepted" always has a mail in the mailbox.
"""

import asyncio
import os
import signal
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

import django
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, close_old_connections

if TYPE_CHECKING:
    from umkm_portal.embedded.models import CaughtMail

HOST = "127.0.0.1"
LARGEST_MAIL = 20 * 1024 * 1024
NUL = "\0"
"""PostgreSQL keeps no text with it."""


class Mailbox:
    """The aiosmtpd handler; rows are written by one thread, in order of arrival."""

    def __init__(self) -> None:
        self.writer = ThreadPoolExecutor(max_workers=1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self.writer, _keep_freshly, content, envelope.rcpt_tos)
        except DatabaseError as error:
            print(f"a mail was refused for now: {error}", file=sys.stderr, flush=True)
            return "451 mailbox not available, try again"
        return "250 kept"


def _keep_freshly(content: bytes, recipients: list[str]) -> None:
    """`keep`, on a connection that may have been lost since the last mail."""
    close_old_connections()
    keep(content, recipients)


def keep(content: bytes, recipients: list[str]) -> None:
    """Store one received mail, a row per recipient, all or none."""
    # The models can be imported only once Django is set up, and this module is a program.
    from umkm_portal.embedded.models import CaughtMail  # noqa: PLC0415

    message = message_from_bytes(content, policy=policy.default)
    CaughtMail.objects.bulk_create(caught_mails(message, recipients))


def caught_mails(message: EmailMessage, recipients: list[str]) -> "list[CaughtMail]":
    """Unsaved rows for one parsed mail."""
    from umkm_portal.embedded.models import CaughtMail  # noqa: PLC0415  (see `keep`)

    message_id = _header(message, "Message-ID").strip()
    return [
        CaughtMail(
            message_id=message_id[:300],
            delivery=delivery_of(message_id),
            recipient=recipient.lower().replace(NUL, "")[:320],
            subject=_header(message, "Subject")[:500],
            text=_body(message, "plain"),
            html=_body(message, "html"),
        )
        for recipient in recipients
    ]


def delivery_of(message_id: str) -> uuid.UUID | None:
    """The delivery named by `<uuid@domain>`, or None for any other Message-ID."""
    try:
        return uuid.UUID(message_id.strip("<>").partition("@")[0])
    except ValueError:
        return None


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).replace(NUL, "")


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    text = part.get_content() if part is not None else ""
    return str(text).replace(NUL, "")


def receiver(mailbox: Mailbox, loop: asyncio.AbstractEventLoop) -> SMTP:
    """The protocol of one connection."""
    return SMTP(
        mailbox,
        data_size_limit=LARGEST_MAIL,
        hostname="localhost",
        enable_SMTPUTF8=True,
        loop=loop,
    )


async def serve(port: int) -> None:
    """Receive mail until SIGTERM or SIGINT."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: receiver(mailbox, loop), HOST, port)
    async with server:
        await stopped.wait()
    mailbox.writer.shutdown()


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "umkm_portal.settings")
    django.setup()
    asyncio.run(serve(int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
