"""Rows that are written about a person in the very instant that she is merged."""

import threading
import time
from contextlib import contextmanager, nullcontext

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from participants import handlers, invariants
from participants.access import record_access
from participants.copies import accesses_of
from participants.duplicates.latecomers import LatecomerMiddleware
from participants.duplicates.merging import MergeRefused, merge
from participants.models import (
    Business,
    Consent,
    DataAccess,
    DataRequest,
    LicenceRequest,
    Mentorship,
    Participant,
    Referral,
    Registration,
    Stage,
    StageEvent,
)
from participants.models.living import is_refusal
from partners import invariants as curations
from partners.models import (
    Appeal,
    Application,
    BazaarEntry,
    CurationDecision,
    CurationResult,
    Disclosure,
    SalesRow,
)
from tests.factories import (
    ApplicationFactory,
    BazaarFactory,
    BusinessFactory,
    CohortFactory,
    CurationCallFactory,
    CurationDecisionFactory,
    CurationListFactory,
    CurationResultFactory,
    OrganisationFactory,
    ParticipantFactory,
    RegionFactory,
    SalesReportFactory,
    SharedListFactory,
    UserFactory,
)
from trainings import invariants as seats
from trainings.models import Enrolment
from trainings.services import answers

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
FOLLOWED = {DataAccess}
"""Tables without the guard: their readers look at merged records too."""


@pytest.fixture
def write():
    """`write[model](person)`: a new row about that person, in each table that a merge moves."""
    cohort, region, organisation = CohortFactory(), RegionFactory(), OrganisationFactory()
    stage = Stage.objects.create(code="P2", name="Pelatihan")

    def registration(person):
        sent = {"state": "sent", "sent_at": NOW, "verified_at": NOW, "sealed_answers": None}
        Registration.objects.create(participant=person, expires_at=NOW, **sent)

    return {
        Business: lambda one: BusinessFactory(participant=one),
        Consent: lambda one: Consent.objects.create(participant=one, purpose="photo"),
        DataRequest: lambda one: DataRequest.objects.create(
            participant=one, kind="deletion", due_at=NOW
        ),
        LicenceRequest: lambda one: LicenceRequest.objects.create(participant=one, kind="nib"),
        Mentorship: lambda one: Mentorship.objects.create(
            participant=one, organisation=organisation
        ),
        Referral: lambda one: Referral.objects.create(
            participant=one, service="nib", region=region
        ),
        Registration: registration,
        StageEvent: lambda one: StageEvent.objects.create(
            participant=one, stage=stage, occurred_on="2026-01-02", source_ref="a"
        ),
        Enrolment: lambda one: answers.join(cohort, one, now=NOW, via="telepon"),
        **of_curations(),
    }


def of_curations():
    call, version = CurationCallFactory(), CurationListFactory()
    shared = SharedListFactory(call=call)
    bazaar, report = BazaarFactory(), SalesReportFactory()
    told = CurationResultFactory(participant__status="anonymised")
    day = {"period_from": "2026-01-02", "period_to": "2026-01-02"}
    return {
        Application: lambda one: ApplicationFactory(call=call, participant=one),
        CurationDecision: lambda one: CurationDecisionFactory(list=version, participant=one),
        CurationResult: lambda one: CurationResult.objects.create(
            call=version.call, participant=one, outcome="passed"
        ),
        Appeal: lambda one: Appeal.objects.create(result=told, participant=one, text="Keliru"),
        Disclosure: lambda one: Disclosure.objects.create(shared_list=shared, participant=one),
        BazaarEntry: lambda one: BazaarEntry.objects.create(bazaar=bazaar, participant=one),
        SalesRow: lambda one: SalesRow.objects.create(
            report=report, participant=one, channel="Live", amount=1, **day
        ),
    }


@pytest.fixture
def two():
    return ParticipantFactory.create_batch(2)


def in_thread(work):
    """Start `work` on a connection of its own; what it raises is kept in `.error`."""

    def run():
        try:
            work()
        except Exception as error:
            thread.error = error
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.error = None
    thread.start()
    return thread


def is_waiting():
    """Let others come to a lock that is held, for a second at most."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks asked JOIN pg_locks mine USING (pid) "
                "JOIN pg_database d ON d.oid = mine.database "
                "WHERE NOT asked.granted AND d.datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.01)
    return False


@contextmanager
def off(models):
    """The guard taken off these tables: what would be without it."""
    triggers = [(m, t) for m in models for t in m._meta.triggers if t.name == "of_living_insert"]
    for model, trigger in triggers:
        trigger.disable(model)
    try:
        yield
    finally:
        for model, trigger in triggers:
            trigger.enable(model)


def owners(write):
    rows = [model.objects.exclude(participant__status="anonymised") for model in write]
    return {pk for found in rows for pk in found.values_list("participant", flat=True)}


def violations():
    return [*invariants.violations(), *seats.violations(), *curations.violations()]


def guarded():
    return {
        handler.model
        for handler in handlers.all_handlers()
        if any(t.name == "of_living_insert" for t in getattr(handler.model._meta, "triggers", ()))
    }


def test_every_table_whose_rows_a_merge_moves_is_guarded(write):
    moved = {
        handler.model
        for handler in handlers.all_handlers()
        if handler.merge is not handlers.stays
        and not handler.is_passing
        and handler.model is not Participant
        and getattr(handler.model._meta.get_field(handler.field), "remote_field", None)
    }

    assert moved - FOLLOWED == guarded() == set(write)


def test_an_access_written_in_the_instant_of_a_merge_is_still_hers_to_read(two):
    source, target = two
    facts = {"kind": DataAccess.Kind.EXPORT, "actor": None, "now": NOW}
    with transaction.atomic():
        record_access([source.pk], purpose="sebelum", **facts)
        merging = in_thread(lambda: merge(source, target, actor=None, now=NOW))
        merging.join()
    record_access([source.pk, target.pk], purpose="sesudah", **facts)

    assert merging.error is None
    found = accesses_of(target).order_by("pk").values_list("participant", "purpose")
    assert list(found) == [
        (source.pk, "sebelum"),
        (target.pk, "sesudah"),
        (target.pk, "sesudah"),
    ]


@pytest.mark.parametrize("guard", [True, False], ids=["guarded", "unguarded"])
def test_rows_being_written_are_waited_for_and_move_along(write, two, guard):
    source, target = two
    with nullcontext() if guard else off(write), transaction.atomic():
        for add in write.values():
            add(source)
        merging = in_thread(lambda: merge(source, target, actor=None, now=NOW))
        assert is_waiting() is guard
    merging.join()

    assert merging.error is None
    assert owners(write) == {target.pk if guard else source.pk}
    assert (violations() == []) is guard


def test_rows_that_come_while_a_merge_is_under_way_are_refused(write, two, rf):
    source, target = two
    claimed, refused = UserFactory(), []

    def add_all():
        for add in write.values():
            try:
                with transaction.atomic():
                    add(source)
            except IntegrityError as error:
                refused.append(is_refusal(error))

    with transaction.atomic():
        merge(source, target, actor=None, now=NOW)
        writer = in_thread(add_all)
        claimer = in_thread(
            lambda: Participant.objects.filter(pk=source.pk).update(account=claimed)
        )
        saver = in_thread(source.save)
        assert is_waiting()
    for thread in (writer, claimer, saver):
        thread.join()

    assert refused == [True] * len(write)
    assert owners(write) == set()
    assert isinstance(claimer.error, IntegrityError)
    assert is_refusal(saver.error)
    assert violations() == []
    page = LatecomerMiddleware(None).process_exception(rf.post("/"), saver.error)
    assert (page.status_code, "baru saja digabung" in page.content.decode()) == (409, True)


def test_a_merge_gives_way_to_who_holds_a_seat_and_then_asks_for_the_person(two):
    """The cohort first and the person after; the merge takes them the other way round."""
    source, target = two
    cohort, other = CohortFactory(), CohortFactory()
    for one in two:
        answers.join(cohort, one, now=NOW, via="telepon")
    with transaction.atomic():
        type(cohort).objects.select_for_update().get(pk=cohort.pk)
        merging = in_thread(lambda: merge(source, target, actor=None, now=NOW))
        assert is_waiting()
        answers.join(other, source, now=NOW, via="telepon")
    merging.join()

    assert merging.error is None
    live = Enrolment.objects.live().values_list("participant", "cohort")
    assert sorted(live) == sorted((target.pk, place.pk) for place in (cohort, other))
    assert violations() == []


def test_a_person_in_use_for_long_is_not_merged(two, monkeypatch):
    monkeypatch.setattr("participants.duplicates.waiting.PATIENCE", 0.02)
    source, target = two
    with transaction.atomic():
        BusinessFactory(participant=source)
        merging = in_thread(lambda: merge(source, target, actor=None, now=NOW))
        merging.join()

    assert isinstance(merging.error, MergeRefused)
    assert "Coba lagi" in str(merging.error)
    assert Participant.objects.living().count() == 2
