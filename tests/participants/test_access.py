import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from participants import handlers
from participants.access import record_access
from participants.models import DataAccess
from tests.factories import OrganisationFactory, ParticipantFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_everybody_of_a_list_gets_one_row_that_stays(django_assert_num_queries):
    first, second, other = ParticipantFactory.create_batch(3)
    actor, partner, now = UserFactory(), OrganisationFactory(kind="partner"), timezone.now()

    with django_assert_num_queries(3):
        written = record_access(
            (pk for pk in (first.pk, second.pk)),
            kind=DataAccess.Kind.SHARE,
            actor=actor,
            organisation=partner,
            purpose="Kurasi bazar",
            fields=["nama usaha", "produk"],
            now=now,
        )

    row = DataAccess.objects.get(participant=first)
    assert written == 2
    assert (row.kind, row.actor, row.organisation) == ("share", actor, partner)
    assert (row.purpose, row.fields) == ("Kurasi bazar", ["nama usaha", "produk"])
    assert row.happened_at == now
    assert not DataAccess.objects.filter(participant=other).exists()
    with pytest.raises(InternalError), transaction.atomic():
        DataAccess.objects.filter(pk=row.pk).update(purpose="Lain")
    with pytest.raises(InternalError), transaction.atomic():
        row.delete()


def test_forgetting_takes_the_purpose_out_and_keeps_that_it_happened():
    person = ParticipantFactory()
    record_access(
        [person.pk],
        kind=DataAccess.Kind.NIK,
        actor=None,
        purpose="KTP Bu Siti",
        now=timezone.now(),
    )
    (handler,) = [h for h in handlers.all_handlers() if h.model is DataAccess]

    assert handler.erase(person) == 1

    assert handler.export(person)[0]["purpose"] == "Dihapus"
