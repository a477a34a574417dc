"""The only place where an enrolment changes its state; each change appends an event.

`ALLOWED` is the table of moves. The counters of seats are kept by `trainings.services.seats`, in
the same transaction as the move.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from participants.models import Participant
from trainings.activity import SYSTEM, is_activity, note_activity
from trainings.models import Cohort, Enrolment, EnrolmentEvent, InvitationRound
from umkm_portal.accounts.models import User
from umkm_portal.common.codes import new_code

State = Enrolment.State

STAFF = "petugas"

_CHANGES_HER_MIND = frozenset(
    {State.CONFIRMED, State.WAITLISTED, State.DECLINED, State.WANTS_OTHER_DATE, State.NOT_MINE}
)
ALLOWED: dict[str, frozenset[State]] = {
    State.INVITED: _CHANGES_HER_MIND | {State.EXPIRED},
    State.EXPIRED: _CHANGES_HER_MIND,
    State.DECLINED: _CHANGES_HER_MIND | {State.INVITED},
    State.WANTS_OTHER_DATE: _CHANGES_HER_MIND | {State.INVITED},
    State.NOT_MINE: frozenset({State.INVITED}),
    State.CANCELLED: frozenset({State.CONFIRMED, State.WAITLISTED, State.INVITED}),
    State.WAITLISTED: _CHANGES_HER_MIND - {State.WAITLISTED, State.CONFIRMED}
    | {State.OFFERED, State.CANCELLED},
    State.OFFERED: _CHANGES_HER_MIND | {State.EXPIRED, State.CANCELLED},
    State.CONFIRMED: frozenset({State.CANCELLED, State.ATTENDED, State.NO_SHOW, State.COMPLETED}),
    State.ATTENDED: frozenset({State.CONFIRMED, State.COMPLETED, State.NO_SHOW}),
    State.NO_SHOW: frozenset({State.ATTENDED, State.COMPLETED, State.WANTS_OTHER_DATE}),
    State.COMPLETED: frozenset({State.ATTENDED, State.NO_SHOW}),
}


class TransitionRefused(Exception):
    """The enrolment cannot go from its state to the wished one, or somebody else moved it first."""


def create(
    cohort: Cohort,
    participant: Participant,
    *,
    now: datetime,
    via: str,
    actor: User | None = None,
    note: str = "",
    **facts: object,
) -> Enrolment:
    """A new enrolment in the state `invited`, with its first event."""
    enrolment = Enrolment.objects.create(
        cohort=cohort,
        participant=participant,
        training_id=cohort.training_id,
        created_at=now,
        changed_at=now,
        **facts,
    )
    EnrolmentEvent.objects.create(
        enrolment=enrolment,
        to_state=State.INVITED,
        via=via,
        actor=actor,
        note=note[:300],
        happened_at=now,
    )
    return enrolment


def move(
    enrolment: Enrolment,
    *,
    to: State,
    now: datetime,
    via: str,
    actor: User | None = None,
    note: str = "",
    **facts: object,
) -> EnrolmentEvent:
    """Move one enrolment, with further `facts` of the row, and return the event appended.

    Raises TransitionRefused when the table has no such move or the row has left its state.
    """
    event = EnrolmentEvent(
        enrolment=enrolment,
        from_state=enrolment.state,
        to_state=to,
        via=via,
        actor=actor,
        note=note[:300],
        happened_at=now,
    )
    moved = _move([enrolment.pk], event, facts)
    if not moved:
        raise TransitionRefused(f"{enrolment} is no longer {enrolment.state}")
    event.pk = moved[0]
    enrolment.state, enrolment.changed_at = to, now
    for name, value in facts.items():
        setattr(enrolment, name, value)
    if is_activity(event):
        note_activity([enrolment.participant_id], at=now)
    return event


def move_all(
    ids: Sequence[int], *, source: State, to: State, now: datetime, via: str, note: str = ""
) -> int:
    """Move those of the enrolments that are still in `source`; return how many they were."""
    event = EnrolmentEvent(
        from_state=source, to_state=to, via=via, note=note[:300], happened_at=now
    )
    moved = _move(ids, event, {})
    if moved and is_activity(event):
        people = Enrolment.objects.filter(events__in=moved).values_list("participant_id", flat=True)
        note_activity(list(people), at=now)
    return len(moved)


_COLUMNS = {
    "answered_at": "answered_at",
    "answered_by": "answered_by_id",
    "answer_via": "answer_via",
    "arrival_no": "arrival_no",
    "reason": "reason",
}
"""Facts that a move may set."""

MOVED = """
moved AS (
    UPDATE trainings_enrolment e SET state = %(to)s, changed_at = %(now)s{facts}
    FROM won WHERE e.id = won.id AND e.state = %(source)s RETURNING e.id, {number} AS event_id
), event AS (
    INSERT INTO trainings_enrolmentevent (id, enrolment_id, from_state, to_state, via, actor_id,
        note, happened_at)
    SELECT event_id, id, %(source)s, %(to)s, %(via)s, %(actor)s, %(note)s, %(now)s FROM moved
    RETURNING id
)
"""
"""Parts of a statement: each row of `won` moves, with its event; `event_facts` has parameters.

`number` gives the key of the event: the next one, or one drawn before.
"""
_NEXT = "nextval('trainings_enrolmentevent_id_seq')"

_MOVE = f"""
WITH won AS MATERIALIZED (
    SELECT id FROM trainings_enrolment
    WHERE id = ANY(%(ids)s) AND state = %(source)s ORDER BY id FOR NO KEY UPDATE
), {MOVED}
SELECT id FROM event
"""  # noqa: S608
"""Rows are locked in the order of their keys: two such statements never wait in a circle."""


def _move(ids: Sequence[int], event: EnrolmentEvent, facts: dict[str, object]) -> list[int]:
    """Change the rows that are still in the event's `from_state`, each with its event."""
    if event.to_state not in ALLOWED[event.from_state]:
        raise TransitionRefused(f"no move from {event.from_state} to {event.to_state}")
    assigned = "".join(f", {_COLUMNS[name]} = %({name})s" for name in facts)
    values: dict[str, Any] = {
        name: value.pk if isinstance(value, User) else value for name, value in facts.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE.format(facts=assigned, number=_NEXT),
            {"ids": list(ids), **event_facts(event), **values},
        )
        return [pk for (pk,) in cursor.fetchall()]


def event_facts(event: EnrolmentEvent) -> dict[str, Any]:
    """The parameters of `MOVED`, but for the further facts of the row."""
    return {
        "source": event.from_state,
        "to": event.to_state,
        "via": event.via,
        "actor": event.actor_id,
        "note": event.note,
        "now": event.happened_at,
    }


_INSERT_INVITED = """
WITH living AS MATERIALIZED (
    SELECT person.id FROM round_choice AS choice
    JOIN participants_participant AS person ON person.id = choice.participant_id
    WHERE choice.is_chosen AND person.status = 'active' FOR KEY SHARE OF person
), picked AS (
    SELECT participant_id, row_number() OVER (ORDER BY place, participant_id) AS number
    FROM round_choice JOIN living ON living.id = participant_id WHERE is_chosen
), fresh AS (
    INSERT INTO trainings_enrolment (public_id, short_code, participant_id, cohort_id,
        training_id, round_id, state, priority, priority_reason, reason, answer_via, answer_by,
        created_at, changed_at)
    SELECT gen_random_uuid(), code, participant_id, %(cohort)s, %(training)s, %(round)s,
        'invited', 0, '', '', '', %(deadline)s, %(now)s, %(now)s
    FROM picked JOIN unnest(%(codes)s) WITH ORDINALITY AS drawn (code, number) USING (number)
    ORDER BY number
    ON CONFLICT (cohort_id, participant_id) DO NOTHING
    RETURNING id
)
INSERT INTO trainings_enrolmentevent (enrolment_id, from_state, to_state, via, actor_id, note,
    happened_at)
SELECT id, '', 'invited', %(via)s, %(actor)s, %(note)s, %(now)s FROM fresh
"""


def create_invited(
    opened: InvitationRound, *, actor: User | None, now: datetime, note: str = ""
) -> int:
    """Invite everybody chosen in the table `round_choice`; return how many are new.

    Whoever has an enrolment in the cohort by then, through another campaign at the same moment,
    is left as she is, and so is who was merged since she was chosen.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM round_choice WHERE is_chosen")
        (count,) = cursor.fetchone()
        cursor.execute(
            _INSERT_INVITED,
            {
                "cohort": opened.cohort_id,
                "training": opened.cohort.training_id,
                "round": opened.pk,
                "deadline": opened.deadline_at,
                "codes": _unused_codes(count),
                "via": STAFF if actor else SYSTEM,
                "actor": actor.pk if actor else None,
                "note": note[:300],
                "now": now,
            },
        )
        return cursor.rowcount


def _unused_codes(count: int) -> list[str]:
    """Fresh short codes that no enrolment has."""
    codes: set[str] = set()
    while len(codes) < count:
        drawn = {new_code() for _ in range(count - len(codes))}
        codes |= drawn - _taken(drawn)
    return list(codes)


def _taken(codes: set[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT short_code FROM trainings_enrolment WHERE short_code = ANY(%s)", [list(codes)]
        )
        return {code for (code,) in cursor.fetchall()}


def note_down(
    enrolment: Enrolment, *, now: datetime, note: str, actor: User | None = None
) -> EnrolmentEvent:
    """Append a remark to the history of an enrolment that stays where it is."""
    return EnrolmentEvent.objects.create(
        enrolment=enrolment,
        from_state=enrolment.state,
        to_state=enrolment.state,
        via=STAFF if actor else SYSTEM,
        actor=actor,
        note=note[:300],
        happened_at=now,
    )
