"""How sending stands right now, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, F, Max, Min, Sum
from django.utils import timezone

from umkm_portal.messaging import transports
from umkm_portal.messaging.models import (
    Campaign,
    DeliveryBatch,
    QueuePulse,
    SendingAccount,
    WebhookEvent,
)
from umkm_portal.messaging.operations import pulses, tallies
from umkm_portal.messaging.sending.hours import is_open

Priority = DeliveryBatch.Priority
LATE = {Priority.URGENT: timedelta(minutes=2), Priority.BULK: timedelta(minutes=15)}
"""How long a batch may wait for a worker once it is due."""
WEBHOOK_LATE = timedelta(minutes=5)
LINES = {"urgent": (Priority.URGENT, Priority.BULK - 1), "bulk": (Priority.BULK, Priority.BULK)}
QUEUE_NAMES = {
    "urgent": "Segera (kode, kursi, perubahan)",
    "bulk": "Massal (kampanye)",
    "imports": "Berkas dan daftar",
    pulses.SWEEP: "Jadwal (beat)",
}


class Queue(NamedTuple):
    """Batches and messages that are due, the oldest of them, and the last sign of life."""

    name: str
    label: str
    batches: int
    messages: int
    oldest: datetime | None
    answered_at: datetime | None


class Source(NamedTuple):
    """Reports of one provider: the last one, and how many wait to be worked."""

    name: str
    last_at: datetime | None
    waiting: int


class Trouble(NamedTuple):
    """Something that a person must look at; `key` stays the same while it lasts."""

    key: str
    sentence: str
    advice: str
    campaign_id: int | None = None


@dataclass(frozen=True)
class Operations:
    """All of it at one moment; `minutes` are messages accepted in each of the last 60."""

    at: datetime
    queues: list[Queue]
    minutes: list[int]
    failures: list[tuple[str, str, int]]
    sources: list[Source]
    accounts: list[SendingAccount]
    troubles: list[Trouble]

    @property
    def per_minute(self) -> float:
        """The mean of the last five whole minutes."""
        return sum(self.minutes[-5:]) / 5


def operations_of(*, now: datetime) -> Operations:
    """Eight small statements, none over deliveries."""
    queues = _queues(now)
    accounts = list(SendingAccount.objects.order_by("channel", "pk"))
    sources = _sources(now)
    return Operations(
        at=now,
        queues=queues,
        minutes=tallies.per_minute(now=now),
        failures=tallies.failures(now=now),
        sources=sources,
        accounts=accounts,
        troubles=[
            *_of_queues(now),
            *_of_accounts(accounts),
            *_of_campaigns(now, accounts),
            *_of_webhooks(now),
        ],
    )


def _due(now: datetime) -> dict[int, tuple[int, int, datetime]]:
    """By priority: batches, messages and the oldest moment; only those of campaigns that run."""
    due = DeliveryBatch.objects.due(now=now).filter(
        campaign__state__in=(Campaign.State.RUNNING, Campaign.State.EXPANDING)
    )
    rows = due.values("priority").annotate(
        batches=Count("pk"),
        messages=Sum(F("pending") + F("failed_temporary")),
        oldest=Min("due_at"),
    )
    return {row["priority"]: (row["batches"], row["messages"], row["oldest"]) for row in rows}


def _queues(now: datetime) -> list[Queue]:
    due = _due(now)
    seen = dict(QueuePulse.objects.values_list("queue", "answered_at"))
    queues = []
    for name, label in QUEUE_NAMES.items():
        first, last = LINES.get(name, (0, -1))
        mine = [found for priority, found in due.items() if first <= priority <= last]
        queues.append(
            Queue(
                *(name, label, sum(b for b, _, _ in mine), sum(m for _, m, _ in mine)),
                *(min((at for *_, at in mine), default=None), seen.get(name)),
            )
        )
    return queues


def _sources(now: datetime) -> list[Source]:
    last = dict(WebhookEvent.objects.values_list("source").annotate(last=Max("received_at")))
    due = WebhookEvent.objects.due(now=now).values_list("source").annotate(count=Count("pk"))
    waiting = dict(due)
    return [Source(name, at, waiting.get(name, 0)) for name, at in sorted(last.items())]


def _of_queues(now: datetime) -> list[Trouble]:
    return [
        Trouble(
            f"queue:{name}",
            f"Antrean “{QUEUE_NAMES[name]}” tidak memberi kabar"
            + (f" sejak {_clock(last)}." if last else "."),
            "Periksa apakah proses pekerja, jadwal, dan Valkey berjalan; pesan tetap tersimpan.",
        )
        for name, last in pulses.silent_since(now=now).items()
    ]


def _of_accounts(accounts: list[SendingAccount]) -> list[Trouble]:
    found = []
    for account in accounts:
        if account.state == SendingAccount.State.BROKEN:
            sentence = f"{account.name} dihentikan sementara: {account.state_reason}"
            advice = "Dicoba lagi sendiri; periksa server atau akun bila berulang."
            found.append(Trouble(f"account:{account.pk}", sentence[:300], advice))
    return found


def _of_campaigns(now: datetime, accounts: list[SendingAccount]) -> list[Trouble]:
    """Campaigns whose messages are due for long although their account may send."""
    able = [a.pk for a in accounts if _may_send(a, now)]
    late = (
        DeliveryBatch.objects.due(now=now - LATE[Priority.BULK])
        .filter(account__in=able, campaign__state=Campaign.State.RUNNING)
        .values_list("campaign", "campaign__title")
        .annotate(oldest=Min("due_at"))
        .order_by("oldest")[:20]
    )
    return [
        Trouble(
            f"campaign:{pk}",
            f"“{title}” tidak bergerak sejak {_clock(oldest)}."[:300],
            "Buka kampanyenya; bila prosesnya hidup, jeda lalu lanjutkan.",
            pk,
        )
        for pk, title, oldest in late
    ]


def _may_send(account: SendingAccount, now: datetime) -> bool:
    is_on = account.state == SendingAccount.State.OPEN
    return is_on and is_open(account, now=now) and not transports.off_reason(account.channel)


def _of_webhooks(now: datetime) -> list[Trouble]:
    waiting = WebhookEvent.objects.due(now=now - WEBHOOK_LATE).filter(tries=0).count()
    if not waiting:
        return []
    sentence = f"{waiting} laporan penyedia belum dikerjakan lebih dari 5 menit."
    return [Trouble("webhooks", sentence, "Periksa pekerja antrean “segera”.")]


def _clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%d/%m %H.%M} WIB"
