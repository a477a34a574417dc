"""Counts of what became of messages, by minute and cause, written once a turn of a worker."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from umkm_portal.messaging.models import Delivery, SendingTally

KEEP = timedelta(days=40)
_SMTP = re.compile(r"^(\d{3})(?: (\d\.\d{1,3}\.\d{1,3}))?\b")
_API = re.compile(r'"code"\s*:\s*(\d+)')
_PRIVATE = re.compile(r"\[Errno \d+\]|\S*[@\d]\S*")
_LONGEST = 60
_ADD = """
INSERT INTO messaging_sendingtally (minute, account_id, state, cause, count)
SELECT date_trunc('minute', %(now)s::timestamptz), %(account)s, t.state, t.cause, t.count
FROM unnest(%(states)s::text[], %(causes)s::text[], %(counts)s::int[]) AS t (state, cause, count)
ORDER BY t.state, t.cause
ON CONFLICT (minute, account_id, state, cause)
DO UPDATE SET count = messaging_sendingtally.count + EXCLUDED.count
"""


def cause_of(error: str) -> str:
    """What went wrong, without whom it happened to: the server's code, else our own words."""
    if not error:
        return ""
    code = _SMTP.match(error)
    if api := _API.search(error):
        return f"{code[1] if code else ''} kode {api[1]}".strip()
    if code:
        return " ".join(filter(None, code.groups()))
    return " ".join(_PRIVATE.sub("", error).split())[:_LONGEST]


def add(account_id: int, counts: Mapping[tuple[str, str], int], *, now: datetime) -> None:
    """Count messages of one account by (state, cause)."""
    if not counts:
        return
    states, causes = zip(*counts, strict=True)
    values: dict[str, Any] = {
        "now": now,
        "account": account_id,
        "states": list(states),
        "causes": list(causes),
        "counts": list(counts.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)


def per_minute(
    *, now: datetime, minutes: int = 60, accounts: Collection[int] | None = None
) -> list[int]:
    """Messages accepted in each of the last whole minutes, the oldest first."""
    this = now.replace(second=0, microsecond=0)
    first = this - timedelta(minutes=minutes)
    rows = SendingTally.objects.filter(
        minute__gte=first, minute__lt=this, state=Delivery.State.ACCEPTED
    )
    if accounts is not None:
        rows = rows.filter(account__in=accounts)
    found = dict(rows.values_list("minute").annotate(sum=Sum("count")))
    return [found.get(first + timedelta(minutes=n), 0) for n in range(minutes)]


def failures(*, now: datetime, within: timedelta = timedelta(days=1)) -> list[tuple[str, str, int]]:
    """(state, cause, count) of what did not arrive, the most frequent first."""
    rows = SendingTally.objects.filter(minute__gte=now - within).exclude(
        state=Delivery.State.ACCEPTED
    )
    counted = rows.values_list("state", "cause").annotate(sum=Sum("count"))
    return list(counted.order_by("-sum", "state", "cause")[:20])
