"""Circuit breaker of sending accounts: trouble stops an account for a while, and says why.

While it is open nothing is sent. Then one message is, alone: the probe. When the provider takes it
the circuit closes; when it does not, the account rests twice as long. A provider that takes
messages and reports later that they failed has proved nothing by taking one: there the report
about the probe decides.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from umkm_portal.messaging.models import Delivery, DeliveryEvent, SendingAccount
from umkm_portal.messaging.sending.hours import is_open
from umkm_portal.messaging.transports import AccountTrouble, channels_sending

State = SendingAccount.State
TROUBLES_TO_BREAK = 3
LOOK_SECONDS = 1.0
FIRST_BREAK, LONGEST_BREAK = timedelta(seconds=15), timedelta(minutes=10)
_CLOSED = {
    "state": State.OPEN,
    "state_reason": "",
    "broken_until": None,
    "failures_in_row": 0,
    "is_proved_by_report": False,
    "probe_id": None,
}


class Openings:
    """Accounts and channels that may send, asked once a second.

    Whether an account has been stopped meanwhile is looked at with each claim.
    """

    def __init__(self) -> None:
        self._asked_at = -LOOK_SECONDS
        self.open: list[int] = []
        self.alive: list[int] = []
        self.channels: list[str] = []

    def look(self, *, now: datetime) -> None:
        """Ask again when the answer is old."""
        if time.monotonic() - self._asked_at < LOOK_SECONDS:
            return
        self._asked_at = time.monotonic()
        self.open, self.alive = usable_accounts(now=now)
        self.channels = channels_sending()


def usable_accounts(*, now: datetime) -> tuple[list[int], list[int]]:
    """Ids of accounts that may send bulk messages now, and of those that may send at all."""
    alive = SendingAccount.objects.filter(
        Q(state=State.OPEN) | Q(state=State.BROKEN, broken_until__lte=now)
    )
    accounts = list(alive.order_by("pk"))
    return [a.pk for a in accounts if is_open(a, now=now)], [a.pk for a in accounts]


def record_trouble(account: SendingAccount, trouble: AccountTrouble, *, now: datetime) -> datetime:
    """Count a failure of the account itself; return when to try again.

    The third in a row, or a lasting one, breaks the circuit, twice as long each time.
    """
    SendingAccount.objects.filter(pk=account.pk).update(failures_in_row=F("failures_in_row") + 1)
    account.refresh_from_db(fields=["failures_in_row", "state"])
    failures = account.failures_in_row
    if failures < TROUBLES_TO_BREAK and not trouble.is_lasting and account.state == State.OPEN:
        return now + timedelta(seconds=random.uniform(1, 3))  # noqa: S311 (jitter)
    until = now + _rest(failures)
    stop_account(account, reason=str(trouble), until=until)
    return until


def stop_account(account: SendingAccount, *, reason: str, until: datetime) -> None:
    """Break the circuit until a moment; one that staff switched off stays off."""
    SendingAccount.objects.filter(pk=account.pk).exclude(state=State.OFF).update(
        state=State.BROKEN, state_reason=reason[:300], broken_until=until, probe_id=None
    )


def record_success(
    account: SendingAccount, *, delivery_id: int, since: datetime | None, now: datetime
) -> None:
    """Close the circuit again, or wait for the report on the probe that began at `since`.

    The report may have come before the provider's answer. Writes only after trouble.
    """
    if account.failures_in_row == 0 and account.state == State.OPEN:
        return
    mine = SendingAccount.objects.filter(pk=account.pk).exclude(state=State.OFF)
    if mine.filter(is_proved_by_report=True).update(probe_id=delivery_id) and not _is_reported(
        delivery_id, since=since or now
    ):
        return
    close_circuit(mine, now=now)
    account.failures_in_row, account.state = 0, State.OPEN


def close_circuit(accounts: QuerySet[SendingAccount], *, now: datetime) -> int:
    """Let accounts that are not switched off send again; return how many."""
    return accounts.exclude(state=State.OFF).update(**_CLOSED, well_since=now)


def _is_reported(delivery_id: int, *, since: datetime) -> bool:
    """Whether the provider said that a message went; it counts in whole seconds."""
    went = (Delivery.State.ACCEPTED, Delivery.State.DELIVERED, Delivery.State.READ)
    events = DeliveryEvent.objects.filter(delivery=delivery_id, state__in=went)
    return events.filter(happened_at__gte=since - timedelta(seconds=1)).exists()


class Probe:
    """The one message with which a worker tries a stopped account, when its rest is over."""

    def __init__(self, account: SendingAccount) -> None:
        self._account = account
        self.began_at: datetime | None = None
        self.is_spent = False
        """Whether the one message was handed over."""

    @property
    def is_ours(self) -> bool:
        """Whether this worker is the one that tries."""
        return self.began_at is not None and self._account.state == State.BROKEN

    @property
    def next_at(self) -> datetime:
        """When the account is tried next."""
        return self._account.broken_until or timezone.now()

    def most(self, *, now: datetime) -> int:
        """How many messages may be handed over next: any number, the one probe, or none."""
        if self._account.state != State.BROKEN:
            return sys.maxsize
        if self.began_at is not None:
            return 0 if self.is_spent else 1
        if not begin_probe(self._account, now=now):
            return 0 if self._account.state == State.BROKEN else sys.maxsize
        self.began_at = now
        return 1


def begin_probe(account: SendingAccount, *, now: datetime) -> bool:
    """Take the one message with which an account is tried; False when another worker has it.

    `account.broken_until` tells afterwards when the next one is due.
    """
    rest = max(_rest(account.failures_in_row), settings.BATCH_LEASE)
    due = SendingAccount.objects.filter(pk=account.pk, state=State.BROKEN, broken_until__lte=now)
    is_ours = bool(due.update(broken_until=now + rest, probe_id=None))
    account.refresh_from_db(fields=["state", "broken_until", "is_proved_by_report"])
    return is_ours


def break_by_report(
    account: SendingAccount, *, reason: str, happened_at: datetime, delivery_id: int, now: datetime
) -> bool:
    """A provider reports a failure that is ours; whether it was news.

    A hundred messages that failed together break the circuit once, and what failed before it
    closed last breaks nothing.
    """
    rows = SendingAccount.objects.filter(pk=account.pk)
    is_new = Q(state=State.OPEN) & (Q(well_since=None) | Q(well_since__lte=happened_at))
    if not rows.filter(is_new | Q(state=State.BROKEN, probe_id=delivery_id)).exists():
        return False
    record_trouble(account, AccountTrouble(reason, is_lasting=True), now=now)
    rows.update(is_proved_by_report=True)
    return True


def prove_by_reports(delivery_ids: Collection[int], *, now: datetime) -> int:
    """Reports say that these messages went: accounts whose probe is one of them send again."""
    probed = SendingAccount.objects.filter(state=State.BROKEN, probe_id__in=delivery_ids)
    return close_circuit(probed, now=now) if delivery_ids else 0


def _rest(failures: int) -> timedelta:
    doublings = min(max(0, failures - TROUBLES_TO_BREAK), 10)
    return min(LONGEST_BREAK, FIRST_BREAK * 2**doublings)
