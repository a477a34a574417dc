import pytest

from tests import factories

FACTORIES = [
    value
    for value in vars(factories).values()
    if isinstance(value, type) and issubclass(value, factories.factory.django.DjangoModelFactory)
]

WRITTEN_BY_MACHINES = {"batch_number", "subject_id", "context", "decision", "list", "made_by"}


@pytest.mark.django_db
@pytest.mark.parametrize("make", FACTORIES, ids=lambda make: make.__name__)
def test_every_factory_makes_valid_rows_that_do_not_collide(make):
    rows = make.create_batch(3)

    for row in rows:
        row.full_clean(exclude=WRITTEN_BY_MACHINES)
    assert make._meta.model.objects.filter(pk__in=[row.pk for row in rows]).count() == 3


@pytest.mark.django_db
def test_a_cohort_has_one_session_at_its_own_times():
    cohort = factories.CohortFactory()

    session = cohort.sessions.get()

    assert (session.starts_at, session.ends_at) == (cohort.starts_at, cohort.ends_at)
