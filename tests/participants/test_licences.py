import pytest
from django.utils import timezone

from participants.licences import ALLOWED, LicenceRefused, ask_licence, move_licence, send_again
from participants.models import LicenceRequest, StageEvent
from participants.reference import load_reference_data
from tests.factories import ParticipantFactory, RegionFactory, UserFactory

pytestmark = pytest.mark.django_db
State = LicenceRequest.State
NOW = timezone.now()


@pytest.fixture
def request_of_siti():
    load_reference_data()
    person = ParticipantFactory()
    return ask_licence(
        person, kind="nib", wants_delivery=True, address="Jalan A 1", actor=None, now=NOW
    )


def test_a_licence_goes_its_way_and_ends_as_step_p4(request_of_siti):
    row, officer = request_of_siti, UserFactory()

    def move(to, **facts):
        return move_licence(row, to=to, actor=officer, now=NOW, **facts)

    move(State.CHECKING)
    with pytest.raises(LicenceRefused, match="Tulis alasannya"):
        move(State.NEEDS_FIX, reason=" ")
    move(State.NEEDS_FIX, reason="Foto KTP buram.")
    with pytest.raises(LicenceRefused, match="perlu diperbaiki"):
        move(State.DONE, number="1", issued_on=NOW.date())
    send_again(row, note="Sudah", wants_delivery=False, address="", actor=None, now=NOW)
    move(State.CHECKING)
    move(State.PROCESSING)
    with pytest.raises(LicenceRefused, match="nomor izin"):
        move(State.DONE)
    move(State.DONE, number="1234567890123", issued_on=NOW.date())
    move(State.DELIVERED)

    row.refresh_from_db()
    assert (row.state, row.number, row.address) == (State.DELIVERED, "1234567890123", "")
    assert [e.to_state for e in row.events.order_by("pk")] == [
        *("submitted", "checking", "needs_fix", "submitted", "checking"),
        *("processing", "done", "delivered"),
    ]
    step = StageEvent.objects.get(stage="P4")
    assert (step.participant, step.source_ref) == (row.participant, f"licence:{row.pk}")
    assert ALLOWED.keys() == set(State)


def test_one_request_of_a_kind_at_a_time_and_for_jakarta_only(request_of_siti):
    again = {"wants_delivery": False, "actor": None, "now": NOW}
    with pytest.raises(LicenceRefused, match="masih berjalan"):
        ask_licence(request_of_siti.participant, kind="nib", **again)
    assert ask_licence(request_of_siti.participant, kind="halal", **again)
    outside = ParticipantFactory(region=RegionFactory(code="32.73"))
    with pytest.raises(LicenceRefused, match="warga Jakarta"):
        ask_licence(outside, kind="nib", **again)
    assert LicenceRequest.objects.count() == 2
