"""News of a place that surely did not arrive goes on to the next channel, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CohortFactory, ParticipantFactory
from tests.trainings.scenes import approve_text, seat, willing
from trainings import invariants, tasks
from trainings.models import EnrolmentEvent
from trainings.services import answers, fallovers, notices
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Delivery, Fallover, WhatsAppTemplate
from umkm_portal.messaging.services import prefer_channel
from umkm_portal.messaging.services.fallover import LATE_REPORTS, reached_elsewhere
from umkm_portal.messaging.services.outbox import work_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(engines):
    approve_text(engines.whatsapp, *notices.KINDS)
    return engines


def become(enrolment, state, *, channel="email", error="", kind="confirmation"):
    rows = Delivery.objects.filter(subject_id=enrolment.pk, channel=channel, campaign__kind=kind)
    states = ["pending", "accepted", "failed_permanent"]
    ids = [rows.latest("pk").pk]
    ledger.move(ids, to=state, from_states=states, now=timezone.now(), error=error)


def told(enrolment):
    rows = Delivery.objects.filter(subject_id=enrolment.pk).order_by("pk")
    return list(rows.values_list("campaign__kind", "channel", "state"))


def follow(later=timedelta(0)):
    return fallovers.follow_failures(now=timezone.now() + later)


def sound():
    assert invariants.violations() + of_messaging.violations() == []


def test_a_refused_number_is_told_by_the_next_and_the_next_until_one_takes_it(texts):
    person = willing()
    prefer_channel(person.pk, channel="whatsapp", now=timezone.now())
    texts.whatsapp.unknown = {person.phone[1:]}
    enrolment = seat(CohortFactory(), person)

    work_everything()
    counts = [tasks.follow_changes(), tasks.follow_changes()]
    work_everything()
    become(enrolment, "failed_permanent")
    counts += [follow(), follow()]
    work_everything()
    become(enrolment, "failed_permanent", channel="sms")

    assert counts == [1, 0, 1, 0]
    assert follow() == 0
    assert told(enrolment) == [
        ("confirmation", "whatsapp", "failed_permanent"),
        ("confirmation", "email", "failed_permanent"),
        ("confirmation", "sms", "failed_permanent"),
    ]
    assert texts.sms.numbers() == [person.phone]
    first, second, third = Delivery.objects.order_by("pk")
    assert first.step == second.step == third.step
    assert second.context == first.context
    pairs = Fallover.objects.order_by("pk").values_list("delivery", "successor")
    assert list(pairs) == [(first.pk, second.pk), (second.pk, third.pk), (third.pk, None)]
    sound()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("uncertain", ""),
        ("accepted", ""),
        ("suppressed", "opt_out"),
        ("suppressed", "complaint"),
    ],
)
def test_nobody_is_followed_who_may_have_it_or_asked_us_to_stop(texts, state, error):
    enrolment = seat(CohortFactory(), willing())
    become(enrolment, state, error=error)

    assert follow() == 0
    assert told(enrolment) == [("confirmation", "email", state)]
    sound()


def test_nobody_is_followed_with_what_is_not_true_any_more_or_too_old(texts):
    now, cohort = timezone.now(), CohortFactory()
    gone, again, old = (seat(cohort, willing()) for _ in range(3))
    for enrolment in (gone, again, old):
        become(enrolment, "failed_permanent")
    for enrolment in (gone, again):
        answers.cancel(enrolment, now=now, via="tautan")
    again.refresh_from_db()
    answers.accept(again, now=now, via="tautan")

    assert follow() == 1
    assert told(old)[-1] == ("confirmation", "whatsapp", "pending")
    assert [channel for _, channel, _ in told(gone) + told(again)] == 5 * ["email"]
    become(again, "failed_permanent")
    assert follow(LATE_REPORTS + timedelta(minutes=1)) == 0
    sound()


def test_of_two_words_that_failed_only_the_last_is_led_on(texts):
    enrolment = seat(CohortFactory(seats=0), willing())
    event = EnrolmentEvent.objects.filter(enrolment=enrolment).earliest("pk")
    become(enrolment, "failed_permanent", kind="waiting")
    notices.tell_waiting(enrolment, event=event)
    become(enrolment, "failed_permanent", kind="waiting")

    assert follow() == 1
    assert [channel for _, channel, _ in told(enrolment)] == ["email", "email", "whatsapp"]
    last, successor = Delivery.objects.order_by("-pk")[1], Delivery.objects.latest("pk")
    assert successor.step == last.step
    sound()


def test_a_late_report_that_it_arrived_stops_the_successor_that_waits(texts):
    enrolment = seat(CohortFactory(), willing())
    become(enrolment, "failed_permanent")
    follow()
    become(enrolment, "delivered")
    successor = Delivery.objects.latest("pk")
    batch = successor.campaign.batches.get(number=successor.batch_number)
    assert reached_elsewhere(batch, [successor.pk]) == {successor.pk}

    work_everything()

    assert told(enrolment)[-1] == ("confirmation", "whatsapp", "cancelled")
    assert texts.whatsapp.accepted == []
    sound()


def test_an_answer_calls_the_successor_back(texts):
    enrolment = seat(CohortFactory(), willing())
    become(enrolment, "failed_permanent")
    follow()

    answers.cancel(enrolment, now=timezone.now(), via="tautan")

    assert told(enrolment)[1:] == [
        ("confirmation", "whatsapp", "cancelled"),
        ("cancelled", "email", "pending"),
    ]
    sound()


def test_a_text_withdrawn_meanwhile_leads_on_and_no_ticket_code_leaves_as_a_code(texts):
    enrolment = seat(CohortFactory(), willing(email=""))
    WhatsAppTemplate.objects.update(state=WhatsAppTemplate.State.PAUSED)

    work_everything()
    follow()
    work_everything()

    assert texts.whatsapp.accepted == []
    assert [told(enrolment)[0][2], told(enrolment)[1][1:]] == [
        "failed_permanent",
        ("sms", "accepted"),
    ]
    sound()


@pytest.mark.parametrize("count", [1, 3])
def test_following_runs_the_same_queries_for_any_number(texts, count, django_assert_num_queries):
    cohort = CohortFactory()
    for enrolment in [seat(cohort, willing()) for _ in range(count)]:
        become(enrolment, "failed_permanent")
    seat(cohort, ParticipantFactory())

    with django_assert_num_queries(26):
        assert follow() == count
