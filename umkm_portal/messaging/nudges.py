"""Telling the workers, after commit, that there is something to do.

A nudge carries no data that matters: the rows are the queue, and beat finds what a lost nudge did
not tell. So a broker that is down, slow or emptied is never an error here.
"""

from __future__ import annotations

import logging
import time
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Connection
from kombu.pools import producers

TIMEOUT_SECONDS = 1.0
SILENCE_SECONDS = 5.0
"""After a failure nobody tries again for so long: clicks do not queue up behind a dead broker."""
WORK, URGENT, EXPAND = "work_batches", "deliver_urgent", "expand"
WEBHOOKS = "work_webhooks"

_log = logging.getLogger(__name__)
_silent_until = 0.0


def after_commit(task: str, *, expires: float | None = None, **ids: int | list[int] | None) -> None:
    """Nudge the workers once the running transaction is committed."""
    transaction.on_commit(lambda: now(task, expires=expires, queue="", **ids), robust=True)


def now(
    task: str, *, expires: float | None = None, queue: str = "", **ids: int | list[int] | None
) -> bool:
    """Nudge the workers; False when the broker did not take it within a second.

    `task` is one of messaging, or the full name of another app's; `queue` another than its own.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        name = task if "." in task else f"umkm_portal.messaging.tasks.{task}"
        _publish(name, expires, ids, queue)
    except Exception as error:  # whatever a broker does, the rows are safe
        _silent_until = time.monotonic() + SILENCE_SECONDS
        _log.warning("nudge %s not sent: %s", task, error)
        return False
    return True


def _publish(
    name: str, expires: float | None, ids: dict[str, int | list[int] | None], queue: str
) -> None:
    with producers[_connection()].acquire(block=True, timeout=TIMEOUT_SECONDS) as producer:
        current_app.send_task(
            name,
            kwargs=ids,
            producer=producer,
            expires=expires,
            retry=False,
            ignore_result=True,
            queue=queue or None,
        )


@cache
def _connection() -> Connection:
    """A broker connection of our own: the workers' one waits longer than a click may."""
    return current_app.connection_for_write(
        settings.CELERY_BROKER_URL,
        connect_timeout=TIMEOUT_SECONDS,
        transport_options={
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "max_retries": 0,
            "retry_on_timeout": False,
        },
    )
