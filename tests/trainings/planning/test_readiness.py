"""What a cohort lacks, and opening it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from tests.at_once import at_once
from tests.factories import BudgetLineFactory, ProgrammeFactory, UserFactory
from tests.trainings.planning.scene import at, make_plan, make_training, workday
from trainings.models import Assignment, Cohort, Programme, Training, Unavailability
from trainings.planning import money
from trainings.planning.readiness import (
    NotReady,
    OpeningRefused,
    open_cohort,
    readiness_of,
    readiness_of_many,
)

pytestmark = pytest.mark.django_db


def found(cohort):
    return {item.key: item for item in readiness_of(cohort, now=timezone.now()).items}


def lacking(cohort):
    return {item.key for item in readiness_of(cohort, now=timezone.now()).missing}


def test_a_whole_plan_is_ready_and_opens():
    cohort, officer = make_plan(), UserFactory()

    opened = open_cohort(cohort, by=officer, now=timezone.now(), override_reason="tidak perlu")

    assert readiness_of(cohort, now=timezone.now()).is_ready
    assert (opened.state, opened.override_reason, opened.overridden_by) == ("open", "", None)
    with pytest.raises(OpeningRefused, match="statusnya dibuka"):
        open_cohort(cohort, by=officer, now=timezone.now())


def no_venue(cohort):
    cohort.sessions.update(venue=None)


def small_venue(cohort):
    cohort.sessions.get().venue.__class__.objects.update(capacity=5)


def venue_away(cohort):
    session = cohort.sessions.get()
    day = timezone.localdate(session.starts_at)
    Unavailability.objects.create(
        venue=session.venue, first_day=day, last_day=day, reason="Dipakai rapat"
    )


def silent_trainer(cohort):
    Assignment.objects.update(state=Assignment.State.ASKED)


def trainer_said_no(cohort):
    Assignment.objects.update(state=Assignment.State.DECLINED)


def no_money(cohort):
    cohort.budget_lines.all().delete()


def over_the_ceiling(cohort):
    programme = cohort.training.programme
    programme.__class__.objects.update(budget=999_999)


def no_programme(cohort):
    Training.objects.update(programme=None)


def overspent(cohort):
    cohort.budget_lines.update(committed=600_000, spent=600_000)


def no_sessions(cohort):
    cohort.sessions.all().delete()


def begun(cohort):
    cohort.sessions.update(starts_at=timezone.now() - timezone.timedelta(hours=1))


def no_materials(cohort):
    Training.objects.update(materials=" ")


def nobody(cohort):
    Training.objects.update(audience="")


def no_last_day(cohort):
    Cohort.objects.update(closes_at=None)


@pytest.mark.parametrize(
    ("spoil", "lacks", "sentence"),
    [
        (no_venue, {"place"}, "1 dari 1 sesi belum punya tempat."),
        (small_venue, {"place"}, "muat 5 orang, kursinya 10"),
        (venue_away, {"place"}, "Dipakai rapat"),
        (silent_trainer, {"trainer"}, "belum menjawab"),
        (trainer_said_no, {"trainer"}, "1 dari 1 sesi belum punya pelatih."),
        (no_money, {"budget"}, "Belum ada rencana anggaran."),
        (over_the_ceiling, {"budget"}, "kurang Rp1 untuk gelombang ini"),
        (no_programme, {"budget"}, "belum masuk program"),
        (overspent, {"budget"}, "Rp1.200.000, rencananya hanya Rp1.000.000"),
        (no_sessions, {"place", "trainer", "sessions"}, "Tambah sesi dahulu"),
        (begun, {"sessions", "audience"}, "Sesi pertama sudah lewat"),
        (no_materials, {"materials"}, "belum ditulis"),
        (nobody, {"audience"}, "Belum ditulis pelatihan ini untuk siapa."),
        (no_last_day, {"audience"}, "ditutup belum diisi"),
    ],
)
def test_what_is_missing_is_said_with_its_page(spoil, lacks, sentence):
    cohort = make_plan()
    spoil(cohort)

    items = found(cohort)

    assert {key for key, item in items.items() if not item.ok} == lacks
    told = [items[key] for key in lacks]
    assert any(sentence in item.sentence for item in told), [item.sentence for item in told]
    assert all(item.address.startswith("/admin/trainings/") for item in told)
    with pytest.raises(NotReady, match="belum siap"):
        open_cohort(cohort, by=None, now=timezone.now(), override_reason="  ")
    cohort.refresh_from_db()
    assert cohort.state == Cohort.State.DRAFT


def test_a_reason_opens_what_is_not_ready_and_stays_with_the_cohort():
    cohort, officer = make_plan(), UserFactory()
    no_money(cohort)

    open_cohort(cohort, by=officer, now=timezone.now(), override_reason=" Dana menyusul ")

    cohort.refresh_from_db()
    assert (cohort.state, cohort.override_reason) == ("open", "Dana menyusul")
    assert cohort.overridden_by == officer


def test_an_online_cohort_needs_a_link_and_no_room():
    cohort = make_plan(mode=Cohort.Mode.ONLINE)
    cohort.sessions.update(venue=None)

    assert lacking(cohort) == {"place"}
    cohort.sessions.update(link="https://rapat.example/1")
    assert lacking(cohort) == set()


def test_drafts_claim_nothing_and_cancelled_cohorts_what_is_gone():
    training = make_training(budget=2_500_000)
    first, second, third = (make_plan(training=training, hour=hour) for hour in (8, 12, 16))
    BudgetLineFactory(cohort=None, programme=training.programme, planned=500_000)

    assert [lacking(cohort) for cohort in (first, second, third)] == [set(), set(), set()]
    for cohort in (first, second):
        open_cohort(cohort, by=None, now=timezone.now())

    assert money.room_of(training.programme) == 0
    assert lacking(third) == {"budget"}
    assert lacking(first) == set()
    second.budget_lines.update(spent=200_000)
    Cohort.objects.filter(pk=second.pk).update(state=Cohort.State.CANCELLED)
    assert money.room_of(training.programme) == 800_000


@pytest.mark.parametrize("count", [1, 3])
def test_many_cohorts_ask_a_constant_number_of_queries(count, django_assert_num_queries):
    programme = ProgrammeFactory(budget=100_000_000)
    cohorts = [make_plan(training=make_training(programme=programme)) for _ in range(count)]

    with django_assert_num_queries(8):
        told = readiness_of_many(cohorts, now=timezone.now())

    assert [one.cohort for one in told] == cohorts


@pytest.mark.django_db(transaction=True)
def test_two_officers_do_not_both_get_the_last_rupiah():
    training = make_training(budget=4_000_000)
    plans = [make_plan(training=training, day=workday(14 + n)) for n in range(8)]

    refused = at_once(*[partial(open_cohort, plan, by=None, now=timezone.now()) for plan in plans])

    assert (len(refused), money.room_of(training.programme)) == (4, 0)
    assert {type(refusal) for refusal in refused} == {NotReady}
    keys = {item.key for refusal in refused for item in refusal.readiness.missing}
    assert keys == {"budget"}


def elsewhere(run):
    """What another connection answers, whose transaction is over afterwards."""

    def alone():
        try:
            with transaction.atomic():
                return run()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()


def is_free(row):
    try:
        list(type(row).objects.filter(pk=row.pk).select_for_update(no_key=True, nowait=True))
    except DatabaseError:
        return False
    return True


@pytest.mark.django_db(transaction=True)
def test_a_training_that_moves_while_its_programme_is_waited_for_is_asked_again(monkeypatch):
    training = make_training()
    old, new, lock = training.programme, ProgrammeFactory(), money.lock_programme
    asked = []

    def after_a_move(programme_id):
        if not asked:
            elsewhere(lambda: Training.objects.update(programme=new))
        asked.append(programme_id)
        return lock(programme_id)

    monkeypatch.setattr(money, "lock_programme", after_a_move)
    with transaction.atomic():
        held = money.lock_programme_of(training.pk)
        free = [elsewhere(lambda row=row: is_free(row)) for row in (old, new, training)]

    assert (held, asked) == (new, [old.pk, new.pk])
    assert free == [True, False, False]
    assert Programme.objects.count() == 2


def test_overlapping_sessions_of_one_cohort_are_said():
    cohort = make_plan()
    session = cohort.sessions.get()
    session.pk = None
    session.starts_at, session.ends_at = at(workday(14), 10), at(workday(14), 12)
    session.save()

    assert "bertumpuk" in found(cohort)["sessions"].sentence
