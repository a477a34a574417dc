"""People of the practice data who ask for a seat by themselves."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from participants.models import Participant
from trainings.models import Cohort, Enrolment
from umkm_portal.pages.demo.people import OWNER_EMAIL


def callers(cohort: Cohort, count: int) -> list[Participant]:
    """So many who have no place in this training, those who have none at all first.

    Never the stall owner of the tour.
    """
    has_place = Exists(Enrolment.objects.filter(participant=OuterRef("pk")))
    taken = Enrolment.objects.filter(training=cohort.training_id).values("participant")
    people = Participant.objects.invitable().exclude(email__in=["", OWNER_EMAIL])
    if cohort.eligibility != Cohort.Eligibility.ANYONE:
        people = people.filter(region__code__startswith="31.")
    return list(people.exclude(pk__in=taken).order_by(has_place, "created_at", "pk")[:count])
