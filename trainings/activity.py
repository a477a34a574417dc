"""What in trainings counts as an activity of a person: an answer of hers, and coming to class."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from participants.activity import record_activity
from trainings.models import Enrolment, EnrolmentEvent

State = Enrolment.State
SYSTEM = "sistem"
"""`via` of a move that nobody asked for: a deadline passed, a seat became free."""
ANSWERS = frozenset(
    {State.CONFIRMED, State.WAITLISTED, State.DECLINED, State.WANTS_OTHER_DATE, State.CANCELLED}
)
IN_CLASS = frozenset({State.ATTENDED, State.COMPLETED})

SOURCE = """
SELECT enrolment.participant_id, event.happened_at
FROM trainings_enrolment AS enrolment
JOIN trainings_enrolmentevent AS event ON event.enrolment_id = enrolment.id
WHERE enrolment.participant_id BETWEEN %(first)s AND %(last)s
  AND event.from_state <> event.to_state
  AND (event.to_state IN ('attended', 'completed')
       OR event.via <> 'sistem' AND event.to_state IN
          ('confirmed', 'waitlisted', 'declined', 'wants_other_date')
       OR event.via <> 'sistem' AND event.to_state = 'cancelled' AND event.actor_id IS NULL)
"""
"""`is_activity` of all events of some people, for `participants.activity.register_source`."""


def is_activity(event: EnrolmentEvent) -> bool:
    """Whether the person did something; staff who cancel for her do it without her."""
    to = State(event.to_state)
    if to in IN_CLASS:
        return True
    by_staff = to == State.CANCELLED and event.actor_id is not None
    return to in ANSWERS and event.via != SYSTEM and not by_staff


def note_activity(participant_ids: Sequence[int], *, at: datetime) -> None:
    """Record it once the move is committed: no lock on a person is held together with a cohort's.

    What a crash loses here comes back from the events at night.
    """
    record = partial(record_activity, list(participant_ids), at=at)
    transaction.on_commit(record, robust=True)
