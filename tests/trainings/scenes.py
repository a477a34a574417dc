"""People in cohorts as the portal puts them there: with the history that invariants look at."""

from django.utils import timezone

from tests.factories import ParticipantFactory
from trainings.services import answers, transitions


def invite(cohort, person=None):
    """An enrolment in the state `invited`, as a round makes it."""
    person = person or ParticipantFactory()
    return transitions.create(cohort, person, now=timezone.now(), via="sistem")


def seat(cohort, person=None):
    """Somebody who said yes: with a seat while one is free, else in the line."""
    return answers.accept(invite(cohort, person), now=timezone.now(), via="tautan")


def refuse(cohort, person):
    """Somebody who said no to this cohort."""
    return answers.decline(invite(cohort, person), reason="", now=timezone.now(), via="tautan")
