"""Long lists are written by a worker: with progress, and whole or not at all."""

import gc
import tracemalloc
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from participants.consents import withdraw_consent
from participants.models import Consent, DataAccess, Participant
from partners import tasks
from partners.models import Disclosure, SharedList
from partners.sharing import lists, writing
from partners.sharing.lists import SharingStopped, make_shared_list, open_shared_list
from tests.factories import ParticipantFactory, SegmentFactory
from tests.partners.sharing.conftest import PURPOSE
from tests.partners.sharing.test_lists import people_of
from tests.staff import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(shopee_call, now, monkeypatch):
    """A list that is too long to be awaited."""
    monkeypatch.setattr(lists, "AT_ONCE_ROWS", 1)
    monkeypatch.setattr(writing, "BEAT_SECONDS", 0)
    return make_shared_list(
        shopee_call.partner, call=shopee_call, purpose=PURPOSE, by=None, now=now
    )


def kept_files():
    return [*Path(django_settings.MEDIA_ROOT, "shared").glob("*")]


def nothing_was_shared():
    return not (Disclosure.objects.exists() or DataAccess.objects.exists() or kept_files())


def test_long_list_waits_for_a_worker_and_is_written_whole(client, waiting, shopee_call, now):
    client.force_login(make_member(shopee_call.partner))
    assert (waiting.state, waiting.total) == ("queued", 2)
    with pytest.raises(SharingStopped, match="belum selesai"):
        open_shared_list(waiting, now=now)
    with pytest.raises(SharingStopped, match="masih disiapkan"):
        make_shared_list(shopee_call.partner, call=shopee_call, purpose=PURPOSE, by=None, now=now)
    page = client.get("/mitra/unduhan/", headers={"X-Fragment": "1"}).content.decode()
    assert "0 dari 2 orang ditulis" in page
    assert "data-poll" in page
    assert nothing_was_shared()

    assert tasks.write_list(list_id=waiting.pk) == 2

    shared = SharedList.objects.get()
    assert (shared.state, shared.row_count, shared.rows_done, shared.lease_until) == (
        *("done", 2, 2),
        None,
    )
    book = openpyxl.load_workbook(open_shared_list(shared, now=timezone.now()))
    hashes = [row[-1].value for row in book.active.iter_rows(min_row=4)]
    assert [row.row_hash[:16] for row in shared.disclosures.order_by("pk")] == hashes
    assert DataAccess.objects.filter(kind="share").count() == 2
    assert tasks.write_list(list_id=waiting.pk) == 0, "it is written once"
    assert "data-poll" not in client.get("/mitra/unduhan/").content.decode()


def test_crash_in_the_middle_leaves_nothing_and_the_next_worker_starts_over(
    waiting, monkeypatch, now
):
    class Killed(BaseException):
        """What a worker that is killed does not come back from."""

    def die(*args, **facts):
        raise Killed

    monkeypatch.setattr(writing, "record_access", die)  # the last thing that is written
    with pytest.raises(Killed):
        writing.write_list(waiting.pk)
    monkeypatch.undo()
    assert nothing_was_shared()
    stuck = SharedList.objects.get()
    assert (stuck.state, stuck.path, stuck.attempt) == ("running", "", 1)
    assert tasks.sweep_lists() == 0, "its lease still runs"
    assert writing.write_list(waiting.pk) is None

    SharedList.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tasks.sweep_lists() == 1
    assert writing.write_list(waiting.pk).state == "done"
    assert (Disclosure.objects.count(), len(kept_files())) == (2, 1)


def test_whoever_leaves_while_it_is_written_is_not_in_it(waiting, shopee_call, monkeypatch):
    leaver = people_of(shopee_call)[1]
    write_workbook = writing.write_workbook

    def write_and_lose(*args):
        write_workbook(*args)
        withdraw_consent(
            leaver,
            purpose="sharing",
            organisation=shopee_call.partner.organisation,
            channel="Halaman saya",
            actor=None,
            now=timezone.now(),
        )

    monkeypatch.setattr(writing, "write_workbook", write_and_lose)
    assert writing.write_list(waiting.pk).state == "queued"
    assert nothing_was_shared()
    monkeypatch.setattr(writing, "write_workbook", write_workbook)

    assert writing.write_list(waiting.pk).row_count == 1
    assert not Disclosure.objects.filter(participant=leaver).exists()


def test_list_that_cannot_be_written_says_so(waiting, shopee_call, monkeypatch):
    shopee_call.partner.agreements.update(ended_at=timezone.now())
    failed = writing.write_list(waiting.pk)
    assert failed.state == "failed"
    assert "sudah diakhiri" in failed.error

    shopee_call.partner.agreements.update(ended_at=None)
    SharedList.objects.update(state="queued", attempt=3, error="")
    assert writing.write_list(waiting.pk) is None
    assert SharedList.objects.get().error == writing.BROKEN
    assert nothing_was_shared()


@pytest.mark.long
def test_list_of_more_than_ten_thousand_people(shopee_call, now, region):
    """Real size: nothing is held for the time of the click, and the memory stays small."""
    people = Participant.objects.bulk_create(
        ParticipantFactory.build(region=region, nik=None) for _ in range(12_000)
    )
    facts = {"purpose": "sharing", "organisation": shopee_call.partner.organisation}
    Consent.objects.bulk_create(
        Consent(participant=person, event="given", notice_version="1", channel="Uji", **facts)
        for person in people
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself within a minute
    shared = make_shared_list(
        shopee_call.partner, segment=SegmentFactory(), purpose=PURPOSE, by=None, now=timezone.now()
    )
    assert (shared.state, shared.total) == ("queued", 12_002)
    gc.freeze()  # as in a worker: no tests' objects make the collector put off its rounds
    gc.collect()
    tracemalloc.start()

    writing.write_list(shared.pk)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    gc.unfreeze()
    shared.refresh_from_db()
    assert (shared.state, shared.row_count) == ("done", 12_002)
    assert Disclosure.objects.count() == DataAccess.objects.count() == 12_002
    assert most < 40_000_000, most
