"""Two officers spend the same rupiah of a programme in the same instant, over real connections."""

import threading
from contextlib import suppress

import pytest
from django.db import transaction
from django.test import Client

from tests.at_once import at_once
from tests.staff import make_user
from tests.trainings.planning.scene import make_plan, make_training
from tests.trainings.planning.test_pages import change, rows
from tests.trainings.test_admin import form_data
from trainings.admin import clashing
from trainings.models import Cohort, Programme, Training
from trainings.planning import money

CEILING, PLAN, MORE = 1_500_000, 1_000_000, 1_600_000


@pytest.fixture
def meeting(monkeypatch):
    """Both have been told that it fits before either saves, where nothing holds one of them up."""
    both = threading.Barrier(2)
    both.patience = 1

    def then_wait(function):
        def run(*args, **facts):
            found = function(*args, **facts)
            with suppress(threading.BrokenBarrierError):
                both.wait(timeout=both.patience)
            return found

        return run

    monkeypatch.setattr(money, "lacking_for", then_wait(money.lacking_for))
    form = clashing.CohortMoneyFormSet
    monkeypatch.setattr(form, "find_clashes", then_wait(form.find_clashes))
    return both


@pytest.fixture
def cohort(transactional_db):
    """An open one, in a programme without a ceiling."""
    cohort = make_plan(training=make_training(), planned=PLAN)
    Cohort.objects.update(state="open")
    cohort.refresh_from_db()
    return cohort


def raises_the_plan(cohort):
    """The officer who gives the class more money in its form."""
    client = Client()
    client.force_login(make_user("head"))
    line = {"id": cohort.budget_lines.get().pk, "cohort": cohort.pk, "purpose": "meals"}
    line |= {"note": "", "planned": f"{MORE}", "committed": "0", "spent": "0"}
    data = form_data(client, cohort, **rows("budget_lines", line, initial=1))
    return lambda: client.post(change(cohort), data)


def moves_the_training(cohort, programme):
    """The officer who puts the training into the programme with the ceiling."""

    @transaction.atomic
    def move():
        if not money.lacking_for(cohort.training, programme):
            Training.objects.filter(pk=cohort.training_id).update(programme=programme)

    return move


def claimed(programme):
    return money.programme_money([programme.pk]).get(programme.pk, money.Money()).claimed


def press_at_once(cohort):
    tight = make_training(budget=CEILING).programme
    other = Programme.objects.exclude(pk=tight.pk).get()
    assert other.pk == cohort.training.programme_id
    errors = at_once(raises_the_plan(cohort), moves_the_training(cohort, tight))
    return errors, claimed(tight), claimed(other)


def test_a_training_that_moves_and_its_plan_that_grows_do_not_pass_the_ceiling(cohort, meeting):
    errors, tight, other = press_at_once(cohort)

    assert errors == []
    assert (tight, other) in [(PLAN, 0), (0, MORE)]


def test_without_the_lock_of_the_training_both_pass(cohort, meeting, monkeypatch):
    """The control: the programme that was read is locked, and the training moves away."""
    meeting.patience = 60

    def carelessly(training_id):
        return money.lock_programme(Training.objects.get(pk=training_id).programme_id)

    monkeypatch.setattr(money, "lock_programme_of", carelessly)
    monkeypatch.setattr(money, "_lock_training", lambda pk: Training.objects.get(pk=pk))
    monkeypatch.setattr(money, "lock_programme", lambda pk: Programme.objects.get(pk=pk))

    errors, tight, other = press_at_once(cohort)

    assert errors == []
    assert (tight, other) == (MORE, 0)
