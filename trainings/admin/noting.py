"""Papers with people's names that staff take along: those people can read who did."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from participants.access import record_access
from participants.models import DataAccess
from trainings.models import Enrolment
from umkm_portal.accounts.models import User


def note_names_taken(
    enrolments: QuerySet[Enrolment], *, by: User, purpose: str, now: datetime
) -> None:
    """Write an access for each of these people, once a day for the same purpose."""
    ids = set(enrolments.values_list("participant_id", flat=True))
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    known = DataAccess.objects.filter(actor=by, purpose=purpose, happened_at__gte=today)
    told = known.filter(participant__in=ids).values_list("participant", flat=True)
    record_access(
        sorted(ids - {*told}),
        kind=DataAccess.Kind.EXPORT,
        actor=by,
        purpose=purpose,
        fields=("Nama",),
        now=now,
    )
