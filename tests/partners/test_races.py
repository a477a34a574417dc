"""Two at once, with threads, connections and processes of their own; and a kill in the middle."""

import os
import signal
import threading
import warnings
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from partners import invariants
from partners.announcing import publishing
from partners.announcing.publishing import AnnouncementRefused, announce, publish_due
from partners.curation import services as curation
from partners.models import CurationDecision, CurationList, CurationResult
from tests import stage
from tests.factories import (
    CurationCallFactory,
    CurationDecisionFactory,
    CurationListFactory,
    MembershipFactory,
    ParticipantFactory,
)
from tests.sink import RunningSink
from tests.staff import make_member
from umkm_portal.imports.services import process_file
from umkm_portal.messaging.models import Campaign
from umkm_portal.messaging.services import deliver_due, expand_campaign

pytestmark = pytest.mark.django_db(transaction=True)
State = CurationList.State
PATIENCE = 0.6


class Work(threading.Thread):
    """A piece of work on a connection of its own; `.result` or `.error` afterwards."""

    def __init__(self, work):
        super().__init__()
        self.work, self.result, self.error = work, None, None
        self.start()

    def run(self):
        try:
            self.result = self.work()
        except Exception as error:
            self.error = error
        finally:
            connection.close()


class Meeting:
    """Lets a function of two threads go on once both are there, or after a while."""

    def __init__(self, function):
        self.function, self.barrier = function, threading.Barrier(2, timeout=PATIENCE)

    def __call__(self, *args, **facts):
        result = self.function(*args, **facts)
        with suppress(threading.BrokenBarrierError):
            self.barrier.wait()
        return result


@pytest.fixture
def call(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return CurationCallFactory()


@pytest.fixture
def members(call):
    return [make_member(call.partner, full_name=name) for name in ("Rina", "Budi")]


def checked(call, *names):
    """A list about strangers, ready to be accepted."""
    rows = [f"{name};0812900{number:05d};Lolos" for number, name in enumerate(names)]
    content = "\n".join(["Nama Pemilik;No HP;Hasil", *rows]).encode()
    facts = {"call": call, "uploader": None, "now": timezone.now()}
    file, _ = curation.receive_list([content], name="lolos.csv", **facts)
    process_file(file.pk)
    file.refresh_from_db()
    return file


def after(start, work):
    start.wait()
    return work()


def without_locks(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **facts: self)


@pytest.mark.parametrize("guard", [True, False], ids=["guarded", "unguarded"])
@pytest.mark.parametrize("files", [1, 2], ids=["the same list", "two lists"])
def test_of_two_who_accept_at_once_one_wins_and_the_other_hears_who(
    call, members, monkeypatch, guard, files
):
    sent = [checked(call, "Siti", f"Ani {number}") for number in range(files)]
    monkeypatch.setattr(curation, "current_list", Meeting(curation.current_list))
    if not guard:
        without_locks(monkeypatch)

    both = [
        Work(lambda file=file, by=by: curation.accept_list(file, by=by, now=timezone.now()))
        for file, by in zip([sent[0], sent[-1]], members, strict=True)
    ]
    for one in both:
        one.join()

    told = [str(one.error) for one in both if isinstance(one.error, curation.ListNotAccepted)]
    winners = [one.result.accepted_by.full_name for one in both if one.error is None]
    names_winner = bool(told and winners and winners[0] in told[0])
    assert (len(winners), names_winner) == (1, True) if guard else not names_winner
    if guard:
        assert call.lists.get().state == State.ACCEPTED
        assert CurationDecision.objects.count() == 2


def test_accepting_and_taking_back_at_once_leave_one_version_or_none(call, members):
    for turn in range(2):
        old = curation.accept_list(checked(call, f"Siti {turn}"), by=members[0], now=timezone.now())
        newer = checked(call, f"Siti {turn}", f"Ani {turn}")
        start, now = threading.Barrier(2), timezone.now()
        take = partial(curation.withdraw_list, old, by=members[0], now=now)
        accept = partial(
            curation.accept_list, newer, by=members[1], now=now, seen_version=old.version
        )
        taking, accepting = (Work(partial(after, start, work)) for work in (take, accept))
        for one in (taking, accepting):
            one.join()

        old.refresh_from_db()
        current = call.lists.filter(state__in=CurationList.CURRENT)
        assert accepting.error is None
        assert [found.pk for found in current] == [accepting.result.pk]
        assert old.state == (State.REPLACED if taking.error else State.WITHDRAWN)
        has_compared = accepting.result.difference["same"] == 1
        assert has_compared is (taking.error is not None)
        curation.withdraw_list(current.get(), by=members[1], now=timezone.now())
        call.lists.filter(state__in=CurationList.CURRENT).update(state=State.WITHDRAWN)


@pytest.fixture
def due(settings, tmp_path):
    """A list of five people whose window is over, and a sink for its messages."""
    version = CurationListFactory()
    for number in range(5):
        person = ParticipantFactory(full_name=f"Siti {number}", email=f"siti{number}@a.example")
        CurationDecisionFactory(list=version, participant=person)
    announce(version, by=MembershipFactory().user, now=timezone.now() - timedelta(hours=1))
    with RunningSink(tmp_path / "sink.log") as running:
        (tmp_path / "sink.log").touch()
        settings.EMAIL_URL, settings.DEMO = running.url, True
        yield version, running


@pytest.mark.parametrize("guard", [True, False], ids=["guarded", "unguarded"])
def test_who_undoes_while_it_is_published_hears_that_it_is_too_late(due, monkeypatch, guard):
    version, _ = due
    writing, undone = threading.Event(), threading.Event()
    write = publishing._write

    def slowly(*args, **facts):
        count = write(*args, **facts)
        writing.set()
        undone.wait(PATIENCE)
        return count

    monkeypatch.setattr(publishing, "_write", slowly)
    if not guard:
        without_locks(monkeypatch)
    told = Work(lambda: publish_due(now=timezone.now()))
    assert writing.wait(10)
    undoing = Work(lambda: (publishing.undo_announcement(version), undone.set()))
    for one in (told, undoing):
        one.join()

    is_published = told.error is None and CurationResult.objects.count() == 5
    assert (is_published and isinstance(undoing.error, AnnouncementRefused)) is guard


def fork(work):
    """Run `work` in a process of its own; its number."""
    connection.close()  # a child must not inherit an open one
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            stage.forget_connections()
            work()
        finally:
            os._exit(0)
    return pid


def dying(function):
    def wrapped(*args, **facts):
        function(*args, **facts)
        os.kill(os.getpid(), signal.SIGKILL)

    return wrapped


@pytest.mark.parametrize(
    "dies_after",
    [
        "_start_campaign",
        "",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("_write", "_take_back", "commit")
        ),
    ],
)
def test_two_processes_publish_one_is_killed_nobody_is_told_twice_or_missed(
    due, monkeypatch, dies_after
):
    version, sink = due
    now = timezone.now()
    with monkeypatch.context() as patch:
        if dies_after == "commit":
            patch.setattr(publishing, "_publish", dying(publishing._publish))
        elif dies_after:
            patch.setattr(publishing, dies_after, dying(getattr(publishing, dies_after)))
        victim = fork(lambda: publish_due(now=now))
        other = None if dies_after else fork(lambda: publish_due(now=now))
        _, status = os.waitpid(victim, 0)
        assert os.WIFSIGNALED(status) is bool(dies_after)
        if other:
            os.waitpid(other, 0)
    results = CurationResult.objects.filter(call=version.call)
    assert results.count() == (0 if dies_after.startswith("_") else 5), "all or nothing"

    both = [Work(lambda: publish_due(now=now)) for _ in range(2)]
    for one in both:
        one.join()
    for campaign in Campaign.objects.filter(state="expanding"):
        expand_campaign(campaign, now=now)
    deliver_due()

    assert [one.error for one in both] == [None, None]
    version.refresh_from_db()
    assert (version.state, results.count()) == (State.ANNOUNCED, 5)
    assert sorted(address for _, address, _ in sink.received()) == [
        f"siti{number}@a.example" for number in range(5)
    ]
    assert invariants.violations() == []
