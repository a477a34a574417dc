"""Who is asked after a class: those who were there what it was like, the others why not.

Each person gets one message in all, by the first channel that reaches her, once the class is
closed and the programme's rule for the day after has come; what the page offers is worked out anew
each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from participants.models import Participant
from trainings import after_messages, ways
from trainings.models import Absence, Cohort, Enrolment, Feedback
from trainings.models.aftermath import THERE
from trainings.reminders import after
from umkm_portal.messaging import services as messaging
from umkm_portal.messaging.kinds import CampaignKind

State = Enrolment.State
FEEDBACK, ABSENCE = "kesan", "alasan"
"""The last part of the address of each page."""
ASKED_WITHIN = timedelta(days=30)
"""Nobody is asked by message about a class that ended longer ago."""
OPEN_FOR = timedelta(days=60)
"""How long after the class a first answer is taken."""
CHANGES_FOR = timedelta(days=14)
"""How long after the answer it may be changed (by its owner)."""
BATCH = 200


@dataclass(frozen=True)
class Ask:
    """What the portal wants to hear about one seat: `page` is the last part of the address."""

    page: str
    is_answered: bool


def ask_of(enrolment: Enrolment, *, now: datetime) -> Ask | None:
    """What her pages ask about this seat; None when there is nothing. Read it with its cohort."""
    return asks_of([enrolment], now=now).get(enrolment.pk)


def asks_of(enrolments: Iterable[Enrolment], *, now: datetime) -> dict[int, Ask]:
    """The same for many, in two queries; read them with their cohorts."""
    rows = {row.pk: row for row in enrolments}
    pages = {pk: page for pk, row in rows.items() if (page := _page_of(row, now=now))}
    found = {}
    for page, model in ((FEEDBACK, Feedback), (ABSENCE, Absence)):
        ids = [pk for pk, wanted in pages.items() if wanted == page]
        times = _answers(model, ids) if ids else {}
        for pk in ids:
            if _is_open(rows[pk], times.get(pk), now=now):
                found[pk] = Ask(page, is_answered=pk in times)
    return found


def ask_due(*, now: datetime) -> int:
    """Send the question to everybody who was not asked yet, some hundred at a time; how many."""
    cohorts = after.cohorts_due(since=now - ASKED_WITHIN, now=now)
    return _ask_batch(
        after_messages.FEEDBACK, Feedback, _unasked(THERE, cohorts), now=now
    ) + _ask_batch(after_messages.ABSENCE, Absence, _unasked([State.NO_SHOW], cohorts), now=now)


def _page_of(enrolment: Enrolment, *, now: datetime) -> str:
    """Which page a seat leads to; empty while its class is not closed, or long after it."""
    cohort = enrolment.cohort
    if cohort.state != Cohort.State.FINISHED or cohort.ends_at is None:
        return ""
    if now > cohort.ends_at + OPEN_FOR + CHANGES_FOR:
        return ""
    if enrolment.state in THERE:
        return FEEDBACK
    return ABSENCE if enrolment.state in Absence.AWAY and cohort.ends_at < now else ""


def _is_open(enrolment: Enrolment, answered_at: datetime | None, *, now: datetime) -> bool:
    """A first answer for two months, a change for two weeks; who never had a seat is not asked."""
    if answered_at is not None:
        return now <= answered_at + CHANGES_FOR
    never_seated = enrolment.state == State.WANTS_OTHER_DATE
    ends_at = enrolment.cohort.ends_at
    return not never_seated and ends_at is not None and now <= ends_at + OPEN_FOR


def _answers(model: type[Feedback] | type[Absence], ids: list[int]) -> dict[int, datetime]:
    rows = model._default_manager.filter(enrolment__in=ids)
    facts = rows.values_list("enrolment_id", "answered_at")
    return {pk: at for pk, at in facts if at is not None}


def _unasked(states: Iterable[str], cohorts: Iterable[int]) -> QuerySet[Enrolment]:
    """Seats of these cohorts without a row of either kind: nobody asked, none answered.

    Whoever was asked why she did not come is not asked again when a late mark says she did.
    """
    rows = Enrolment.objects.filter(
        state__in=list(states),
        cohort__in=list(cohorts),
        participant__status=Participant.Status.ACTIVE,
    ).exclude(participant__in=Participant.objects.restricted().values("pk"))
    mine = OuterRef("pk")
    return rows.exclude(Exists(Feedback.objects.filter(enrolment=mine))).exclude(
        Exists(Absence.objects.filter(enrolment=mine))
    )


@transaction.atomic
def _ask_batch(
    kind: CampaignKind,
    model: type[Feedback] | type[Absence],
    unasked: QuerySet[Enrolment],
    *,
    now: datetime,
) -> int:
    """One message each; the row and the message's key are there once, whoever asks at the same
    moment."""
    seats = list(unasked.order_by("pk")[:BATCH])
    for seat in seats:
        model._default_manager.get_or_create(enrolment=seat, defaults={"asked_at": now})
        way = ways.first_way(seat.participant_id, kind)
        messaging.queue_one(
            kind,
            recipient_key=seat.participant_id,
            subject_id=seat.pk,
            dedupe_key=f"{seat.pk}",
            address=way.address,
            channel=way.channel,
            now=now,
        )
    return len(seats)
