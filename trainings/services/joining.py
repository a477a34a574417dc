"""An owner who takes part without an invitation, or changes her wave: what she may join."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from participants.models import Participant
from trainings.models import Cohort, CohortQuerySet, Enrolment
from trainings.schedule import moment_label
from trainings.services import answers, seats
from umkm_portal.regions.models import Region

VIA = "pendaftaran"


class NotEligible(answers.AnswerRefused):
    def __init__(self, cohort: Cohort) -> None:
        whom = Cohort.Eligibility(cohort.eligibility).label
        super().__init__(
            f"Gelombang ini hanya untuk {whom[0].lower()}{whom[1:]}. Lihat gelombang lain yang "
            "terbuka untuk Anda."
        )


class NotYetOpen(answers.AnswerRefused):
    def __init__(self, opens_at: datetime) -> None:
        super().__init__(f"Pendaftaran gelombang ini baru dibuka {moment_label(opens_at)}.")


@transaction.atomic
def join_uninvited(cohort: Cohort, participant: Participant, *, now: datetime) -> Enrolment:
    """Take a seat, or a place in the line when all are taken. Twice is harmless.

    Whoever was invited is simply answered for: the officer who invited her has judged already.
    Raises answers.AnswerRefused with the sentence for her.
    """
    # Two presses of the button wait for each other here.
    cohort = seats.lock(cohort.pk)
    _check_may_join(cohort, participant, now=now)
    return answers.join(cohort, participant, now=now, via=VIA)


def other_waves(enrolment: Enrolment, *, now: datetime) -> CohortQuerySet:
    """Waves of the same training that she may register for instead, the soonest first."""
    is_taking = Q(closes_at=None) | Q(closes_at__gt=now)
    has_opened = Q(opens_at=None) | Q(opens_at__lte=now)
    waves = Cohort.objects.upcoming(now=now).filter(is_taking, has_opened)
    waves = waves.filter(training=enrolment.training_id).exclude(pk=enrolment.cohort_id)
    if not is_local(enrolment.participant):
        waves = waves.filter(eligibility=Cohort.Eligibility.ANYONE)
    return waves.order_by("starts_at", "pk")


@transaction.atomic
def choose_wave(enrolment: Enrolment, *, to: Cohort, now: datetime, via: str) -> Enrolment:
    """Her own wish: another wave of the training instead of this one.

    A seat is given back only when the other wave has one for her; an invitation or a place in
    the line is given up for a place in that wave, seat or line. Raises answers.AnswerRefused,
    and everything stays as it was.
    """
    if enrolment.training_id != to.training_id or enrolment.cohort_id == to.pk:
        raise answers.TrainingDiffers
    if enrolment.state == Enrolment.State.NOT_MINE:
        raise answers.WrongPerson
    for cohort_id in sorted({enrolment.cohort_id, to.pk}):
        seats.lock(cohort_id)
    enrolment.refresh_from_db()
    to.refresh_from_db()
    _check_may_join(to, enrolment.participant, now=now)
    if enrolment.state == Enrolment.State.CONFIRMED:
        return answers.swap(enrolment, to=to, now=now, via=via)
    if enrolment.state in _GIVEN_UP:
        reason = f"Memilih gelombang {to.number}."
        answers.decline(enrolment, reason=reason, now=now, via=via)
    chosen = answers.join(to, enrolment.participant, now=now, via=via)
    Enrolment.objects.filter(pk=chosen.pk).update(carried_from=enrolment)
    return chosen


_GIVEN_UP = (Enrolment.State.INVITED, Enrolment.State.WAITLISTED, Enrolment.State.OFFERED)


def is_local(participant: Participant) -> bool:
    """Whether she lives or trades in Jakarta; a wave asks exactly when she joins."""
    region = participant.region
    if region is not None and region.is_in_jakarta:
        return True
    return participant.businesses.filter(region__code__startswith=Region.JAKARTA).exists()


def _check_may_join(cohort: Cohort, participant: Participant, *, now: datetime) -> None:
    """Whoever was invited is in already: the officer who invited her has judged."""
    if Enrolment.objects.filter(cohort=cohort, participant=participant).exists():
        return
    if cohort.opens_at and now < cohort.opens_at:
        raise NotYetOpen(cohort.opens_at)
    if not is_eligible(cohort, participant):
        raise NotEligible(cohort)


def is_eligible(cohort: Cohort, participant: Participant) -> bool:
    """Whether the cohort is meant for people who live, or trade, where this person does."""
    at_home = participant.region is not None and participant.region.is_in_jakarta
    if cohort.eligibility == Cohort.Eligibility.JAKARTA_RESIDENT:
        return at_home
    if cohort.eligibility == Cohort.Eligibility.JAKARTA_BUSINESS:
        places = participant.businesses.values_list("region__code", flat=True)
        return any(code.startswith(Region.JAKARTA) if code else at_home for code in places)
    return True
