"""The class of this day was reminded of as the rules say, before anybody looked.

The messages count as delivered days ago; they are in nobody's mailbox.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from trainings.models import Reminder, Session
from trainings.reminders import due
from trainings.reminders.rules import settings_of
from trainings.reminders.services import remind_due
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Delivery

_LOOKED_BACK = timedelta(days=10)


def remind_of_class(session: Session, *, now: datetime) -> None:
    """Let the beats of the last days happen, and what they queued arrive."""
    programme = session.cohort.training.programme_id
    moments = due.moments_of(
        session.starts_at,
        settings_of({programme})[programme],
        holidays=due.holidays_around([session.starts_at]),
    )
    for moment in moments:
        if now - _LOOKED_BACK < moment.due_at <= now:
            remind_due(now=moment.due_at)
            _arrive(now=moment.due_at)


def _arrive(*, now: datetime) -> None:
    waiting = Reminder.objects.filter(delivery__state__in=ledger.WAITING).order_by("delivery")
    ledger.move(
        list(waiting.values_list("delivery", flat=True)),
        to=Delivery.State.DELIVERED,
        from_states=ledger.WAITING,
        now=now,
    )
