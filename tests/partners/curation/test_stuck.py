"""A list whose storing stops goes on with the next worker, or is given up and told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from partners.curation import services as curation
from partners.models import CurationList
from tests.partners.curation.conftest import accept, book, check, person, shown
from umkm_portal.imports import profiles, services, tasks
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a worker that is killed does not come back from."""


@pytest.fixture
def accepted(call, officer, tmp_path, monkeypatch):
    """A list that was accepted while its worker died; nothing of it is stored."""
    first = book(tmp_path, [{"Kode Peserta": shown(person("Lama")), "Hasil": "Lolos"}], "a.xlsx")
    accept(check(first, call, by=officer), by=officer)
    rows = [{"Kode Peserta": shown(person(f"Orang {n}")), "Hasil": "Lolos"} for n in range(3)]
    file = check(book(tmp_path, rows), call, by=officer)

    def die(*args):
        raise Killed

    broken = profiles.get("kurasi").__class__(
        **{
            name: getattr(profiles.get("kurasi"), name)
            for name in profiles.get("kurasi").__dataclass_fields__
            if name != "by_key"
        }
        | {"apply_slice": die}
    )
    monkeypatch.setitem(profiles._profiles, "kurasi", broken)
    with pytest.raises(Killed):
        accept(file, by=officer)
    return file


def states(call):
    return [*CurationList.objects.filter(call=call).order_by("version").values_list("state")]


def test_next_worker_goes_on_where_a_dead_one_stopped(call, accepted, monkeypatch):
    assert states(call) == [("accepted",), ("storing",)]
    monkeypatch.undo()

    assert tasks.sweep() == 1
    tasks.apply_file(file_id=accepted.pk)

    assert states(call) == [("replaced",), ("accepted",)]
    assert curation.list_of(accepted).decisions.count() == 3


def test_list_that_never_gets_stored_is_given_up_and_its_uploader_told(call, accepted, officer):
    now = timezone.now()
    ImportFile.objects.filter(pk=accepted.pk).update(
        failures=services.MOST_FAILURES, seen_at=now - timedelta(minutes=2)
    )

    services.apply_file(accepted.pk)

    assert states(call) == [("accepted",), ("withdrawn",)], "the one before counts"
    accepted.refresh_from_db()
    assert (accepted.state, "Penyimpanan terhenti" in accepted.file_error) == ("failed", True)
    assert "Penyimpanan terhenti" in Delivery.objects.get(subject_id=accepted.pk).context["hasil"]
