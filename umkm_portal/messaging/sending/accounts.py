"""Circuit breaker of sending accounts: trouble stops an account for a while, and says why."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db.models import F, Q

from umkm_portal.messaging.models import SendingAccount
from umkm_portal.messaging.sending.hours import is_open
from umkm_portal.messaging.transports import AccountTrouble

State = SendingAccount.State
TROUBLES_TO_BREAK = 3
FIRST_BREAK, LONGEST_BREAK = timedelta(seconds=15), timedelta(minutes=10)


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
    if failures < TROUBLES_TO_BREAK and not trouble.is_lasting:
        return now + timedelta(seconds=random.uniform(1, 3))  # noqa: S311 (jitter)
    doublings = min(max(0, failures - TROUBLES_TO_BREAK), 10)
    until = now + min(LONGEST_BREAK, FIRST_BREAK * 2**doublings)
    SendingAccount.objects.filter(pk=account.pk).exclude(state=State.OFF).update(
        state=State.BROKEN, state_reason=str(trouble)[:300], broken_until=until
    )
    return until


def record_success(account: SendingAccount) -> None:
    """Close the circuit again; writes only when there was trouble."""
    if account.failures_in_row == 0 and account.state == State.OPEN:
        return
    SendingAccount.objects.filter(pk=account.pk).exclude(state=State.OFF).update(
        state=State.OPEN, state_reason="", broken_until=None, failures_in_row=0
    )
    account.failures_in_row, account.state = 0, State.OPEN
