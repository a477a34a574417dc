"""A campaign that is over for long: out of the ledger whole, in the history for good."""

from datetime import timedelta

import pytest
from django.db import connection

from participants.copies import copy_of
from participants.timeline import of as timeline_of
from tests.factories import ParticipantFactory
from tests.faults.victim import without_transactions
from tests.imports.test_crashes import die_in, killing
from tests.messaging.archive.conftest import LONG_AGO, make_old
from tests.staff import make_user
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.archive import history, leaving, moving, running
from umkm_portal.messaging.models import (
    ArchiveBucket,
    AudienceMember,
    CampaignArchive,
    Delivery,
    DeliveryBatch,
    DeliveryEvent,
    Exclusion,
    Fallover,
    Reply,
)
from umkm_portal.messaging.services.reported import Report, apply_reports

pytestmark = pytest.mark.django_db
State = Delivery.State
LEDGER = (Delivery, DeliveryBatch, DeliveryEvent, Fallover, AudienceMember, Exclusion)


def left():
    return sum(model.objects.count() for model in LEDGER)


def told(key):
    return {(row.channel, row.state, row.note) for row in history.history_of([key])}


def test_all_of_a_campaign_goes_in_and_comes_out_again_as_history(old, now):
    figures = services.report(old)
    people = {row.recipient_key: row for row in old.deliveries.exclude(channel="whatsapp")}
    reply = Reply.objects.create(channel="email", key="r", word="yes", delivery=people[1])
    assert (running.find(now).count, invariants.violations()) == (10, [])

    assert running.run(now) == 10

    assert (left(), running.run(now), running.find(now).count) == (0, 0, 0)
    assert invariants.violations() == []
    assert services.report(old) == figures
    archive = CampaignArchive.objects.get()
    assert (archive.audience, archive.excluded, archive.done_at) == (10, 2, now)
    assert {bucket.size for bucket in ArchiveBucket.objects.all()} <= {1, 2, 3}
    assert told(1) == {("email", "read", "")}
    assert told(2) == {("email", "failed_permanent", ""), ("whatsapp", "delivered", "")}
    assert told(10) == {("", "unsent", "")}
    assert told(12) == {("", "excluded", "no_channel")}
    (first,) = history.history_of([1])
    assert first.changed_at == people[1].changed_at.replace(microsecond=0)
    assert (first.subject_id, first.title) == (1001, old.title)
    reply.refresh_from_db()
    assert reply.delivery is None
    with pytest.raises(services.CampaignRefused):
        services.mark_sent_by_hand(old, recipient_key=3, subject_id=None, actor=None, now=now)
    type(old).objects.update(state="done")
    with pytest.raises(services.CampaignRefused):
        services.retry_failed(old, now=now)


def test_younger_and_running_campaigns_stay(small, now, settings):
    young, running_one = make_old(3, now=now), make_old(3, now=now)
    age = timedelta(days=settings.ARCHIVE_AFTER_DAYS - 1)
    type(young).objects.filter(pk=young.pk).update(finished_at=now - age)
    type(young).objects.filter(pk=running_one.pk).update(state="running", finished_at=None)
    before = left()

    assert running.run(now) == 0

    assert (left(), ArchiveBucket.objects.count()) == (before, 0)


def test_a_standing_campaign_gives_its_old_months_away_and_goes_on(standing, now):
    campaign = standing.campaign
    figures = services.report(campaign)
    batches = campaign.batches.count()

    assert (running.find(now).count, running.run(now)) == (2, 2)

    assert [row.pk for row in campaign.deliveries.all()] == [standing.rows[2].pk]
    assert campaign.batches.count() == batches - 2
    assert services.report(campaign) == figures
    assert (running.find(now).count, running.run(now)) == (0, 0)
    assert len(history.history_of([1])) == 1
    later = now + LONG_AGO
    assert running.run(later) == 1
    assert (len(history.history_of([1])), campaign.deliveries.count()) == (2, 0)
    assert invariants.violations() == []


def test_a_turn_ends_on_time_and_the_next_night_goes_on(old, now, monkeypatch):
    monkeypatch.setattr(running, "TURN", timedelta(0))
    moved = [running.run(now)]
    assert CampaignArchive.objects.get().done_at is None
    assert invariants.violations() == []

    while CampaignArchive.objects.get().done_at is None:
        moved.append(running.run(now))

    assert (sum(moved), left(), invariants.violations()) == (10, 0, [])
    assert len(moved) > 2


def test_what_is_reported_late_finds_nobody_and_does_no_harm(old, now):
    row = old.deliveries.get(recipient_key=3)
    report = Report("email", "email", "late", "failed_permanent", now, row.public_id, detail="550")
    running.run(now)
    figures = services.report(old)

    assert apply_reports([report], now=now) == [report]

    assert (services.report(old), invariants.violations()) == (figures, [])
    assert not DeliveryEvent.objects.exists()


def test_a_report_between_two_chunks_is_kept(old, now):
    type(old).objects.update(state="running")
    assert moving.begin(old, now=now) is None
    type(old).objects.update(state="cancelled")
    archive = moving.begin(old, now=now)
    moving.move_chunk(archive, after=moving.FIRST, now=now)
    row = old.deliveries.order_by("recipient_key").last()
    report = Report("email", "email", "late", "delivered", now, row.public_id)

    assert apply_reports([report], now=now) == []

    assert invariants.violations() == []
    running.run(now)
    assert told(row.recipient_key) == {("email", "delivered", "")}
    assert invariants.violations() == []


def test_her_copy_and_timeline_keep_them_also_after_a_merge_and_oblivion_takes_her_out(now, small):
    campaign = make_old(3, now=now)
    person = ParticipantFactory(pk=2)
    other = ParticipantFactory(pk=9_000, status="merged", merged_into=person)
    Delivery.objects.filter(recipient_key=3).update(recipient_key=other.pk)
    AudienceMember.objects.filter(recipient_key=3).update(recipient_key=other.pk)
    running.run(now)
    figures = services.report(campaign)

    staff = make_user("head")
    sections = {section.name: section.rows for section in copy_of(person)}
    moments = [moment for moment in timeline_of(person, user=staff) if "arsip" in moment.detail]

    assert len(sections["messaging.Delivery"]) == 2
    assert {row["campaign"] for row in sections["messaging.Delivery"]} == {str(campaign)}
    assert len(sections["messaging.AudienceMember"]) == 1
    assert {moment.title for moment in moments} == {f"Pesan: {campaign.title}"}
    assert len(moments) == 2

    for key in (person.pk, other.pk):
        services.forget_recipient(key, now=now)

    assert history.history_of([person.pk, other.pk]) == []
    assert len(history.history_of([1])) == 1
    assert (services.report(campaign), invariants.violations()) == (figures, [])
    keys = [key for bucket in ArchiveBucket.objects.all() for key in bucket.recipients]
    assert not {person.pk, other.pk} & set(keys)
    assert not any(person.pk in row.subjects for row in ArchiveBucket.objects.all())


@pytest.mark.parametrize("count", [1, 3])
def test_a_timeline_asks_the_archive_once(count, now, django_assert_num_queries):
    for _ in range(count):
        make_old(3, now=now)
    running.run(now)

    with django_assert_num_queries(1):
        assert len(history.messages_of([2], most=50)) == 2 * count


def test_a_chunk_that_does_not_balance_changes_nothing(old, now, monkeypatch):
    monkeypatch.setattr(leaving, "let_go", lambda ids: ids.pop())
    before = left()

    with pytest.raises(moving.BooksDiffer):
        running.run(now)

    assert (left(), ArchiveBucket.objects.count()) == (before, 0)


WORK = [leaving, "let_go"], [moving, "_write_down"], [moving, "close"]


@pytest.mark.parametrize(("where", "nth"), [(0, 1), (0, 3), (1, 2), (2, 1)])
def test_killed_anywhere_the_books_balance_and_the_next_run_goes_on(
    transactional_db, small, now, monkeypatch, where, nth
):
    campaign = make_old(10, now=now)
    figures = services.report(campaign)
    module, name = WORK[where]

    def work():
        setattr(module, name, killing(getattr(module, name), nth))
        running.run(now)

    die_in(work)

    assert invariants.violations() == []
    assert services.report(campaign) == figures
    assert CampaignArchive.objects.get().done_at is None or where == 2
    running.run(now)
    assert (left(), services.report(campaign), invariants.violations()) == (0, figures, [])
    assert sum(bucket.size for bucket in ArchiveBucket.objects.all()) == 13


def test_without_one_transaction_for_a_chunk_the_books_do_not_balance(
    transactional_db, small, now, monkeypatch
):
    """The control: the same death, when each statement is committed by itself."""
    make_old(10, now=now)

    def work():
        without_transactions(connection)
        leaving.let_go = killing(leaving.let_go, 2)
        running.run(now)

    die_in(work)

    assert any("half in the archive" in rule for rule in invariants.violations())
