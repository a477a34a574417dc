"""Papers with people's names that staff take along: those people can read who did."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from participants.access import record_taken
from trainings.models import Enrolment
from umkm_portal.accounts.models import User


def note_names_taken(
    enrolments: QuerySet[Enrolment], *, by: User, purpose: str, now: datetime
) -> None:
    """Write an access for each of these people, once a day for the same purpose."""
    ids = set(enrolments.values_list("participant_id", flat=True))
    record_taken(ids, actor=by, purpose=purpose, fields=("Nama",), now=now)
