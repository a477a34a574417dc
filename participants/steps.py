"""The path of a person as staff keep it: steps are written down, and corrected, never changed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from participants.activity import record_activity
from participants.models import Participant, Stage, StageEvent
from umkm_portal.accounts.models import Organisation, User

REGISTRATION = "P1"
"""Comes with the record itself, once, and is not written down by hand."""


class StepRefused(Exception):
    """The step cannot be written down; `str()` is the sentence for staff."""


@transaction.atomic
def record_step(
    person: Participant,
    *,
    stage: Stage,
    occurred_on: date,
    organisation: Organisation | None,
    actor: User,
    now: datetime,
) -> StageEvent:
    """Write down that a person took a step on a day with an agency; return the new row.

    Raises StepRefused for P1, a day to come, and a step that is written down already.
    """
    Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    facts = {"stage": stage, "occurred_on": occurred_on, "organisation": organisation}
    _check(stage, occurred_on, now=now)
    if StageEvent.objects.standing().filter(participant=person, **facts).exists():
        raise StepRefused("Langkah itu sudah tercatat pada tanggal yang sama.")
    event = _append(person, facts, actor=actor, now=now)
    at = timezone.make_aware(datetime.combine(occurred_on, datetime.min.time()))
    record_activity([person.pk], at=at)
    return event


@transaction.atomic
def correct_step(
    event: StageEvent,
    *,
    stage: Stage,
    occurred_on: date,
    organisation: Organisation | None,
    is_void: bool,
    actor: User,
    now: datetime,
) -> StageEvent:
    """Append the row that says what is right; `is_void` when the step was never taken.

    Raises StepRefused for P1, a day to come, and a step that was corrected meanwhile.
    """
    Participant.objects.select_for_update(no_key=True).get(pk=event.participant_id)
    _check(stage, occurred_on, now=now)
    if event.stage_id == REGISTRATION:
        raise StepRefused("P1 mengikuti tanggal pendaftaran dan tidak dikoreksi di sini.")
    if not StageEvent.objects.standing().filter(pk=event.pk).exists():
        raise StepRefused("Langkah ini sudah dikoreksi. Muat ulang halamannya.")
    facts = {"stage": stage, "occurred_on": occurred_on, "organisation": organisation}
    return _append(event.participant, facts, corrects=event, is_void=is_void, actor=actor, now=now)


def _check(stage: Stage, occurred_on: date, *, now: datetime) -> None:
    if stage.code == REGISTRATION:
        raise StepRefused("P1 tercatat sendiri saat orang didaftarkan.")
    if occurred_on > timezone.localdate(now):
        raise StepRefused("Tanggal langkah belum lewat. Catat setelah terjadi.")


def _append(
    person: Participant,
    facts: dict[str, object],
    *,
    actor: User,
    now: datetime,
    corrects: StageEvent | None = None,
    is_void: bool = False,
) -> StageEvent:
    return StageEvent.objects.create(
        participant=person,
        source_ref=f"staff:{uuid4()}",
        corrects=corrects,
        is_void=is_void,
        actor=actor,
        created_at=now,
        **facts,
    )
