"""Who does not answer is reminded once, before the deadline; then the round goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import CohortFactory, ParticipantFactory
from tests.trainings.reminders.conftest import told
from trainings import invariants
from trainings.models import Reminder
from trainings.reminders import due, showing
from trainings.reminders.services import remind_due
from trainings.services import advance, answers, rounds
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging import ledger, services
from umkm_portal.messaging.models import Campaign, Delivery

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def opened():
    """A round of one seat to three people, whose messages have all left."""
    now = timezone.now()
    cohort = CohortFactory(seats=1, starts_at=now + timedelta(days=40), answer_hours=72)
    for _ in range(5):
        ParticipantFactory()
    opened = rounds.open_round(cohort, actor=None, now=now, any_hour=True)
    services.expand_campaign(opened.campaign, now=now)
    ids = list(opened.campaign.deliveries.values_list("pk", flat=True))
    ledger.move(ids, to="accepted", from_states=["pending"], now=now)
    Campaign.objects.filter(pk=opened.campaign_id).update(state="done", finished_at=now)
    return opened


def become(state, enrolment, now):
    """What the provider reports of her invitation."""
    ids = list(Delivery.objects.filter(subject_id=enrolment.pk).values_list("pk", flat=True))
    ledger.move(ids, to=state, from_states=["accepted"], now=now)


def nudged_at(opened):
    settings = showing.settings_of({None})[None]
    return due.nudge_of(opened, settings, holidays=due.holidays_around([opened.deadline_at])).due_at


def test_the_silent_are_reminded_once_and_the_round_goes_on_without_them(opened):
    yes, no, silent = opened.enrolments.order_by("pk")
    at = nudged_at(opened)
    answers.decline(no, reason="", now=at - HOUR, via="tautan")
    become("read", silent, at)

    early = remind_due(now=at - timedelta(minutes=1))["queued"]
    first = remind_due(now=at)["queued"]
    again = remind_due(now=at + HOUR)["queued"]

    assert (early, first, again) == (0, 2, 0)
    assert sorted(told("nudge")) == sorted(("nudge", one.participant_id) for one in (yes, silent))
    answers.accept(yes, now=at + HOUR, via="tautan")
    assert told("nudge") == [("nudge", silent.participant_id)]
    answers.cancel(yes, now=at + HOUR, via="tautan")
    assert invariants.violations() + of_messaging.violations() == []

    over = opened.deadline_at + HOUR
    remind_due(now=over)
    advance.advance_cohort(opened.cohort_id, now=over)

    silent.refresh_from_db()
    assert silent.state == "expired"
    assert opened.cohort.rounds.count() == 2
    assert Reminder.objects.get(enrolment=silent).state == "missed"  # nothing had taken it away


def test_a_full_class_nobody_reached_and_bulk_rules_send_no_reminder(opened):
    at = nudged_at(opened)
    untold, other, taker = opened.enrolments.order_by("pk")
    become("failed_permanent", untold, at)
    answers.accept(taker, now=at - HOUR, via="tautan")

    assert remind_due(now=at)["queued"] == 0  # no seat is free
    answers.cancel(taker, now=at + HOUR, via="tautan")
    assert remind_due(now=at + HOUR)["queued"] == 1
    assert told("nudge") == [("nudge", other.participant_id)]
    kind = Delivery.objects.get(campaign__kind="reminder_nudge").campaign.kind
    assert kind in services.suppressions.kinds.names(purpose="bulk")
