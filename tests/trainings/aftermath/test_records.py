"""What follows a person when her record is copied, merged or forgotten."""

import pytest

from participants import handlers
from participants.copies import copy_of
from participants.duplicates.merging import merge as join
from participants.duplicates.merging import undo_merge
from participants.models import StageEvent
from tests.factories import ParticipantFactory
from tests.trainings.aftermath.conftest import grown, rate
from tests.trainings.aftermath.test_absences import say
from tests.trainings.aftermath.test_transport import make, paying  # noqa: F401
from trainings import invariants
from trainings.aftermath import feedback
from trainings.aftermath.transport import plan_batch
from trainings.models import (
    Absence,
    Attendance,
    Enrolment,
    Feedback,
    FeedbackScore,
    TransportItem,
    TransportRow,
)
from umkm_portal.pages.mine.path import milestones

pytestmark = pytest.mark.django_db


@pytest.fixture
def handler():
    (found,) = [h for h in handlers.all_handlers() if h.model is Enrolment]
    return found


def rows():
    """Every row that hangs on these enrolments, as it stands."""
    models = (Enrolment, Feedback, FeedbackScore, Absence, Attendance, TransportItem, StageEvent)
    return {model: list(model.objects.order_by("pk").values()) for model in models}


def merge(source, target):
    for one in handlers.all_handlers():
        one.merge(source, target)


def test_two_records_that_both_finished_have_one_answer_one_payment_and_one_step(paying):  # noqa: F811
    (rani,) = grown(paying, 1)
    rate(rani, paying.now, score=1)
    batch = make(paying)
    batch.rows.get(enrolment=paying.siti).items.all().delete()
    source, target = rani.participant, paying.siti.participant
    assert StageEvent.objects.standing().filter(stage="P2").count() == 2
    before = rows()

    done = join(source, target, actor=None, now=paying.now)

    assert [row.enrolment for row in Feedback.objects.counting()] == [paying.siti]
    assert feedback.averages([paying.cohort.pk])[0].count == 1
    assert TransportItem.objects.get().attendance.enrolment == paying.siti
    assert plan_batch(paying.cohort).rows == []
    (step,) = StageEvent.objects.standing().filter(stage="P2")
    assert (step.participant, step.organisation) == (target, paying.cohort.training.organiser)
    assert invariants.violations() == []
    undo_merge(done, actor=None, now=paying.now)
    assert rows() == before
    assert invariants.violations() == []


def test_a_record_without_the_class_takes_all_along(after, handler):
    rate(after.siti, after.now)
    other = ParticipantFactory()

    merge(after.siti.participant, other)

    assert Feedback.objects.get().enrolment.participant == other
    assert StageEvent.objects.standing().get(stage="P2").participant == other


def test_forgetting_takes_out_words_and_names_and_a_copy_has_them_before(paying, handler):  # noqa: F811
    rate(paying.siti, paying.now, comment="Ibu gurunya sabar", may_name=True)
    say(paying.budi, paying.now, reason="lainnya", note="Anak saya sakit")
    make(paying)
    siti, budi = paying.siti.participant, paying.budi.participant
    told = str([section.rows for section in copy_of(siti)])

    for person in (siti, budi):
        handler.erase(person)

    assert "Ibu gurunya sabar" in told
    assert "'sessions': 1" in told
    assert (Feedback.objects.get().comment, Feedback.objects.get().may_name) == ("", False)
    assert Absence.objects.get().note == ""
    assert [(row.name, row.code) for row in TransportRow.objects.all()] == [("Dihapus", "")]
    assert feedback.averages([paying.cohort.pk])[0].count == 1


def test_the_path_of_a_person_says_through_which_agency_she_was_trained(after):
    after.cohort.training.organiser.name = "Dinas PPKUKM"
    after.cohort.training.organiser.save()

    found = {step.code: step for step in milestones(after.siti.participant, now=after.now)}

    assert found["P2"].text.endswith("lewat Dinas PPKUKM")
    assert StageEvent.objects.standing().get().organisation == after.cohort.training.organiser
