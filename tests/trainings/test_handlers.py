import pytest
from django.utils import timezone

from participants import handlers
from tests.factories import CohortFactory, EnrolmentFactory, ParticipantFactory
from trainings import invariants
from trainings.models import Enrolment
from trainings.services import answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def handler():
    (found,) = [h for h in handlers.all_handlers() if h.model is Enrolment]
    return found


def invited(cohort, person):
    return answers.join(cohort, person, now=timezone.now(), via="telepon")


def states(person):
    return list(Enrolment.objects.filter(participant=person).values_list("state", flat=True))


def test_a_person_reads_her_own_enrolments(handler, now):
    enrolment = invited(CohortFactory(), ParticipantFactory())
    EnrolmentFactory()

    (row,) = handler.export(enrolment.participant)

    assert (row["cohort__code"], row["state"]) == (enrolment.cohort.code, "confirmed")


def test_merging_moves_what_the_other_record_does_not_have(handler):
    source, target = ParticipantFactory.create_batch(2)
    enrolment = invited(CohortFactory(), source)

    assert handler.merge(source, target) == 1

    enrolment.refresh_from_db()
    assert enrolment.participant == target


def test_merging_two_seats_in_one_training_gives_one_back(handler):
    source, target = ParticipantFactory.create_batch(2)
    first = CohortFactory(seats=1)
    wave = CohortFactory(training=first.training)
    invited(first, source)
    next_in_line = invited(first, ParticipantFactory())
    invited(wave, target)

    handler.merge(source, target)

    next_in_line.refresh_from_db()
    assert (states(source), states(target)) == (["cancelled"], ["confirmed"])
    assert next_in_line.state == "offered"
    assert invariants.violations() == []


def test_merging_within_one_cohort_keeps_the_seat(handler):
    source, target = ParticipantFactory.create_batch(2)
    cohort = CohortFactory(seats=1)
    invited(cohort, source)
    invited(cohort, target)

    handler.merge(source, target)

    cohort.refresh_from_db()
    assert (states(source), states(target)) == (["cancelled"], ["confirmed"])
    assert (cohort.taken, cohort.held) == (1, 0)
    assert invariants.violations() == []


def test_forgetting_gives_the_seat_back_and_takes_out_her_words(handler, now):
    person = ParticipantFactory()
    enrolment = invited(CohortFactory(), person)
    declined = EnrolmentFactory(participant=person)
    answers.decline(declined, reason="Anak saya sakit", now=now, via="tautan")

    handler.erase(person)

    declined.refresh_from_db()
    enrolment.cohort.refresh_from_db()
    assert (declined.reason, enrolment.cohort.taken) == ("", 0)
    assert not declined.events.exclude(note="").exists()
