"""What becomes of a person's enrolments when she is exported, merged or forgotten."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from participants.handlers import PersonHandler, Rows, Touched, register
from participants.models import Participant
from trainings.aftermath.joining_records import hand_over_words
from trainings.attendance.joining_records import hand_over_presence
from trainings.certificates import batches, issuing
from trainings.models import (
    Absence,
    Attendance,
    AttendanceFileRow,
    AttendanceMark,
    Certificate,
    Cohort,
    CohortQuota,
    Enrolment,
    EnrolmentEvent,
    Feedback,
    FeedbackScore,
    Offer,
    Reminder,
    TransportItem,
    TransportRow,
)
from trainings.services import answers
from trainings.services.transitions import SYSTEM

State = Enrolment.State
_EXPORTED = (
    *("cohort__code", "training__title", "short_code", "state", "arrival_no", "reason"),
    *("answer_via", "answered_at", "answer_by", "created_at", "changed_at"),
)


def register_own() -> None:
    register(PersonHandler(Enrolment, "participant", _export, _merge, _erase, _touches))


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
    for enrolment in Enrolment.objects.filter(participant=source).order_by("cohort_id", "pk"):
        twin = Enrolment.objects.filter(participant=target, cohort=enrolment.cohort_id).first()
        if twin is None and not _second_seat(enrolment, target):
            moved += Enrolment.objects.filter(pk=enrolment.pk).update(participant=target)
        elif twin is None:
            answers.withdraw(enrolment, now=now, note="Data digabung.")
        else:
            hand_over_presence(enrolment, twin, now=now)
            hand_over_words(enrolment, twin)
            answers.hand_over(enrolment, twin, now=now, via=SYSTEM)
            issuing.hand_over(enrolment, twin, now=now)
    return moved


def _touches(people: Collection[int]) -> Touched:
    """Their own rows with all that hangs on them, the seats, and who waits for one."""
    own = Enrolment.objects.filter(participant__in=people)
    cohorts = list(own.values_list("cohort_id", flat=True))
    line = Enrolment.objects.filter(cohort__in=cohorts, state__in=[State.WAITLISTED, State.OFFERED])
    return Touched(
        own=[
            EnrolmentEvent.objects.filter(enrolment__in=own),
            Offer.objects.filter(enrolment__in=own),
            Enrolment.quotas.through.objects.filter(enrolment__in=own),
            Attendance.objects.filter(enrolment__in=own),
            AttendanceMark.objects.filter(enrolment__in=own),
            AttendanceFileRow.objects.filter(enrolment__in=own),
            Feedback.objects.filter(enrolment__in=own),
            FeedbackScore.objects.filter(feedback__enrolment__in=own),
            Absence.objects.filter(enrolment__in=own),
            TransportItem.objects.filter(attendance__enrolment__in=own),
            Certificate.objects.filter(enrolment__in=own),
            Reminder.objects.filter(enrolment__in=own),
        ],
        counters=[
            (
                Cohort.objects.filter(pk__in=cohorts),
                ("taken", "held", "=next_arrival_no", "=seats", "=seats_target"),
            ),
            (CohortQuota.objects.filter(cohort__in=cohorts), ("taken",)),
        ],
        others=[line.exclude(participant__in=people)],
    )


def _second_seat(enrolment: Enrolment, target: Participant) -> bool:
    if enrolment.state not in Enrolment.SEATED:
        return False
    seats = Enrolment.objects.seated().filter(training=enrolment.training_id)
    return seats.filter(participant=target).exists()


@transaction.atomic
def _erase(person: Participant) -> int:
    """Give back what she holds and take her own words out of the history.

    That she was there stays, for the figures; what a camera read and how a meeting named her goes.
    A certificate keeps its number, so that who holds the paper learns it was real; the name goes.
    """
    now = timezone.now()
    rows = Enrolment.objects.filter(participant=person)
    for enrolment in rows.order_by("pk"):
        answers.withdraw(enrolment, now=now, note="Data dihapus.")
    EnrolmentEvent.objects.filter(enrolment__in=rows).exclude(note="").update(note="")
    AttendanceMark.objects.filter(enrolment__in=rows).exclude(read="").update(read="")
    _named(person, rows).update(name="", email="")
    Feedback.objects.filter(enrolment__in=rows).update(comment="", may_name=False)
    Absence.objects.filter(enrolment__in=rows).exclude(note="").update(note="")
    TransportRow.objects.filter(enrolment__in=rows).update(name="Dihapus", code="")
    _blank_certificates(rows)
    return rows.update(reason="", priority_reason="", priority=0)


def _blank_certificates(rows: QuerySet[Enrolment]) -> None:
    """Names leave the certificates and the files they are printed in, reasons may name her too."""
    papers = Certificate.objects.filter(enrolment__in=rows)
    papers.exclude(name="").update(name="")
    papers.exclude(revoke_reason="").update(revoke_reason="Dihapus")
    cohorts = papers.order_by().values_list("enrolment__cohort", flat=True).distinct()
    batches.forget_files(list(cohorts))


def _named(person: Participant, rows: QuerySet[Enrolment]) -> QuerySet[AttendanceFileRow]:
    """Rows of meetings' lists that are hers, or name her address without being matched to her."""
    hers = Q(enrolment__in=rows)
    if person.email:
        hers |= Q(email__iexact=person.email)
    return AttendanceFileRow.objects.filter(hers)
