"""A process that dies at work, a frozen one that wakes up, a broker that is gone."""

import os
import signal
import warnings

import pytest
from django.db import connection
from django.utils import timezone

from participants.models import Business, Participant, StageEvent
from tests import stage
from tests.imports.conftest import bring_in, check, counts, receive
from umkm_portal.imports import leases, nudging, profiles, services, staging, tasks
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging import nudges

ROWS = 2_000
SLICES = 4


def die_in(work):
    """Run `work` in a process of its own that is expected to be killed there."""
    connection.close()  # a child must not inherit an open one
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            stage.forget_connections()
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def killing(function, nth):
    """The function, and SIGKILL for its process right after the nth call."""
    calls = []

    def wrapped(*args, **facts):
        calls.append(1)
        result = function(*args, **facts)
        if len(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


def let_lease_run_out():
    ImportFile.objects.update(lease_until=timezone.now() - ImportFile.LEASE)


@pytest.mark.parametrize("nth", [1, SLICES - 1, SLICES])
def test_killed_while_applying_the_rest_is_applied_once(
    transactional_db, register, sample, monkeypatch, nth
):
    file = check(sample(ROWS, dirt=5))
    services.approve_file(file, by=None, now=timezone.now())
    profile = profiles.get("register")
    good = file.created_count

    def work():
        # Dies inside the transaction of the nth slice: its rows are written and not committed.
        object.__setattr__(profile, "apply_slice", killing(profile.apply_slice, nth))
        services.apply_file(file.pk)

    die_in(work)

    file.refresh_from_db()
    assert file.state == ("approved" if nth == 1 else "applying")
    assert file.rows_applied == (nth - 1) * ROWS // SLICES
    assert Participant.objects.count() < good
    assert services.apply_file(file.pk) is None, "the dead process still holds its lease"
    let_lease_run_out()
    services.apply_file(file.pk)

    file.refresh_from_db()
    assert file.state == "done"
    assert counts(file) == {"created": good, "rejected": ROWS - good}
    assert Participant.objects.count() == good
    assert Business.objects.count() == good
    assert StageEvent.objects.filter(stage="P1").count() == good


def test_killed_while_reading_the_file_is_read_again(transactional_db, register, sample):
    file = receive(sample(ROWS))

    def work():
        staging.copy_slice = killing(staging.copy_slice, 2)
        services.process_file(file.pk)

    die_in(work)

    file.refresh_from_db()
    assert (file.state, file.rows_read) == ("uploaded", 2 * staging.SLICE)
    let_lease_run_out()
    services.process_file(file.pk)

    file.refresh_from_db()
    assert (file.state, file.rows.count(), file.created_count) == ("checked", ROWS, ROWS)


def test_a_process_that_lost_its_lease_writes_nothing_more(register, sample):
    file = check(sample(20))
    services.approve_file(file, by=None, now=timezone.now())
    now = timezone.now()
    frozen = leases.claim(file.pk, states=ImportFile.TO_APPLY, now=now)
    let_lease_run_out()
    assert leases.claim(file.pk, states=ImportFile.TO_APPLY, now=timezone.now())

    with pytest.raises(leases.LeaseLost):
        services._apply_slice(frozen, profiles.get("register"), -1, 10**6, 20)

    assert Participant.objects.count() == 0


def test_cancelled_while_it_is_read_the_file_is_left_after_the_slice(register, sample, monkeypatch):
    file, copy = receive(sample(ROWS)), staging.copy_slice

    def copy_and_cancel(claimed, blocks, before):
        count = copy(claimed, blocks, before)
        if not before:
            services.cancel_file(ImportFile.objects.get(pk=file.pk), now=timezone.now())
        return count

    monkeypatch.setattr(staging, "copy_slice", copy_and_cancel)

    assert services.process_file(file.pk) is None

    file.refresh_from_db()
    assert (file.state, file.rows_read, file.rows.count()) == ("cancelled", staging.SLICE, 0)
    assert not file.source.exists()


def test_somebody_registered_meanwhile_is_matched_not_doubled(register, sample):
    path = sample(30)
    early, late = check(path), check(sample(30, name="sama.xlsx"))
    for file in (early, late):
        services.approve_file(file, by=None, now=timezone.now())
        services.apply_file(file.pk)

    early.refresh_from_db()
    late.refresh_from_db()
    assert (counts(early), counts(late)) == ({"created": 30}, {"same": 30})
    assert Participant.objects.count() == 30


def test_new_index_keys_have_an_approved_file_read_again(register, sample, settings):
    file = check(sample(10))
    services.approve_file(file, by=None, now=timezone.now())
    settings.INDEX_KEYS = ["77:" + "A" * 43 + "=", *settings.INDEX_KEYS]

    services.apply_file(file.pk)
    file.refresh_from_db()
    assert file.state == "uploaded"
    services.process_file(file.pk)
    services.apply_file(file.pk)

    assert {
        index.split(":")[0] for index in Participant.objects.values_list("nik_index", flat=True)
    } == {"77"}


def test_long_work_is_done_in_turns(register, sample):
    file = check(sample(1_200))
    services.approve_file(file, by=None, now=timezone.now())

    services.apply_file(file.pk, seconds=0)
    file.refresh_from_db()
    assert (file.state, file.rows_applied, file.lease_until) == ("applying", 500, None)
    while services.apply_file(file.pk, seconds=0).is_busy:
        pass

    assert Participant.objects.count() == 1_200


# --- Nudges and the sweep -------------------------------------------------------------------------
@pytest.fixture
def told(monkeypatch):
    """What the workers were told, by task and file."""
    found = []
    monkeypatch.setattr(
        nudges, "now", lambda task, **facts: found.append((task.rsplit(".")[-1], facts["file_id"]))
    )
    return found


def test_sweep_tells_workers_of_files_that_nobody_works_on(register, sample, told):
    waiting, working = receive(sample(3, name="a.csv")), receive(sample(4, name="b.csv"))
    approved = check(sample(5, name="c.csv"))
    services.approve_file(approved, by=None, now=timezone.now())
    check(sample(6, name="d.csv"))
    bring_in(sample(7, name="e.csv"))
    ImportFile.objects.filter(pk=working.pk).update(lease_until=timezone.now() + ImportFile.LEASE)

    assert tasks.sweep() == 2

    assert told == [("process_file", waiting.pk), ("apply_file", approved.pk)]


def test_tasks_take_a_file_through(register, sample, told):
    file = receive(sample(5))

    assert tasks.process_file(file_id=file.pk) == 5
    file.refresh_from_db()
    services.approve_file(file, by=None, now=timezone.now())
    assert tasks.apply_file(file_id=file.pk) == 5

    assert Participant.objects.count() == 5
    assert told == []


def test_tasks_for_files_that_are_gone_do_nothing(register, told):
    assert tasks.process_file(file_id=0) == tasks.apply_file(file_id=0) == 0


def test_a_dead_broker_breaks_no_upload(register, sample, settings, monkeypatch):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(nudges, "_connection", nudges._connection.__wrapped__)
    monkeypatch.setattr(nudges, "_silent_until", 0.0)

    file = receive(sample(3))
    nudging.nudge(file)

    file.refresh_from_db()
    assert file.state == ImportFile.State.UPLOADED
    assert tasks.process_file(file_id=file.pk) == 3
