"""Sending the messages of the practice data: by the real engine, to a catcher, never outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connections

from umkm_portal.embedded import connection as embedded
from umkm_portal.embedded.catcher import HOST, Mailbox
from umkm_portal.embedded.ports import free_port
from umkm_portal.messaging.accounts import default_account
from umkm_portal.messaging.models import Channel, SendingAccount

QUICK = 2000.0
"""Messages a second while nobody watches."""


@contextmanager
def caught_mail() -> Iterator[None]:
    """Inside, everything sent by this process ends in the mailbox of the practice data.

    The catcher of a running portal takes it, else one of our own for as long as the block runs;
    with EMAIL_URL set always our own, so that no practice mail leaves this machine.
    """
    if settings.DEMO and embedded.current().catcher_port:
        yield
        return
    mailbox = Mailbox()
    catcher = Controller(mailbox, hostname=HOST, port=free_port(), enable_SMTPUTF8=True)
    before = settings.EMAIL_URL
    catcher.start()
    settings.EMAIL_URL = f"smtp://{HOST}:{catcher.port}"
    try:
        yield
    finally:
        settings.EMAIL_URL = before
        catcher.stop()
        mailbox.writer.submit(connections.close_all).result()
        mailbox.writer.shutdown()


@contextmanager
def sending_at(rate: float, *, burst: int) -> Iterator[None]:
    """Let the email account send that many messages a second for the length of the block."""
    account = default_account(Channel.EMAIL)
    usual = {
        "rate_per_second": account.rate_per_second,
        "burst": account.burst,
        "counted": account.counted,
    }
    accounts = SendingAccount.objects.filter(pk=account.pk)
    accounts.update(rate_per_second=rate, burst=burst, tokens=burst)
    try:
        yield
    finally:
        accounts.update(**usual, tokens=0)
