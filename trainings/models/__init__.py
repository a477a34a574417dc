from trainings.models.cohorts import Cohort, CohortQuerySet, CohortQuota, Session
from trainings.models.enrolments import Enrolment, EnrolmentEvent, InvitationRound, Offer
from trainings.models.trainings import BudgetLine, Topic, Trainer, Training, Venue

__all__ = [
    "BudgetLine",
    "Cohort",
    "CohortQuerySet",
    "CohortQuota",
    "Enrolment",
    "EnrolmentEvent",
    "InvitationRound",
    "Offer",
    "Session",
    "Topic",
    "Trainer",
    "Training",
    "Venue",
]
