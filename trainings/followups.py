"""Answers that ask staff for something: a wrong address, another date."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from trainings.models import Enrolment, EnrolmentEvent
from trainings.models.enrolments import EnrolmentQuerySet
from umkm_portal.accounts.models import User

HANDLED = "ditangani"
"""`via` of the event by which staff close such a task; the state stays as answered."""
STATES = (Enrolment.State.NOT_MINE, Enrolment.State.WANTS_OTHER_DATE)


def open_followups() -> EnrolmentQuerySet:
    """Enrolments whose last answer still waits for a person of the staff."""
    handled = EnrolmentEvent.objects.filter(
        enrolment=OuterRef("pk"), via=HANDLED, happened_at__gte=OuterRef("changed_at")
    )
    return Enrolment.objects.filter(state__in=STATES).exclude(Exists(handled))


def close_followup(enrolment: Enrolment, *, note: str, actor: User, now: datetime) -> bool:
    """Note that staff took care of it; False when there is nothing open."""
    if not open_followups().filter(pk=enrolment.pk).exists():
        return False
    EnrolmentEvent.objects.create(
        enrolment=enrolment,
        from_state=enrolment.state,
        to_state=enrolment.state,
        via=HANDLED,
        actor=actor,
        note=note[:300],
        happened_at=now,
    )
    return True
