"""When all sessions of a cohort are over: who never came, who was there, who finished.

What a person was there for is reckoned in minutes of the sessions that were held. Judging is
repeatable: a mark that comes in later moves the person to where she belongs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef
from django.utils import timezone

from participants.models import Participant, StageEvent
from trainings.models import Attendance, Cohort, CohortQuerySet, Enrolment, Session
from trainings.services import seats
from trainings.services.transitions import State, move_all
from umkm_portal.accounts.models import User
from umkm_portal.common.dates import format_moment

VIA = "penutupan"
STAGE = "P2"
PATIENCE = timedelta(hours=12)
"""How long after its last session a cohort waits for marks that were made without a network."""


class CohortNotOver(Exception):
    """Sessions of the cohort lie ahead, or it has none; `str()` is the sentence for staff."""


@dataclass(frozen=True)
class Closed:
    """How many people of the cohort are in each state now."""

    no_show: int
    attended: int
    completed: int


@dataclass(frozen=True)
class Credit:
    """What was written so far about the step of one place."""

    standing: StageEvent | None = None
    count: int = 0
    is_by_hand: bool = False
    """Staff corrected the last step; their word stays, however the class is judged again."""


@dataclass(frozen=True)
class Presence:
    """Of one seat: whether she came to any session, and for how many minutes in all."""

    enrolment_id: int
    state: str
    has_come: bool
    minutes: int


_PRESENCE = """
SELECT e.id, e.state, COALESCE(bool_or(a.came_at IS NOT NULL), FALSE),
    COALESCE(sum({minutes}), 0)::int
FROM trainings_enrolment e
LEFT JOIN (trainings_attendance a JOIN trainings_session s
    ON s.id = a.session_id AND s.cancelled_at IS NULL) ON a.enrolment_id = e.id
WHERE e.cohort_id = %(cohort)s AND e.state = ANY(%(seated)s)
    AND (%(only)s::bigint[] IS NULL OR e.id = ANY(%(only)s))
GROUP BY e.id ORDER BY e.id
"""
MINUTES = """
CASE WHEN a.came_at IS NULL THEN 0
    WHEN a.minutes IS NOT NULL THEN LEAST(a.minutes, {length})
    WHEN a.left_at IS NULL THEN {length}
    ELSE GREATEST(0, round(extract(epoch FROM
        LEAST(a.left_at, s.ends_at) - GREATEST(a.came_at, s.starts_at)) / 60))
END
"""
"""Minutes of one attendance `a` at a session `s`: as measured, else from coming to leaving."""
LENGTH = "round(extract(epoch FROM s.ends_at - s.starts_at) / 60)"


def close_cohort(cohort: Cohort, *, by: User | None, now: datetime) -> Closed:
    """Judge everybody and finish the cohort; again is harmless.

    Raises CohortNotOver while a session lies ahead.
    """
    with transaction.atomic():
        cohort = seats.lock(cohort.pk)
        _check_over(cohort, now=now)
        judge(cohort, now=now, by=by)
        if cohort.state in (Cohort.State.OPEN, Cohort.State.CLOSED):
            cohort.state = Cohort.State.FINISHED
            cohort.save(update_fields=["state", "updated_at"])
    credit(cohort.pk, by=by, now=now)
    count = cohort.enrolments.filter
    return Closed(
        no_show=count(state=State.NO_SHOW).count(),
        attended=count(state=State.ATTENDED).count(),
        completed=count(state=State.COMPLETED).count(),
    )


def close_due(*, now: datetime) -> int:
    """Close the cohorts whose last session ended long enough ago; return how many.

    A class in which nobody was marked is left to the button: its list may still be on paper.
    """
    closed = 0
    for cohort in ended(now=now).filter(_is_marked()).order_by("pk"):
        try:
            close_cohort(cohort, by=None, now=now)
        except CohortNotOver:
            continue
        closed += 1
    return closed


def ended(*, now: datetime) -> CohortQuerySet:
    """Cohorts to be closed: over since long enough, and not finished."""
    running = [Cohort.State.OPEN, Cohort.State.CLOSED]
    return Cohort.objects.filter(state__in=running, ends_at__lte=now - PATIENCE)


def unmarked(*, now: datetime) -> CohortQuerySet:
    """Those of them that had people and in which nobody was ever marked."""
    return ended(now=now).filter(~_is_marked(), taken__gt=0)


def judge(
    cohort: Cohort, *, now: datetime, by: User | None = None, only: Sequence[int] | None = None
) -> int:
    """Move seats of a locked cohort to no_show, attended or completed; return how many moved."""
    needed = needed_minutes(cohort)
    moves: dict[tuple[str, State], list[int]] = defaultdict(list)
    for presence in presences(cohort, only=only):
        to = _verdict(presence, needed=needed)
        if to != presence.state:
            moves[presence.state, to].append(presence.enrolment_id)
    note = f"Ditutup oleh {by}." if by else ""
    for (source, to), ids in sorted(moves.items()):
        move_all(ids, source=State(source), to=to, now=now, via=VIA, note=note)
    if only is not None and moves:
        transaction.on_commit(partial(credit, cohort.pk, by=None, now=now), robust=True)
    return sum(map(len, moves.values()))


def presences(cohort: Cohort, *, only: Sequence[int] | None = None) -> list[Presence]:
    """Every seat of the cohort, or those named, with what it was there for."""
    query = _PRESENCE.format(minutes=MINUTES.format(length=LENGTH))
    values: dict[str, Any] = {
        "cohort": cohort.pk,
        "seated": list(Enrolment.SEATED),
        "only": list(only) if only is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [Presence(*row) for row in cursor.fetchall()]


def total_minutes(cohort: Cohort) -> int:
    """Minutes of all sessions that were not cancelled."""
    held = cohort.sessions.filter(cancelled_at=None)
    return sum(length_of(session) for session in held)


def length_of(session: Session) -> int:
    """Minutes of one session."""
    return round((session.ends_at - session.starts_at).total_seconds() / 60)


def needed_minutes(cohort: Cohort) -> int:
    """Minutes that finish the training: its percentage of all minutes, rounded up."""
    return -(-total_minutes(cohort) * cohort.training.pass_percent // 100)


def credit(cohort_id: int, *, by: User | None, now: datetime) -> int:
    """Bring the step P2 of everybody in line with who finished; return how many rows are new.

    In a transaction of its own: no lock on a person is held together with a cohort's. What a
    crash leaves undone the next closing makes good.
    """
    cohort = Cohort.objects.select_related("training").get(pk=cohort_id)
    known = _known_steps(cohort)
    finished = _finished(cohort)
    with transaction.atomic():
        fresh = _steps_of(cohort, finished, known, by=by, now=now)
        StageEvent.objects.bulk_create(fresh, batch_size=500, ignore_conflicts=True)
        wrong = [row.standing for pk, row in known.items() if row.standing and pk not in finished]
        for step in wrong:
            _take_back(step, by=by, now=now)
    return len(fresh) + len(wrong)


def _is_marked() -> Exists:
    return Exists(Attendance.objects.present().filter(session__cohort=OuterRef("pk")))


def _check_over(cohort: Cohort, *, now: datetime) -> None:
    last = cohort.sessions.filter(cancelled_at=None).aggregate(at=Max("ends_at"))["at"]
    if last is None:
        raise CohortNotOver("Gelombang ini belum punya sesi, jadi belum bisa ditutup.")
    if now < last:
        raise CohortNotOver(f"Sesi terakhir baru selesai {format_moment(last)}. Tutup sesudah itu.")


def _verdict(presence: Presence, *, needed: int) -> State:
    if not presence.has_come:
        return State.NO_SHOW
    return State.COMPLETED if presence.minutes >= needed else State.ATTENDED


def _finished(cohort: Cohort) -> dict[int, tuple[int, date]]:
    """Enrolments that finished: the person, and the day of the last session she came to."""
    rows = cohort.enrolments.filter(
        state=State.COMPLETED, participant__status=Participant.Status.ACTIVE
    )
    came = rows.annotate(last=Max("attendances__session__starts_at")).order_by("pk")
    return {
        pk: (person, timezone.localdate(last or cohort.ends_at))
        for pk, person, last in came.values_list("pk", "participant_id", "last")
    }


def _known_steps(cohort: Cohort) -> dict[int, Credit]:
    """By enrolment: the step that stands, if one does, how many were written, who has the word."""
    # A merge cancels the place of the record that goes; its step is among those to be judged.
    states = (*Enrolment.SEATED, State.CANCELLED)
    people = cohort.enrolments.filter(state__in=states).values("participant")
    ours = f"{_ref(cohort.pk)}:"
    rows = StageEvent.objects.filter(
        stage=STAGE, participant__in=people, source_ref__startswith=ours
    ).annotate(after=F("corrected_by__source_ref"))
    known: dict[int, Credit] = {}
    for step in rows.order_by("pk"):
        enrolment_id = int(step.source_ref.split(":")[2])
        before = known.get(enrolment_id, Credit())
        is_void = step.is_void  # ours: it corrects, and nothing corrects it
        known[enrolment_id] = Credit(
            standing=before.standing if is_void or step.after else step,
            count=before.count + 1,
            is_by_hand=before.is_by_hand or bool(step.after and not step.after.startswith(ours)),
        )
    return known


def _steps_of(
    cohort: Cohort,
    finished: dict[int, tuple[int, date]],
    known: dict[int, Credit],
    *,
    by: User | None,
    now: datetime,
) -> list[StageEvent]:
    facts = {pk: known.get(pk, Credit()) for pk in finished}
    return [
        StageEvent(
            participant_id=finished[pk][0],
            stage_id=STAGE,
            organisation_id=cohort.training.organiser_id,
            occurred_on=finished[pk][1],
            source_ref=f"{_ref(cohort.pk)}:{pk}:{row.count}",
            actor=by,
            created_at=now,
        )
        for pk, row in facts.items()
        if row.standing is None and not row.is_by_hand
    ]


def _take_back(step: StageEvent, *, by: User | None, now: datetime) -> None:
    """Void a step; while a merge runs the row is written for the record that stays."""
    merged_into = Participant.objects.values_list("merged_into", flat=True)
    StageEvent.objects.create(
        participant_id=merged_into.get(pk=step.participant_id) or step.participant_id,
        stage_id=step.stage_id,
        organisation_id=step.organisation_id,
        occurred_on=step.occurred_on,
        source_ref=f"{step.source_ref}:void",
        corrects=step,
        is_void=True,
        actor=by,
        created_at=now,
    )


def _ref(cohort_id: int) -> str:
    return f"cohort:{cohort_id}"
