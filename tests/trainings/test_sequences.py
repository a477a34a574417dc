"""Random sequences of everything that can happen to the seats of two waves of a training."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories import (
    CohortFactory,
    CohortQuotaFactory,
    ParticipantFactory,
    RegionFactory,
)
from trainings import invariants
from trainings.models import Cohort, Enrolment
from trainings.services import (
    advance,
    answers,
    cancelling,
    capacity,
    carrying,
    joining,
    rounds,
)
from umkm_portal.messaging import invariants as of_messaging

PEOPLE = 7
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "accept",
                "accept",
                "accept",
                "decline",
                "other_date",
                "not_mine",
                "cancel",
                "cancel",
                "swap",
                "choose",
                "carry",
                "end",
                "join",
                "seats",
                "priority",
                "hours",
                "offer_yes",
                "offer_no",
                "round",
                "advance",
            ]
        ),
        st.integers(0, PEOPLE - 1),
        st.integers(0, 1),
        st.integers(0, 4),
    ),
    min_size=15,
    max_size=40,
)


class Undo(Exception):
    pass


def enrolment_of(person, cohort):
    return Enrolment.objects.filter(participant=person, cohort=cohort).first()


def act(step, person, waves, which, number, now):
    cohort, other = waves[which], waves[1 - which]
    found = enrolment_of(person, cohort)
    if step == "join":
        return answers.join(cohort, person, now=now, via="telepon")
    if step == "seats":
        return capacity.change_seats(cohort, seats_wanted=number, now=now)
    if step == "round":
        return rounds.open_round(Cohort.objects.get(pk=cohort.pk), actor=None, now=now)
    if step == "advance":
        return advance.advance_cohorts(now=now)
    if step == "carry":
        return carrying.carry_over(cohort, to=Cohort.objects.get(pk=other.pk), now=now)
    if step == "end" and number == 0:
        return cancelling.cancel_cohort(cohort, reason="Uji", successor=other, by=None, now=now)
    if step.startswith("offer"):
        found = cohort.enrolments.filter(state="offered").first()
        step = "accept" if step == "offer_yes" else "decline"
    if found is None or step == "end":
        return None
    return {
        "accept": lambda: answers.accept(found, now=now, via="tautan"),
        "decline": lambda: answers.decline(found, reason="Sakit", now=now, via="tautan"),
        "other_date": lambda: answers.ask_other_date(found, note="Sore", now=now, via="tautan"),
        "not_mine": lambda: answers.not_mine(found, now=now, via="tautan"),
        "cancel": lambda: answers.cancel(found, now=now, via="tautan"),
        "swap": lambda: answers.swap(found, to=other, now=now, via="telepon"),
        "choose": lambda: joining.choose_wave(found, to=other, now=now, via="akun"),
        "priority": lambda: capacity.change_priority(
            found, priority=number, reason="Difabel", now=now, actor=None
        ),
    }[step]()


def sequences(count):
    """Nothing is shrunk: a run is shown as it came."""
    return settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@pytest.mark.django_db
@sequences(6)
@given(steps=STEPS)
def test_the_books_balance_after_any_sequence(steps):
    assert broken_after(steps) == []


@pytest.mark.long
@pytest.mark.django_db
@sequences(100)
@given(steps=STEPS)
def test_the_books_balance_after_any_of_many_sequences(steps):
    assert broken_after(steps) == []


def broken_after(steps):
    """Play the steps and take them back; returns the rules that were broken at their end."""
    broken = ["the play did not reach its end"]
    with suppress(Undo), transaction.atomic():
        now = timezone.now()
        region = RegionFactory(code="31.71.99.7777")
        first = CohortFactory(seats=3, answer_hours=30, offer_hours=10)
        waves = [first, CohortFactory(seats=2, training=first.training)]
        CohortQuotaFactory(cohort=first, key="31.71", seats=2)
        CohortQuotaFactory(cohort=first, key="31.73", seats=2)
        people = [
            ParticipantFactory(region=region if n % 2 else RegionFactory(code=f"31.73.99.88{n}"))
            for n in range(PEOPLE)
        ]

        rounds.open_round(first, actor=None, now=now, everyone=True)
        rounds.open_round(waves[1], actor=None, now=now)

        for step, person, which, number in steps:
            if step == "hours":
                now += timedelta(hours=7 * number)
                continue
            with suppress(answers.AnswerRefused, rounds.RoundRefused, cancelling.CancelRefused):
                act(step, people[person], waves, which, number, now)
        broken = invariants.violations() + of_messaging.violations()
        raise Undo
    return broken
