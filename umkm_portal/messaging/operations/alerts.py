"""Mails to the operators: once when a trouble begins, once when it is over.

They go straight to the mail server, past the queues that may be what is broken.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timedelta
from email.message import EmailMessage

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from umkm_portal.messaging.models import Alert, Channel, Delivery
from umkm_portal.messaging.operations.figures import Trouble, operations_of
from umkm_portal.messaging.transports import (
    AccountTrouble,
    ConnectionLost,
    Message,
    make_transport,
)

PATIENCE = timedelta(minutes=2)
"""What passes by itself within this time is nobody's mail."""
KEEP = timedelta(days=90)
TIMEOUT_SECONDS = 10.0
_log = logging.getLogger(__name__)


def watch(*, now: datetime) -> int:
    """Note troubles that began or ended, and mail them; return how many lines were mailed."""
    _note(operations_of(now=now).troubles, now=now)
    return _tell(now=now)


@transaction.atomic
def _note(troubles: list[Trouble], *, now: datetime) -> None:
    current = {trouble.key: trouble for trouble in troubles}
    Alert.objects.filter(ended_at__isnull=True).exclude(key__in=current).update(ended_at=now)
    Alert.objects.bulk_create(
        [Alert(key=t.key, sentence=t.sentence, since=now) for t in current.values()],
        ignore_conflicts=True,
    )
    Alert.objects.filter(ended_at__lt=now - KEEP).delete()


def _tell(*, now: datetime) -> int:
    """One mail for all that is to be told; said only after the server took it."""
    begun = Alert.objects.filter(
        told_at__isnull=True, ended_at__isnull=True, since__lte=now - PATIENCE
    )
    over = Alert.objects.filter(
        told_at__isnull=False, ended_at__isnull=False, end_told_at__isnull=True
    )
    lines = [*_lines(begun, "MULAI"), *_lines(over, "SELESAI")]
    if not lines or not settings.ALERT_EMAILS or not _mail(lines):
        return 0
    with transaction.atomic():
        over.filter(Q(ended_at__lte=now)).update(end_told_at=now)
        begun.update(told_at=now)
    return len(lines)


def _lines(alerts: QuerySet[Alert], word: str) -> list[str]:
    return [
        f"{word} ({timezone.localtime(alert.ended_at or alert.since):%d/%m %H.%M} WIB): "
        f"{alert.sentence}"
        for alert in alerts.order_by("since", "pk")
    ]


def _mail(lines: list[str]) -> bool:
    """Whether the server took it for one of the operators at least."""
    transport = make_transport(Channel.EMAIL, timeout=TIMEOUT_SECONDS)
    taken = 0
    try:
        for address in settings.ALERT_EMAILS:
            with contextlib.suppress(ConnectionLost):
                transport.open()
                outcome = transport.send(Message(address, _content(address, lines)))
                taken += outcome.state == Delivery.State.ACCEPTED
    except AccountTrouble as trouble:
        _log.error("operators could not be told: %s (%s)", "; ".join(lines), trouble)
    finally:
        transport.close()
    return taken > 0


def _content(address: str, lines: list[str]) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = f"Jakpreneur: {len(lines)} kabar pengiriman"
    mail["From"], mail["To"] = settings.SERVER_EMAIL, address
    mail.set_content("\n\n".join([*lines, f"Lihat {settings.PORTAL_URL}/admin/pengiriman/"]))
    return bytes(mail).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
