"""What becomes of a person's enrolments when she is exported, merged or forgotten."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from participants.handlers import PersonHandler, Rows, register
from participants.models import Participant
from trainings.models import Enrolment, EnrolmentEvent
from trainings.services import answers
from trainings.services.transitions import SYSTEM

State = Enrolment.State
_EXPORTED = (
    *("cohort__code", "training__title", "short_code", "state", "arrival_no", "reason"),
    *("answer_via", "answered_at", "answer_by", "created_at", "changed_at"),
)


def register_own() -> None:
    register(PersonHandler(Enrolment, "participant", _export, _merge, _erase))


def _export(person: Participant) -> Rows:
    rows = Enrolment.objects.filter(participant=person).order_by("pk")
    return [dict(row) for row in rows.values(*_EXPORTED)]


@transaction.atomic
def _merge(source: Participant, target: Participant) -> int:
    """Move what the other record does not have; of two places in one wave the better one stays.

    A person holds one seat per training, so a second one is given back and passed on.
    """
    now = timezone.now()
    moved = 0
    for enrolment in Enrolment.objects.filter(participant=source).order_by("pk"):
        twin = Enrolment.objects.filter(participant=target, cohort=enrolment.cohort_id).first()
        if twin is None and not _second_seat(enrolment, target):
            moved += Enrolment.objects.filter(pk=enrolment.pk).update(participant=target)
        elif twin is None:
            answers.withdraw(enrolment, now=now, note="Data digabung.")
        else:
            answers.hand_over(enrolment, twin, now=now, via=SYSTEM)
    return moved


def _second_seat(enrolment: Enrolment, target: Participant) -> bool:
    if enrolment.state not in Enrolment.SEATED:
        return False
    seats = Enrolment.objects.seated().filter(training=enrolment.training_id)
    return seats.filter(participant=target).exists()


@transaction.atomic
def _erase(person: Participant) -> int:
    """Give back what she holds and take her own words out of the history."""
    now = timezone.now()
    rows = Enrolment.objects.filter(participant=person)
    for enrolment in rows.order_by("pk"):
        answers.withdraw(enrolment, now=now, note="Data dihapus.")
    EnrolmentEvent.objects.filter(enrolment__in=rows).exclude(note="").update(note="")
    return rows.update(reason="", priority_reason="", priority=0)
