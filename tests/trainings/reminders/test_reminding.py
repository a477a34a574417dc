from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CohortFactory, ProgrammeFactory, SessionFactory
from tests.trainings.reminders.conftest import at, seat, told
from trainings import invariants
from trainings.models import Reminder, ReminderRule, ReminderTurn, Session
from trainings.reminders import services
from trainings.reminders.services import remind_due
from trainings.services import answers, cancelling, changes
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Campaign, Delivery, DeliveryBatch

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def beats(*moments):
    """How many people each beat found; their messages leave at once."""
    return [beat(moment)["queued"] for moment in moments]


def beat(moment):
    done = remind_due(now=moment)
    leave()
    return done


def leave():
    waiting = Delivery.objects.filter(campaign__kind__startswith="reminder_", state="pending")
    ids = list(waiting.values_list("pk", flat=True))
    ledger.move(ids, to="accepted", from_states=["pending"], now=at(1))


def sound():
    assert invariants.violations() + of_messaging.violations() == []


def move(session, to, *, now):
    fresh = Session.objects.select_related("venue").get(pk=session.pk)
    length = fresh.ends_at - fresh.starts_at
    facts = {"starts_at": to, "ends_at": to + length, "venue": fresh.venue, "link": fresh.link}
    return changes.move_session(fresh, **facts, by=None, now=now)


def test_each_rule_tells_everybody_with_a_seat_once_and_at_its_hour(cohort):
    people = sorted(cohort.enrolments.values_list("participant_id", flat=True))

    early = beats(at(8) - MINUTE, at(8), at(8) + MINUTE)
    late_comer = seat(cohort, at(10))
    day = beats(at(14) - MINUTE, at(14), at(14, 12))
    hours = beats(at(15, 7) - MINUTE, at(15, 7), at(15, 8))

    assert (early, day, hours) == ([0, 2, 0], [0, 3, 0], [0, 3, 0])
    everybody = [*people, late_comer.participant_id]
    assert told() == (
        [("early", pk) for pk in people]
        + [("day", pk) for pk in everybody]
        + [("hours", pk) for pk in everybody]
    )
    message = Delivery.objects.filter(campaign__kind="reminder_day").first()
    assert message.context["tanggal"] == "Rabu 15 Oktober 2031"
    assert message.context["bawaan"] == "Yang perlu dibawa: HP dan KTP."
    assert message.subject_id in cohort.enrolments.values_list("pk", flat=True)
    batches = DeliveryBatch.objects.filter(campaign__kind__startswith="reminder")
    assert sorted(batches.values_list("size", "accepted", "priority")) == [
        (2, 2, 7),
        (3, 3, 5),
        (3, 3, 7),
    ]
    sound()


def test_six_hours_without_a_beat_send_what_is_useful_and_write_down_what_is_not(cohort):
    beats(at(8))

    back = beat(at(15, 11))
    again = beat(at(15, 12))

    assert (back["queued"], back["missed"], again["missed"]) == (0, 4, 0)
    missed = Reminder.objects.filter(state="missed").values_list("turn__rule", "reason")
    assert sorted(missed) == sorted(2 * [("day", services.BEGUN)] + 2 * [("hours", services.BEGUN)])
    sound()


def test_a_useful_one_is_sent_late_and_one_that_was_overtaken_is_not(cohort):
    late = beat(at(14, 15))

    assert (late["queued"], late["missed"]) == (2, 2)
    assert [rule for rule, _ in told()] == ["day", "day"]
    assert set(Reminder.objects.filter(state="missed").values_list("turn__rule", "reason")) == {
        ("early", services.OVERTAKEN)
    }


def test_who_gives_her_seat_back_swaps_or_forfeits_is_reminded_of_it_no_more(cohort):
    other = CohortFactory(training=cohort.training, starts_at=at(22))
    first, second = cohort.enrolments.order_by("pk")
    remind_due(now=at(8))
    assert len(told()) == 2

    answers.cancel(first, now=at(8, 10), via="tautan")
    moved = answers.swap(second, to=other, now=at(8, 10), via="akun")

    assert told() == []
    assert beats(at(14), at(15, 8, 30)) == [0, 0]
    assert beats(at(15, 9), at(21)) == [1, 1]
    assert told() == [("early", moved.participant_id), ("day", moved.participant_id)]
    sound()


def test_of_a_moved_session_people_hear_once_and_reminders_follow(cohort):
    session = cohort.sessions.get()
    beats(at(8))
    remind_due(now=at(14))

    move(session, at(23), now=at(14, 10))

    assert [rule for rule, _ in told()] == ["early", "early"]  # the others had not left
    assert beats(at(14, 11), at(15, 7), at(15, 9)) == [0, 0, 0]
    changes.tell_changes(now=at(14, 12))
    assert Campaign.objects.filter(kind="schedule_changed").count() == 1
    # A week before the new day nobody was told of it by a reminder; now they are.
    assert beats(at(16) - MINUTE, at(16), at(22), at(23, 7)) == [0, 2, 2, 2]
    sound()


def test_the_same_time_is_told_once_however_often_it_moves(cohort):
    session = cohort.sessions.get()
    beats(at(8))

    move(session, at(20), now=at(8, 10))
    changes.tell_changes(now=at(8, 11))
    move(session, at(15), now=at(8, 12))
    changes.tell_changes(now=at(8, 13))

    assert beats(at(8, 14), at(13), at(14)) == [0, 0, 2]
    assert [rule for rule, _ in told()] == ["early", "early", "day", "day"]
    sound()


def test_whoever_was_not_told_when_a_change_came_between_is_told_after_it(cohort):
    session = cohort.sessions.get()
    remind_due(now=at(14))
    assert len(told()) == 2

    move(session, at(16), now=at(14, 9, 1))
    move(session, at(15), now=at(14, 9, 2))

    assert told() == []
    assert beats(at(14, 9, 3)) == [0]  # the change is not at rest
    changes.tell_changes(now=at(14, 9, 10))
    assert not Campaign.objects.filter(kind="schedule_changed").exists()
    assert beats(at(14, 9, 11), at(14, 9, 12)) == [2, 0]
    sound()


def test_a_cancelled_session_or_class_reminds_nobody(cohort):
    second = SessionFactory(cohort=cohort, starts_at=at(16), ends_at=at(16, 12))
    remind_due(now=at(8))
    remind_due(now=at(9))
    assert [rule for rule, _ in told()] == ["early"] * 4

    changes.cancel_session(second, by=None, now=at(9, 10))
    assert len(told()) == 2
    cancelling.cancel_cohort(cohort, reason="Banjir", by=None, now=at(10))

    assert told() == []
    assert beats(at(14), at(15, 7), at(15, 9)) == [0, 0, 0]
    sound()


def test_what_did_not_leave_before_the_session_is_called_back_and_missed(cohort):
    remind_due(now=at(15, 7))

    settled = remind_due(now=at(15, 9))

    assert settled["missed"] == 2
    rows = Reminder.objects.filter(turn__rule="hours")
    assert set(rows.values_list("state", "reason", "delivery__state")) == {
        ("missed", services.BEGUN, "cancelled")
    }
    assert not ReminderTurn.objects.filter(settled_at=None).exists()


def test_a_programme_has_its_own_rules(cohort):
    programme = ProgrammeFactory()
    type(cohort.training).objects.filter(pk=cohort.training_id).update(programme=programme)
    rules = ReminderRule.objects
    rules.create(programme=programme, name="early", amount=3)
    rules.create(programme=programme, name="day", amount=1, is_on=False)

    # Three days before is a Sunday: the Saturday before it.
    assert beats(at(8), at(11), at(14), at(15, 7)) == [0, 2, 0, 2]
    assert [rule for rule, _ in told()] == ["early", "early", "hours", "hours"]


def queries_of(count):
    cohort = CohortFactory(starts_at=at(15))
    for _ in range(count):
        seat(cohort)
    with CaptureQueriesContext(connection) as queries:
        assert remind_due(now=at(8))["queued"] == count
    return len(queries)


def test_a_class_of_three_costs_as_many_queries_as_a_class_of_one():
    queries_of(1)  # the standing campaigns are made
    assert queries_of(1) == queries_of(3)
