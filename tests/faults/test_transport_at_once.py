"""Two officers press "Buat daftar" in the same instant, over real connections."""

from django.db import IntegrityError
from django.utils import timezone

from participants.models import Stage
from tests.at_once import at_once, meeting
from tests.faults.test_at_once import unlocked
from tests.trainings.aftermath.conftest import come, held
from tests.trainings.attendance.conftest import seat
from trainings import invariants
from trainings.aftermath import transport
from trainings.aftermath.transport import TransportRefused, make_batch
from trainings.attendance.closing import close_cohort
from trainings.models import BudgetLine, Cohort, TransportBatch, TransportItem

RATE = 50_000


def paying_class():
    Stage.objects.get_or_create(code="P2", defaults={"name": "Pelatihan"})
    cohort = held(seats=20)
    for one in [seat(cohort) for _ in range(5)]:
        come(one)
    close_cohort(cohort, by=None, now=timezone.now())
    Cohort.objects.update(transport_rate=RATE)
    return Cohort.objects.get()


def press(cohort, errors):
    def run():
        try:
            make_batch(cohort, number=1, accepts_over=True, by=None, now=timezone.now())
        except TransportRefused:
            errors.append("refused")

    return run


def test_two_officers_at_once_make_one_list(transactional_db):
    cohort, refused = paying_class(), []

    errors = at_once(*[press(cohort, refused)] * 4)

    batch = TransportBatch.objects.get()
    assert (errors, refused) == ([], ["refused"] * 3)
    assert (batch.people, batch.rupiah, TransportItem.objects.count()) == (5, 5 * RATE, 5)
    assert BudgetLine.objects.get().committed == 5 * RATE
    assert invariants.violations() == []


def test_without_the_lock_only_the_constraint_stands_between_them(transactional_db, monkeypatch):
    cohort, refused = paying_class(), []
    unlocked(monkeypatch)
    plan, both_planned = transport.plan_batch, meeting(2)

    def slowly(cohort):
        found = plan(cohort)
        both_planned()
        return found

    monkeypatch.setattr(transport, "plan_batch", slowly)

    errors = at_once(*[press(cohort, refused)] * 2)

    assert refused == []
    assert [type(error) for error in errors] == [IntegrityError]
