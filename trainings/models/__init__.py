from trainings.models.aftermath import (
    Absence,
    Feedback,
    FeedbackQuestion,
    FeedbackScore,
    TransportBatch,
    TransportItem,
    TransportRow,
)
from trainings.models.attendance import (
    Attendance,
    AttendanceFile,
    AttendanceFileRow,
    AttendanceMark,
)
from trainings.models.cohorts import (
    Assignment,
    Cohort,
    CohortQuerySet,
    CohortQuota,
    Session,
    SessionChange,
)
from trainings.models.enrolments import Enrolment, EnrolmentEvent, InvitationRound, Offer
from trainings.models.trainings import (
    BudgetLine,
    Programme,
    Topic,
    Trainer,
    Training,
    Unavailability,
    Venue,
)

__all__ = [
    "Absence",
    "Assignment",
    "Attendance",
    "AttendanceFile",
    "AttendanceFileRow",
    "AttendanceMark",
    "BudgetLine",
    "Cohort",
    "CohortQuerySet",
    "CohortQuota",
    "Enrolment",
    "EnrolmentEvent",
    "Feedback",
    "FeedbackQuestion",
    "FeedbackScore",
    "InvitationRound",
    "Offer",
    "Programme",
    "Session",
    "SessionChange",
    "Topic",
    "Trainer",
    "Training",
    "TransportBatch",
    "TransportItem",
    "TransportRow",
    "Unavailability",
    "Venue",
]
