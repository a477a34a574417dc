"""Signs of life: every queue is asked twice a minute, and a worker of it answers into a row."""

from __future__ import annotations

from datetime import datetime, timedelta

from umkm_portal.messaging import nudges
from umkm_portal.messaging.models import QueuePulse

QUEUES = {
    "urgent": timedelta(minutes=3),
    "bulk": timedelta(minutes=5),
    "imports": timedelta(minutes=20),
}
"""How long a queue may be silent: its longest tasks keep all its workers busy for so long."""
SWEEP = "sweep"
SWEEP_SILENT = timedelta(minutes=2)
EXPIRES_SECONDS = 60.0
TASK = "answer_pulse"


def ask(*, now: datetime) -> None:
    """Ask every queue; a broker that is away is found out by their silence."""
    for queue in QUEUES:
        note(queue, asked_at=now)
        nudges.now(TASK, expires=EXPIRES_SECONDS, queue=queue)


def note(queue: str, **at: datetime) -> None:
    QueuePulse.objects.update_or_create(queue=queue, defaults=at)


def silent_since(*, now: datetime) -> dict[str, datetime | None]:
    """Queues and the sweep that have been silent for too long, with their last sign of life."""
    seen = dict(QueuePulse.objects.values_list("queue", "answered_at"))
    limits = {**QUEUES, SWEEP: SWEEP_SILENT}
    return {
        name: seen.get(name)
        for name, limit in limits.items()
        if (last := seen.get(name)) is None or now - last > limit
    }
