"""A session that changes takes its waiting reminders back, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from trainings.models import Reminder, ReminderTurn
from umkm_portal.messaging import ledger
from umkm_portal.messaging import services as messaging

REASON = "Jadwal sesi berubah."


def follow_sessions(sessions: Iterable[int], *, now: datetime) -> int:
    """Call back the waiting reminders of these sessions, which are locked; return how many.

    Where a session is at a time of which people were to be reminded before, whoever had not been
    is in turn again, with the facts as they are then.
    """
    turns = ReminderTurn.objects.filter(session__in=list(sessions))
    waiting = Reminder.objects.filter(
        turn__in=turns, state=Reminder.State.QUEUED, delivery__state__in=ledger.WAITING
    )
    ids = list(waiting.order_by("delivery").values_list("delivery", flat=True))
    cancelled = messaging.cancel_deliveries(ids, now=now, reason=REASON)
    again = turns.filter(
        starts_at=F("session__starts_at"), session__cancelled_at=None, expires_at__gt=now
    )
    again.update(done_at=None, settled_at=None, reached=0)
    return cancelled
