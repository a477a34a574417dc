"""Several workers write one campaign's messages while staff act, over real connections."""

import itertools
import threading
from collections import Counter

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from tests.at_once import at_once, meeting
from tests.factories import UserFactory
from tests.messaging import scenes
from umkm_portal.messaging import invariants, nudges, services
from umkm_portal.messaging.models import Campaign, ExpansionSlice
from umkm_portal.messaging.services import expansion, frequency, slices
from umkm_portal.messaging.services.campaigns import CampaignRefused

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 800
MANY = 3000
WORKERS = 4


@pytest.fixture(autouse=True)
def told(monkeypatch, settings):
    """Small slices, and the nudges instead of workers that follow them."""
    settings.BATCH_SIZE = 20
    monkeypatch.setattr(slices, "FIRST_SLICE", 1)
    monkeypatch.setattr(slices, "BATCHES_PER_SLICE", 2)
    sent = []
    monkeypatch.setattr(nudges, "now", lambda task, **ids: sent.append(task) or True)
    return sent


@pytest.fixture
def campaign():
    return started(PEOPLE)


def started(count):
    campaign = scenes.make_campaign(count)
    return services.start_campaign(campaign, now=timezone.now())


def expands(campaign, covered):
    """A worker who writes what it can get."""

    def act():
        covered.append(services.expand_campaign(campaign, now=timezone.now()))

    return act


def elsewhere(action):
    """Perform an action over a connection of its own; its error."""
    errors = []

    def run():
        try:
            action()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive(), "it waits for a slice"
    return errors


def in_the_middle(monkeypatch, action, *, name="_insert_people"):
    """Let something happen once, when a slice is written and not committed; its errors."""
    real, errors, done = getattr(expansion, name), [], []

    def write(*args):
        real(*args)
        if not done:
            done.append(True)
            errors.extend(elsewhere(action))

    monkeypatch.setattr(expansion, name, write)
    return errors


def everybody_has_one_row(campaign, count):
    keys = Counter(campaign.deliveries.values_list("recipient_key", flat=True))
    return set(keys.values()) == {1} and set(keys) == set(range(1, count + 1))


def test_several_workers_write_everybody_once_and_no_slice_twice(settings):
    settings.BATCH_SIZE = 50
    campaign, covered = started(MANY), []

    errors = at_once(*[expands(campaign, covered)] * WORKERS)

    assert errors == []
    assert sum(covered) == MANY
    assert len([people for people in covered if people]) > 1, "not one of them alone"
    campaign.refresh_from_db()
    assert (campaign.state, campaign.expanded_to) == ("running", MANY)
    assert everybody_has_one_row(campaign, MANY)
    sizes = campaign.batches.order_by("number").values_list("number", "size", "pending")
    assert list(sizes) == [(n, 50, 50) for n in range(1, MANY // 50 + 1)]
    assert not ExpansionSlice.objects.exists()
    assert invariants.violations() == []


def test_without_the_claim_workers_write_the_same_slices(campaign, monkeypatch):
    """The control: the same workers, but a slice is read without its lock."""
    covered, both_looked, looks = [], meeting(2), itertools.count(1)

    def read(campaign):
        found = campaign.slices.open().order_by("number").first()
        if next(looks) <= 2:
            both_looked()
        return found

    monkeypatch.setattr(slices, "claim_slice", read)

    at_once(*[expands(campaign, covered)] * WORKERS)

    assert sum(covered) > PEOPLE


def act_at_random(campaign, turns):
    """An officer who pauses and goes on, and another who tells people by hand."""
    officer = UserFactory()

    def pauses():
        for _ in range(turns):
            try:
                services.pause_campaign(campaign, reason="Tunggu", actor=None)
                services.resume_campaign(campaign, actor=None, now=timezone.now())
            except CampaignRefused:
                return

    def tells():
        for number in range(turns):
            try:
                services.mark_sent_by_hand(
                    campaign,
                    recipient_key=PEOPLE - 17 * number,
                    subject_id=None,
                    actor=officer,
                    now=timezone.now(),
                )
            except CampaignRefused:
                continue

    return pauses, tells


def test_pauses_and_people_told_by_hand_while_several_workers_write(campaign):
    covered = []

    errors = at_once(*[expands(campaign, covered)] * WORKERS, *act_at_random(campaign, 20))
    services.expand_campaign(campaign, now=timezone.now())

    campaign.refresh_from_db()
    assert (errors, campaign.state) == ([], "running")
    assert everybody_has_one_row(campaign, PEOPLE)
    assert invariants.violations() == []


def test_cancel_while_several_workers_write_leaves_nothing_that_waits(campaign):
    def cancels():
        slices_done = campaign.slices.exclude(done_at=None)
        while not slices_done.exists():
            pass
        services.cancel_campaign(campaign, actor=None, now=timezone.now())

    errors = at_once(*[expands(campaign, [])] * WORKERS, cancels)

    campaign.refresh_from_db()
    assert (errors, campaign.state) == ([], "cancelled")
    assert set(scenes.states(campaign)) == {"cancelled"}
    assert invariants.violations() == []
    services.sweep_outbox(now=timezone.now())
    assert not ExpansionSlice.objects.exists()


def careless(monkeypatch):
    """Nobody looks what became of the campaign before the commit."""
    monkeypatch.setattr(expansion, "_hold", lambda campaign: Campaign.objects.get(pk=campaign.pk))


@pytest.mark.parametrize("is_careless", [False, True])
def test_cancel_in_mid_slice_takes_back_what_it_wrote(monkeypatch, is_careless):
    campaign = started(40)
    if is_careless:
        careless(monkeypatch)
    errors = in_the_middle(
        monkeypatch,
        lambda: services.cancel_campaign(campaign, actor=None, now=timezone.now()),
    )

    services.expand_campaign(campaign, now=timezone.now())

    campaign.refresh_from_db()
    assert (errors, campaign.state) == ([], "cancelled")
    assert campaign.deliveries.exists() == is_careless
    assert (invariants.violations() != []) == is_careless


@pytest.mark.parametrize("is_careless", [False, True])
def test_person_told_by_hand_in_mid_slice_gets_no_mail(monkeypatch, is_careless):
    campaign, officer = started(40), UserFactory()
    if is_careless:
        monkeypatch.setattr(expansion, "_LEAVE_TOLD", "SELECT 1")
    errors = in_the_middle(
        monkeypatch,
        lambda: services.mark_sent_by_hand(
            campaign, recipient_key=2, subject_id=1002, actor=officer, now=timezone.now()
        ),
    )

    services.expand_campaign(campaign, now=timezone.now())

    assert errors == []
    rows = campaign.deliveries.filter(recipient_key=2).values_list("channel", "state")
    manual, mail = ("manual", "accepted"), ("email", "pending")
    assert set(rows) == ({manual, mail} if is_careless else {manual})
    assert invariants.violations() == []


def test_staff_wait_while_a_slice_is_being_committed_and_see_it_then(monkeypatch):
    campaign, officer, answers = started(10), UserFactory(), []
    waiting = threading.Thread(target=lambda: answers.extend(elsewhere(tells)))

    def tells():
        services.mark_sent_by_hand(
            campaign, recipient_key=2, subject_id=1002, actor=officer, now=timezone.now()
        )

    monkeypatch.setattr(
        expansion, "_insert_batches", start_before(expansion._insert_batches, waiting)
    )
    services.expand_campaign(campaign, now=timezone.now())
    waiting.join()

    assert [type(answer) for answer in answers] == [CampaignRefused]
    assert scenes.states(campaign) == {"pending": 10}


def start_before(real, thread):
    def act(*args):
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive(), "the campaign was held by nobody"
        real(*args)

    return act


def test_people_who_join_by_hand_meanwhile_need_no_slice(monkeypatch):
    campaign, officer = started(40), UserFactory()
    assert scenes.expand_one_slice(campaign) == 10

    services.mark_sent_by_hand(
        campaign, recipient_key=99, subject_id=None, actor=officer, now=timezone.now()
    )
    services.expand_campaign(campaign, now=timezone.now())

    campaign.refresh_from_db()
    assert (campaign.state, campaign.expanded_to, campaign.audience_count) == ("running", 41, 41)
    assert scenes.states(campaign) == {"pending": 40, "accepted": 1}
    assert invariants.violations() == []


def finish_at_once(campaign, told):
    """Two workers find that all is written; what they nudged."""
    while scenes.expand_one_slice(campaign):
        pass
    told.clear()
    at_once(*[lambda: expansion._start_running(campaign, now=timezone.now())] * WORKERS)
    return told


def test_of_several_who_finish_one_starts_the_campaign(told, settings):
    campaign = started(40)

    assert finish_at_once(campaign, told) == ["work_batches"] * settings.PORTAL_PROCESSES
    campaign.refresh_from_db()
    assert campaign.state == "running"


def test_without_the_lock_several_start_it(told, settings, monkeypatch):
    campaign, meet = started(40), threading.Barrier(WORKERS)

    def read(campaign):
        found = Campaign.objects.get(pk=campaign.pk)
        meet.wait(timeout=20)
        return found

    monkeypatch.setattr(expansion, "_lock_expanding", read)
    monkeypatch.setattr(expansion.slices, "is_whole", lambda campaign: True)
    assert len(finish_at_once(campaign, told)) == WORKERS * settings.PORTAL_PROCESSES


def test_worker_of_the_release_without_slices_writes_nothing(monkeypatch):
    """Its slice ends with a step of `expanded_to`, which the database refuses."""
    campaign = started(40)
    scenes.expand_one_slice(campaign)

    with pytest.raises(IntegrityError, match="written by slices"):
        Campaign.objects.filter(pk=campaign.pk).update(expanded_to=40)

    campaign.refresh_from_db()
    assert campaign.expanded_to == 0


def test_what_the_release_without_slices_wrote_is_not_written_again():
    campaign = started(40)
    scenes.expand_one_slice(campaign)
    campaign.slices.all().delete()
    Campaign.objects.filter(pk=campaign.pk).update(expanded_to=10)

    covered = services.expand_campaign(campaign, now=timezone.now())

    assert covered == 30
    assert everybody_has_one_row(campaign, 40)
    assert invariants.violations() == []


@pytest.mark.parametrize("is_careless", [False, True])
def test_two_campaigns_prepared_at_once_count_each_other(settings, monkeypatch, is_careless):
    settings.BULK_PER_WEEK = 1
    both = [started(60), started(60)]
    for campaign in both:
        slices.cut_audience(campaign)
    if is_careless:
        meet = threading.Barrier(2)
        monkeypatch.setattr(frequency, "_LOCK_ALONE", frequency._LOCK_SHARED)
        real = expansion._hold
        monkeypatch.setattr(expansion, "_hold", lambda c: (meet.wait(timeout=20), real(c))[1])

    errors = at_once(*[expands(campaign, []) for campaign in both])

    assert errors == []
    pending = sum(scenes.states(campaign).get("pending", 0) for campaign in both)
    assert (pending > 60) == is_careless
    assert invariants.violations() == []


def test_sweep_calls_workers_to_what_stands_still(told, settings):
    campaign = started(40)
    scenes.expand_one_slice(campaign)
    told.clear()

    services.sweep_outbox(now=timezone.now())
    assert "expand" not in told
    services.sweep_outbox(now=timezone.now() + timezone.timedelta(seconds=60))

    assert told.count("expand") == settings.PORTAL_PROCESSES


def test_worker_gives_way_after_its_turn_and_asks_for_another(monkeypatch):
    """Sending turns are longer than a beat: a call that expires behind them would be lost."""
    campaign = started(80)
    calls = []
    monkeypatch.setattr(nudges, "now", lambda task, **how: calls.append((task, how)) or True)

    covered = services.expand_campaign(campaign, now=timezone.now(), seconds=0)

    assert (covered, calls[-1]) == (10, ("expand", {"campaign_id": campaign.pk}))
    assert services.people_prepared(campaign) == 10
