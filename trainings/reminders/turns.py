"""Which rules have fallen due: one turn for each session and time, one for each round."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from trainings.models import Cohort, InvitationRound, ReminderTurn, Session, SessionChange
from trainings.reminders import due
from trainings.reminders.due import Moment
from trainings.reminders.rules import settings_of
from umkm_portal.messaging.models import Campaign, QueuePulse
from umkm_portal.messaging.operations import pulses

LOOK_BACK = timedelta(days=3)
"""So far back every minute looks, also when the last one before it was a minute ago."""
LOOKED = "reminders"
"""The sign of life that says until when the rules were reckoned."""
LOOK_AHEAD = timedelta(days=72 + due.LONGEST_HOLIDAY)
RUNNING = (Cohort.State.OPEN, Cohort.State.CLOSED)
WATCHED = (*RUNNING, Cohort.State.FINISHED)
UNWATCHED = timedelta(minutes=5)
"""Minutes without a look after which what passed meanwhile is looked for."""
_CHUNK = 500


def open_turns(*, now: datetime) -> int:
    """Write the turns that are due and not there yet; return how many were looked at.

    What a change of the session has overtaken is not due: people hear of that by its own message.
    """
    looked_at = _last_look()
    found = [
        *_of_sessions(sessions_near(now=now), now=now),
        *_of_sessions(_passed_unseen(looked_at, now=now), since=looked_at, now=now),
        *_of_rounds(now=now),
    ]
    ReminderTurn.objects.bulk_create(found, batch_size=_CHUNK, ignore_conflicts=True)
    pulses.note(LOOKED, answered_at=now)
    return len(found)


def sessions_near(*, now: datetime) -> QuerySet[Session]:
    """Sessions of published cohorts that rules may be about now."""
    return Session.objects.filter(
        cancelled_at=None,
        cohort__state__in=RUNNING,
        starts_at__gt=now - LOOK_BACK,
        starts_at__lt=now + LOOK_AHEAD,
    )


def _last_look() -> datetime | None:
    rows = QueuePulse.objects.filter(queue=LOOKED)
    return rows.values_list("answered_at", flat=True).first()


def _passed_unseen(looked_at: datetime | None, *, now: datetime) -> QuerySet[Session]:
    """Sessions that began while nobody looked, and are too old or too finished to be near.

    Whoever was not reminded of them is named; a first look knows of nothing before it.
    """
    if looked_at is None or now - looked_at < UNWATCHED:
        return Session.objects.none()
    passed = Session.objects.filter(
        cancelled_at=None, cohort__state__in=WATCHED, starts_at__gt=looked_at, starts_at__lte=now
    )
    return passed.exclude(cohort__state__in=RUNNING, starts_at__gt=now - LOOK_BACK)


def _of_sessions(
    sessions: QuerySet[Session], *, now: datetime, since: datetime | None = None
) -> list[ReminderTurn]:
    """Turns of sessions whose dates are at rest, without those that are there already.

    With `since` only what fell due after it.
    """
    changes = SessionChange.objects.filter(session=OuterRef("pk"))
    untold = SessionChange.objects.filter(told_at=None, session__cohort=OuterRef("cohort"))
    rows = sessions.filter(~Exists(untold)).order_by("starts_at", "pk")
    last = changes.order_by("-changed_at", "-pk").values("changed_at")[:1]
    facts = list(
        rows.annotate(told_anew_at=last).values_list(
            "pk", "starts_at", "told_anew_at", "cohort__training__programme"
        )
    )
    settings = settings_of({programme for *_, programme in facts})
    holidays = due.holidays_around([starts_at for _, starts_at, *_ in facts])
    known = _known([pk for pk, *_ in facts])
    return [
        ReminderTurn(session_id=pk, starts_at=starts_at, **_facts(moment))
        for pk, starts_at, told_anew_at, programme in facts
        for moment in due.moments_of(starts_at, settings[programme], holidays=holidays)
        if moment.due_at <= now
        and (since is None or moment.due_at > since)
        and (told_anew_at is None or told_anew_at < moment.due_at)
        and (pk, moment.rule, starts_at) not in known
    ]


def _of_rounds(*, now: datetime) -> list[ReminderTurn]:
    """Turns of rounds whose messages are out, to classes that still have a seat."""
    rounds = InvitationRound.objects.filter(
        closed_at=None,
        deadline_at__gt=now,
        campaign__state=Campaign.State.DONE,
        cohort__state=Cohort.State.OPEN,
        cohort__seats__gt=F("cohort__taken") + F("cohort__held"),
    ).filter(Q(cohort__starts_at=None) | Q(cohort__starts_at__gt=now))
    rounds = rounds.filter(~Exists(ReminderTurn.objects.filter(round=OuterRef("pk"))))
    rows = list(rounds.annotate(programme_id=F("cohort__training__programme")).order_by("pk"))
    settings = settings_of({row.programme_id for row in rows})
    holidays = due.holidays_around([row.deadline_at for row in rows])
    moments = (
        (row, due.nudge_of(row, settings[row.programme_id], holidays=holidays)) for row in rows
    )
    return [
        ReminderTurn(round=row, **_facts(moment))
        for row, moment in moments
        if moment and moment.due_at <= now
    ]


def _known(sessions: Iterable[int]) -> set[tuple[int | None, str, datetime | None]]:
    rows = ReminderTurn.objects.filter(session__in=list(sessions))
    return set(rows.values_list("session_id", "rule", "starts_at"))


def _facts(moment: Moment) -> dict[str, object]:
    return {"rule": moment.rule, "due_at": moment.due_at, "expires_at": moment.expires_at}
