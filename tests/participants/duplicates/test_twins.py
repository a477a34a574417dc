"""The same request made on both records of one person: one goes on, nothing is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from participants import handlers, invariants
from participants.duplicates.merging import merge, undo_merge
from participants.licences import ask_licence, move_licence
from participants.models import DataRequest, LicenceEvent, LicenceRequest
from participants.requests import ask
from tests.factories import ParticipantFactory
from tests.participants.duplicates.test_merging import dump

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ask_for(person, kind, days_ago=0, **facts):
    then = NOW - timedelta(days=days_ago)
    return ask_licence(person, kind=kind, **{"wants_delivery": False} | facts, actor=None, now=then)


@pytest.mark.parametrize("older_first", [True, False])
def test_of_two_requests_for_the_same_one_goes_on_and_undo_parts_them(older_first):
    source, target = ParticipantFactory.create_batch(2)
    ages = (2, 1) if older_first else (1, 2)
    for person, days, text in ((source, ages[0], "Hapus"), (target, ages[1], "Tolong hapus")):
        ask(person, kind="deletion", text=text, account=None, now=NOW - timedelta(days=days))
        ask(person, kind="correction", text=text, account=None, now=NOW)
    halal = ask_for(source, "halal", note="Kue", wants_delivery=True, address="Jl. A 1")
    move_licence(halal, to="checking", actor=None, now=NOW)
    ask_for(target, "halal", days_ago=5, note="Kue kering")
    ask_for(target, "nib", wants_delivery=True, address="Jl. B 2", days_ago=1)
    ask_for(source, "nib", note="Segera")
    before = dump()

    done = merge(source, target, actor=None, now=NOW)

    for model in (DataRequest, LicenceRequest):
        assert set(model.objects.values_list("participant", flat=True)) == {target.pk}
    open_one = DataRequest.objects.waiting().get(kind="deletion")
    joined = DataRequest.objects.get(state="joined")
    assert open_one.created_at < joined.created_at
    assert set(open_one.text.splitlines()) == {"Hapus", "Tolong hapus"}
    assert str(open_one.pk) in joined.answer
    assert DataRequest.objects.waiting().filter(kind="correction").count() == 2
    live = {row.kind: row for row in LicenceRequest.objects.live()}
    assert (live["halal"].pk, live["halal"].state) == (halal.pk, "checking")
    assert live["halal"].note == "Kue\nKue kering"
    assert (live["nib"].address, live["nib"].note) == ("Jl. B 2", "Segera")
    assert LicenceRequest.objects.filter(state="joined").exclude(reason="").count() == 2
    for row in LicenceRequest.objects.all():
        assert row.events.order_by("-pk").first().to_state == row.state
    assert invariants.violations() == []

    undo_merge(done, actor=None, now=NOW)

    assert dump() == before
    assert not LicenceEvent.objects.filter(to_state="joined").exists()


@pytest.mark.parametrize("model", [DataRequest, LicenceRequest])
def test_a_merged_record_that_still_has_a_live_request_is_noticed(model, monkeypatch):
    source, target = ParticipantFactory.create_batch(2)
    ask(source, kind="deletion", account=None, now=NOW)
    ask_for(source, "nib")
    everything = handlers.all_handlers()
    kept = [handler for handler in everything if handler.model is not model]
    monkeypatch.setattr(handlers, "all_handlers", lambda: kept)

    merge(source, target, actor=None, now=NOW)

    (line,) = invariants.violations()
    assert "merged people who still hold something live: 1" in line
