"""What a person's timeline tells about her classes."""

import pytest
from django.utils import timezone

from tests.factories import EnrolmentFactory
from trainings.models import EnrolmentEvent
from trainings.timeline import enrolments_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [1, 3])
def test_steps_are_told_by_the_titles_of_their_classes(count, django_assert_num_queries):
    first = EnrolmentFactory(cohort__training__title="Foto produk", cohort__number=2)
    person = first.participant
    others = [EnrolmentFactory(participant=person) for _ in range(count - 1)]
    for enrolment in (*others, first):
        EnrolmentEvent.objects.create(
            enrolment=enrolment,
            from_state="invited",
            to_state="confirmed",
            via="tautan",
            happened_at=timezone.now(),
        )

    with django_assert_num_queries(1):
        moments = list(enrolments_of(person))

    assert moments[0].title == "Foto produk, gelombang 2: pasti ikut"
    assert len(moments) == count
