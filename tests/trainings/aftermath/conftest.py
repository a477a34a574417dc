"""A class that is over and closed: Siti finished, Budi never came, a trainer taught."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from participants.models import Stage
from tests.factories import CohortFactory, TrainerFactory
from tests.staff import make_user
from tests.trainings.attendance.conftest import seat
from trainings.aftermath import feedback
from trainings.attendance import marks
from trainings.attendance.closing import close_cohort
from trainings.models import Assignment, Cohort

HOUR = timedelta(hours=1)


def held(**facts):
    """A cohort whose only session ended five hours ago."""
    starts_at = timezone.now().replace(microsecond=0) - 8 * HOUR
    return CohortFactory(starts_at=starts_at, **facts)


def come(enrolment, session=None, *, by=None):
    """She is there from the beginning, as a scan at the door tells."""
    session = session or enrolment.cohort.sessions.get()
    return marks.mark(
        session,
        enrolment=enrolment,
        kind="in",
        via="scan",
        key=uuid4(),
        happened_at=session.starts_at,
        by=by,
        now=session.starts_at,
    )


def rate(enrolment, now, *, score=4, trainers=None, comment="", may_name=False, via="tautan"):
    """Her answer: the same score for each question."""
    return feedback.answer(
        enrolment,
        scores={slot.value: score for slot in feedback.MAIN},
        trainers=trainers or {},
        comment=comment,
        may_name=may_name,
        via=via,
        now=now,
    )


def grown(after, count):
    """The class with so many more people who finished it."""
    Cohort.objects.filter(pk=after.cohort.pk).update(state="open")
    people = [seat(after.cohort) for _ in range(count)]
    for one in people:
        come(one)
    close_cohort(after.cohort, by=None, now=after.now)
    return people


@pytest.fixture
def after():
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    cohort = held(seats=20)
    siti = seat(cohort, full_name="Siti Aminah")
    budi = seat(cohort, full_name="Budi Hartono")
    session = cohort.sessions.get()
    trainer = TrainerFactory(name="Andi Prasetyo")
    Assignment.objects.create(session=session, trainer=trainer, state="confirmed")
    officer = make_user("head")
    come(siti, by=officer)
    now = timezone.now()
    close_cohort(cohort, by=officer, now=now)
    for one in (siti, budi, cohort):
        one.refresh_from_db()
    return SimpleNamespace(
        now=now,
        cohort=cohort,
        session=session,
        siti=siti,
        budi=budi,
        trainer=trainer,
        officer=officer,
    )
