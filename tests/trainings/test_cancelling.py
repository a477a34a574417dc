"""A whole cohort is cancelled: its people move in order, everybody hears of it once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants.models import Participant
from tests.factories import (
    CampaignFactory,
    CohortFactory,
    DeliveryFactory,
    ParticipantFactory,
    UserFactory,
)
from tests.trainings.scenes import invite, refuse, seat
from trainings import invariants
from trainings.models import Cohort, Enrolment
from trainings.services import advance, answers, cancelling, rounds
from umkm_portal.messaging import invariants as of_messaging
from umkm_portal.messaging.models import AudienceMember, Campaign, Delivery
from umkm_portal.messaging.services import expand_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def cohort(now):
    """Three seats taken, two people waiting, one invited and told, one invited in vain."""
    cohort = CohortFactory(seats=3)
    for _ in range(5):
        seat(cohort)
    told, _ = invite(cohort), invite(cohort)
    campaign = CampaignFactory(subject_id=cohort.pk)
    person = {"recipient_key": told.participant_id, "subject_id": told.pk}
    AudienceMember.objects.create(campaign=campaign, position=1, **person)
    DeliveryFactory(campaign=campaign, state=Delivery.State.ACCEPTED, **person)
    return cohort


def cancel(cohort, now, successor=None):
    by = UserFactory(is_staff=True)
    return cancelling.cancel_cohort(
        cohort, reason="Pengajar sakit", successor=successor, by=by, now=now
    )


def people(cohort, *states):
    rows = cohort.enrolments.filter(state__in=states).order_by("-priority", "arrival_no")
    return [row.participant_id for row in rows]


def person(pk):
    return Participant.objects.get(pk=pk)


def news(cohort, now):
    """What each person of the one campaign about the end of this cohort reads."""
    campaign = Campaign.objects.get(kind="cohort_cancelled", subject_id=cohort.pk)
    expand_campaign(campaign, now=now)
    return {row.recipient_key: row.context["kabar"] for row in campaign.deliveries.all()}


def test_seats_move_in_order_and_the_rest_leads_the_next_line(cohort, now):
    successor = CohortFactory(training=cohort.training, seats=2)
    seated = people(cohort, "confirmed")
    waiting = people(cohort, "waitlisted")

    cancelled = cancel(cohort, now, successor)
    told = news(cohort, now)

    assert people(successor, "confirmed") == seated[:2]
    assert people(successor, "waitlisted") == [seated[2], *waiting]
    moved = successor.enrolments.filter(state="waitlisted")
    assert set(moved.values_list("priority_reason", flat=True)) == {"pindahan"}
    assert {row.carried_from.cohort_id for row in successor.enrolments.all()} == {cohort.pk}
    assert (cancelled.state, cancelled.taken, cancelled.held) == ("cancelled", 0, 0)
    assert cancelled.cancellation_told_at
    assert cohort.sessions.get().sequence == 1
    assert len(told) == 6, "everybody but the one whose invitation never left"
    place = successor.enrolments.get(participant=seated[0])
    assert place.short_code[:4] in told[seated[0]]
    assert "daftar tunggu" in told[waiting[0]]
    assert invariants.violations() + of_messaging.violations() == []


def test_without_a_successor_all_are_let_go_and_a_second_press_changes_nothing(cohort, now):
    cancel(cohort, now)
    told = news(cohort, now)
    cancel(cohort, now)

    states = set(cohort.enrolments.values_list("state", flat=True))
    assert states == {"cancelled", "expired"}
    assert len(told) == 6
    assert Campaign.objects.filter(kind="cohort_cancelled").count() == 1
    assert invariants.violations() == []


def test_who_left_by_herself_in_the_same_instant_is_not_told_again(cohort, now):
    """The officer pressed a moment before her, and waited until her seat was given back."""
    seated = cohort.enrolments.filter(state="confirmed").order_by("arrival_no").first()
    answers.cancel(seated, now=now + timedelta(seconds=1), via="tautan", reason="Sakit")

    cancel(cohort, now)

    assert seated.participant_id not in news(cohort, now)
    told = Delivery.objects.filter(recipient_key=seated.participant_id)
    kinds = told.exclude(campaign__kind="confirmation").values_list("campaign__kind", flat=True)
    assert list(kinds) == ["cancelled"]


@pytest.mark.parametrize("broken_at", [1, 2, 3])
def test_an_interrupted_cancellation_is_finished_by_the_sweep(cohort, now, monkeypatch, broken_at):
    """The sweep's clock may be behind that of the officer; nobody is missed."""
    successor = CohortFactory(training=cohort.training, seats=2)
    seated = people(cohort, "confirmed")
    monkeypatch.setattr(cancelling, "BATCH", 2)
    real, calls = cancelling._settle_batch, []

    def breaks(*args, **options):
        calls.append(args)
        if len(calls) == broken_at:
            raise ConnectionError("the server is gone")
        return real(*args, **options)

    monkeypatch.setattr(cancelling, "_settle_batch", breaks)
    with pytest.raises(ConnectionError):
        cancel(cohort, now, successor)
    halfway = invariants.violations()
    advance.advance_cohorts(now=now)

    finished = cancelling.finish_cancellations(now=now - timedelta(seconds=5))

    assert halfway == []
    assert finished == 1
    assert people(successor, "confirmed") == seated[:2]
    assert len(news(cohort, now)) == 6
    assert cancelling.finish_cancellations(now=now) == 0
    assert invariants.violations() == []


def test_who_said_no_to_the_other_wave_or_sits_elsewhere_is_not_pushed_into_it(cohort, now):
    successor = CohortFactory(training=cohort.training)
    third = CohortFactory(training=cohort.training)
    refused, kept, invited_there = people(cohort, "confirmed")
    waiting, seated_elsewhere = people(cohort, "waitlisted")
    refuse(successor, person(refused))
    invite(successor, person(invited_there))
    seat(third, person(seated_elsewhere))

    cancel(cohort, now, successor)

    assert set(people(successor, "confirmed")) == {kept, invited_there}
    assert people(successor, "offered") == [waiting]
    told = news(cohort, now)
    assert "gelombang baru" in told[refused]
    assert "gelombang baru" in told[seated_elsewhere]
    assert invariants.violations() == []


def test_refusals(cohort, now):
    other = CohortFactory()
    finished = CohortFactory(state=Cohort.State.FINISHED)

    for target, successor, reason in (
        (cohort, other, "Sakit"),
        (cohort, cohort, "Sakit"),
        (cohort, CohortFactory(training=cohort.training, state="draft"), "Sakit"),
        (cohort, None, " "),
        (finished, None, "Sakit"),
    ):
        with pytest.raises(cancelling.CancelRefused):
            cancelling.cancel_cohort(target, reason=reason, successor=successor, by=None, now=now)

    cohort.refresh_from_db()
    assert cohort.state == Cohort.State.OPEN
    assert cancelling.consequence(cohort) == cancelling.Consequence(3, 0, 2, 2)


def test_invitations_under_way_are_stopped(now):
    cohort = CohortFactory(seats=1)
    ParticipantFactory()
    opened = rounds.open_round(cohort, actor=None, now=now, any_hour=True)

    cancel(cohort, now)

    opened.campaign.refresh_from_db()
    assert opened.campaign.state == Campaign.State.CANCELLED
    assert set(Enrolment.objects.filter(cohort=cohort).values_list("state", flat=True)) == {
        "expired"
    }
    assert of_messaging.violations() == []
