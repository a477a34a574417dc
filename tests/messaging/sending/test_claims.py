import os
import socket
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.messaging import scenes
from umkm_portal.messaging import invariants, services
from umkm_portal.messaging.models import DeliveryBatch
from umkm_portal.messaging.sending import claims
from umkm_portal.messaging.sending.accounts import Openings
from umkm_portal.messaging.sending.claims import BatchLost
from umkm_portal.messaging.services import outbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_channel_on")]


@pytest.fixture(autouse=True)
def fast_account(db):
    scenes.let_fly()


def _claim(**options):
    return outbox._claim_next(Openings(), **{"priority": 9, "campaign": None} | options)


def _mark_sending(claim, count):
    rows = claims.waiting_rows(claim.batch)[:count]
    return claims.advance(claim, next_ids=[row["pk"] for row in rows], purpose="bulk")


def _stop(address, *, purpose, now):
    """Of an address whose people nobody can name nothing waiting is moved at once."""
    services.suppress(channel="email", address=address, purpose=purpose, reason="opt_out", now=now)


def _let_lease_pass(claim):
    passed = timezone.now() - timedelta(seconds=1)
    DeliveryBatch.objects.filter(pk=claim.batch.pk).update(lease_until=passed)


def test_two_claims_take_different_batches():
    scenes.make_running(20)

    first, second, third = _claim(), _claim(), _claim()

    assert {first.batch.number, second.batch.number} == {1, 2}
    assert third is None
    assert first.batch.worker == f"{socket.gethostname()[:60]}:{os.getpid()}"


def test_urgent_batches_come_first_and_urgent_workers_take_nothing_else(now):
    scenes.make_running(3)
    services.queue_one(
        scenes.SERVICE,
        recipient_key=1,
        subject_id=1,
        dedupe_key="1",
        address="a@x.id",
        now=now,
    )

    first = _claim(priority=DeliveryBatch.Priority.CHANGE)

    assert first.batch.campaign.kind == "test_service"
    assert _claim(priority=DeliveryBatch.Priority.CHANGE) is None
    assert _claim().batch.campaign.kind == "test_bulk"


def test_advance_writes_the_last_chunk_and_marks_the_next_in_one_step():
    campaign = scenes.make_running(10)
    claim = _claim()

    first = _mark_sending(claim, 2)
    claim.results = [(first[0], "accepted", "", "ref"), (first[1], "failed_permanent", "no", "")]
    second = _mark_sending(claim, 2)

    assert len(second) == 2
    assert scenes.states(campaign) == {
        "accepted": 1,
        "failed_permanent": 1,
        "sending": 2,
        "pending": 6,
    }
    assert campaign.deliveries.get(pk=first[0]).provider_ref == "ref"
    assert campaign.deliveries.get(pk=second[0]).attempt == 1
    assert invariants.violations() == []


def test_expired_batch_leaves_sending_uncertain_and_the_rest_due(now):
    campaign = scenes.make_running(10)
    claim = _claim()
    _mark_sending(claim, 3)
    _let_lease_pass(claim)

    assert claims.expire_claims(now=now) == 1

    assert scenes.states(campaign) == {"uncertain": 3, "pending": 7}
    assert campaign.batches.get().due_at == now
    assert invariants.violations() == []


def test_worker_that_slept_past_its_lease_writes_nothing_more(now):
    campaign = scenes.make_running(10)
    sleeper = _claim()
    sending = _mark_sending(sleeper, 3)
    _let_lease_pass(sleeper)
    claims.expire_claims(now=now)
    sleeper.results = [(pk, "accepted", "", "") for pk in sending]

    with pytest.raises(BatchLost):
        _mark_sending(sleeper, 2)
    with pytest.raises(BatchLost):
        claims.give_back(sleeper, due_at=now, retry_at=now)

    assert scenes.states(campaign) == {"uncertain": 3, "pending": 7}
    assert _claim().batch.attempt > sleeper.batch.attempt


def test_renewed_lease_is_not_taken_for_expired(now):
    scenes.make_running(10)
    claim = _claim()
    DeliveryBatch.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
    claims.advance(claim)

    assert claims.expire_claims(now=now) == 0
    assert claim.seconds_left > 30


def test_batch_of_a_dead_process_is_settled_before_its_lease_ends(now):
    campaign = scenes.make_running(10)
    claim = _claim()
    _mark_sending(claim, 3)
    dead = subprocess.Popen(["true"])
    dead.wait()
    DeliveryBatch.objects.update(worker=f"{socket.gethostname()[:60]}:{dead.pid}")

    assert claims.expire_claims(now=now) == 1

    assert scenes.states(campaign) == {"uncertain": 3, "pending": 7}


def test_batch_of_another_machine_waits_for_its_lease(now):
    scenes.make_running(10)
    _claim()
    DeliveryBatch.objects.update(worker="elsewhere:1")

    assert claims.expire_claims(now=now) == 0


def test_temporary_failures_move_to_a_batch_of_their_own(now):
    campaign = scenes.make_running(4)
    claim = _claim()
    sending = _mark_sending(claim, 4)
    states = ["accepted", "failed_temporary", "failed_temporary", "pending"]
    claim.results = [(pk, state, "", "") for pk, state in zip(sending, states, strict=True)]
    claims.advance(claim)

    claims.give_back(claim, due_at=now, retry_at=now + timedelta(minutes=1))

    rest, retry = campaign.batches.order_by("number")
    assert (rest.due_at, rest.pending, rest.accepted, rest.size) == (now, 1, 1, 2)
    assert (retry.due_at, retry.failed_temporary) == (now + timedelta(minutes=1), 2)
    assert campaign.deliveries.get(pk=sending[3]).attempt == 0
    assert invariants.violations() == []


def test_suppressed_and_unwanted_are_settled_without_sending(now):
    campaign = scenes.make_running(4)
    _stop(campaign.deliveries.get(recipient_key=1).address, purpose="bulk", now=now)
    claim = _claim()
    rows = claims.waiting_rows(claim.batch)

    sending = claims.advance(
        claim,
        next_ids=[row["pk"] for row in rows],
        unwanted_ids=[rows[1]["pk"]],
        purpose="bulk",
    )

    assert sending == [rows[2]["pk"], rows[3]["pk"]]
    assert scenes.states(campaign) == {"suppressed": 1, "cancelled": 1, "sending": 2}
    assert invariants.violations() == []


def test_words_of_a_server_are_kept_as_they_came():
    campaign = scenes.make_running(3)
    claim = _claim()
    sending = _mark_sending(claim, 3)
    words = ['550 "no", {such} \\ user', "NULL", ""]
    claim.results = [
        (pk, "failed_permanent", error, 'ref, "1"')
        for pk, error in zip(sending, words, strict=True)
    ]

    claims.advance(claim)

    stored = campaign.deliveries.order_by("pk").values_list("error", "provider_ref")
    assert list(stored) == [(error, 'ref, "1"') for error in words]


def test_one_kind_of_messages_is_stopped_by_its_name(now):
    campaign = scenes.make_running(2)
    first, second = campaign.deliveries.order_by("pk")
    _stop(first.address, purpose="test_bulk", now=now)
    _stop(second.address, purpose="another", now=now)
    claim = _claim()
    ids = [row["pk"] for row in claims.waiting_rows(claim.batch)]

    sending = claims.advance(claim, next_ids=ids, purpose="bulk,test_bulk")

    assert sending == [second.pk]


def test_opt_out_stops_what_a_worker_has_claimed_and_not_begun(now):
    campaign = scenes.make_running(3)
    claim = _claim()
    ids = [row["pk"] for row in claims.waiting_rows(claim.batch)]
    begun = claims.advance(claim, next_ids=ids[:1], purpose="bulk")

    for delivery in campaign.deliveries.filter(pk__in=ids[:2]):
        services.opt_out(delivery, now=now)

    assert scenes.states(campaign) == {"sending": 1, "suppressed": 1, "pending": 1}
    assert claims.advance(claim, next_ids=ids[1:], purpose="bulk") == [ids[2]]
    assert begun == ids[:1]
    assert invariants.violations() == []


@pytest.mark.django_db(transaction=True)
def test_opt_out_in_flight_wins_over_a_worker_that_looked_before_its_commit(now):
    campaign = scenes.make_running(2)
    claim = _claim()
    ids = [row["pk"] for row in claims.waiting_rows(claim.batch)]
    sent = []

    def advance():
        try:
            sent.extend(claims.advance(claim, next_ids=ids, purpose="bulk"))
        finally:
            connection.close()

    worker = threading.Thread(target=advance)
    with transaction.atomic():
        services.opt_out(campaign.deliveries.get(pk=ids[0]), now=now)
        worker.start()
        _wait_until_somebody_waits_for_a_lock()
    worker.join()

    assert sent == ids[1:]
    assert scenes.states(campaign) == {"suppressed": 1, "sending": 1}
    assert invariants.violations() == []


def _wait_until_somebody_waits_for_a_lock():
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks asked JOIN pg_locks mine USING (pid) "
                "JOIN pg_database d ON d.oid = mine.database "
                "WHERE NOT asked.granted AND d.datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("the worker never came to the batch")


def test_opt_out_does_not_stop_service_messages(now):
    campaign = scenes.make_running(1)
    _stop(campaign.deliveries.get().address, purpose="bulk", now=now)
    claim = _claim()
    rows = claims.waiting_rows(claim.batch)

    assert claims.advance(claim, next_ids=[rows[0]["pk"]], purpose="service") == [rows[0]["pk"]]


@pytest.mark.django_db(transaction=True)
def test_statement_is_prepared_again_on_a_new_connection():
    scenes.let_fly()
    scenes.make_running(10)
    claim = _claim()
    claims.advance(claim)
    connection.close()

    assert len(_mark_sending(claim, 2)) == 2


def test_crash_of_the_database_makes_the_window_uncertain(now):
    """What was committed last may be forgotten; the unlogged mark is gone as well."""
    campaign = scenes.make_running(10)
    claim = _claim()
    rows = claims.waiting_rows(claim.batch)
    claims.advance(claim, next_ids=[rows[0]["pk"]], window_to=rows[5]["pk"], purpose="bulk")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE messaging_livebatch")
    _let_lease_pass(claim)

    claims.expire_claims(now=now)

    assert scenes.states(campaign) == {"uncertain": 6, "pending": 4}
    assert invariants.violations() == []


@pytest.mark.django_db(transaction=True)
def test_only_the_first_chunk_of_a_window_waits_for_the_disk(django_assert_num_queries):
    scenes.let_fly()
    scenes.make_running(10)
    claim = _claim()
    rows = claims.waiting_rows(claim.batch)
    claims.advance(claim)

    with django_assert_num_queries(3) as queries:
        for row in (rows[0], rows[1], rows[5]):
            claims.advance(claim, next_ids=[row["pk"]], window_to=rows[1]["pk"], purpose="bulk")

    waits = ["synchronous_commit TO off" not in query["sql"] for query in queries]
    assert waits == [True, False, True]
    assert DeliveryBatch.objects.get(pk=claim.batch.pk).handed_to == rows[5]["pk"]
