"""kill -9 between any two statements of an expansion: the next worker goes on, and all is whole."""

from collections import Counter

import pytest
from django.utils import timezone

from tests.faults.test_kills import Victim
from tests.messaging import scenes
from umkm_portal.messaging import invariants, kinds, services

pytestmark = pytest.mark.long

PEOPLE = 70
STATEMENTS = 20
"""Of a slice and what lies around it."""


@pytest.fixture
def victim(transactional_db, monkeypatch):
    monkeypatch.setattr(kinds, "_registered", dict(kinds._registered))
    scenes.register_kinds()
    with Victim() as process:
        yield process


def started():
    campaign = scenes.make_campaign(PEOPLE)
    return services.start_campaign(campaign, now=timezone.now())


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(7, id="short"),
        pytest.param(1, id="full", marks=[pytest.mark.long, pytest.mark.timeout(240)]),
    ],
)
def test_an_expansion_killed_anywhere_goes_on(victim, step):
    campaign, at = started(), 1
    while victim.perform("expand", campaign.pk, at=at) == "killed":
        assert invariants.violations() == [], at
        at += step

    campaign.refresh_from_db()
    assert at > STATEMENTS
    assert (campaign.state, campaign.expanded_to) == ("running", PEOPLE)
    told = Counter(campaign.deliveries.values_list("recipient_key", flat=True))
    assert (set(told), set(told.values())) == (set(range(1, PEOPLE + 1)), {1})
    assert scenes.states(campaign) == {"pending": PEOPLE}
    assert invariants.violations() == []


def test_without_a_transaction_a_kill_leaves_half_a_slice(victim):
    """The control: the same kills where each statement stands alone."""
    campaign, found, at = started(), [], 8
    while not found and at < STATEMENTS:
        victim.perform("expand", campaign.pk, at=at, bare=True)
        found = invariants.violations()
        at += 1

    assert any("a batch that does not exist" in sentence for sentence in found)
