"""How a running campaign goes on: its speed now, and when it may be through."""

from __future__ import annotations

import math
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Sum

from umkm_portal.messaging.models import Campaign, SendingAccount
from umkm_portal.messaging.operations import tallies
from umkm_portal.messaging.sending.pace import days_of


class Outlook(NamedTuple):
    """`per_minute` is of its accounts, whatever they send; `minutes` is None beyond today."""

    per_minute: float
    waiting: int
    minutes: int | None
    days: int


def outlook(campaign: Campaign, *, now: datetime) -> Outlook | None:
    """What its batches say, by their counters; None when nothing of it waits to be sent."""
    if campaign.state not in (Campaign.State.EXPANDING, Campaign.State.RUNNING):
        return None
    waiting = campaign.batches.order_by().values_list("account")
    counts = dict(waiting.annotate(n=Sum(F("pending") + F("sending") + F("failed_temporary"))))
    accounts = SendingAccount.objects.select_related("portfolio").in_bulk(
        [account for account, count in counts.items() if count]
    )
    if not accounts:
        return None
    days = max(days_of(one, counts[pk], now=now) for pk, one in accounts.items())
    seconds = max(counts[pk] / one.rate_per_second for pk, one in accounts.items())
    return Outlook(
        per_minute=sum(tallies.per_minute(now=now, minutes=5, accounts=list(accounts))) / 5,
        waiting=sum(counts[pk] for pk in accounts),
        minutes=max(1, math.ceil(seconds / 60)) if days <= 1 else None,
        days=days,
    )
