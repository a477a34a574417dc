"""An owner who takes part without an invitation: what she may join, and why not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from participants.models import Participant
from trainings.models import Cohort, Enrolment
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
    if not Enrolment.objects.filter(cohort=cohort, participant=participant).exists():
        if cohort.opens_at and now < cohort.opens_at:
            raise NotYetOpen(cohort.opens_at)
        if not is_eligible(cohort, participant):
            raise NotEligible(cohort)
    return answers.join(cohort, participant, now=now, via=VIA)


def is_eligible(cohort: Cohort, participant: Participant) -> bool:
    """Whether the cohort is meant for people who live, or trade, where this person does."""
    at_home = participant.region is not None and participant.region.is_in_jakarta
    if cohort.eligibility == Cohort.Eligibility.JAKARTA_RESIDENT:
        return at_home
    if cohort.eligibility == Cohort.Eligibility.JAKARTA_BUSINESS:
        places = participant.businesses.values_list("region__code", flat=True)
        return any(code.startswith(Region.JAKARTA) if code else at_home for code in places)
    return True
