"""The year's plan in and out by spreadsheet."""

import pytest
import tablib
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    BudgetLineFactory,
    TrainerFactory,
    TrainingFactory,
    UserFactory,
    VenueFactory,
)
from tests.staff import make_user
from tests.trainings.planning.scene import another_session, at, make_plan, make_training, workday
from tests.trainings.scenes import seat
from tests.trainings.test_resources import errors_of, load
from trainings import invariants
from trainings.models import (
    Assignment,
    BudgetLine,
    Cohort,
    Programme,
    Session,
    SessionChange,
    Training,
)
from trainings.planning.readiness import open_cohort
from trainings.planning.resources import CohortPlanResource
from trainings.services import changes
from umkm_portal.messaging.models import Campaign

pytestmark = pytest.mark.django_db


def go_out(cohorts=None):
    return CohortPlanResource().export(cohorts or Cohort.objects.order_by("pk"))


def come_in(data):
    return CohortPlanResource().import_data(data, rollback_on_validation_errors=True)


def with_cells(data, row, **cells):
    """The same file with some cells of one row typed anew."""
    lines = [dict(zip(data.headers, line, strict=True)) for line in data]
    lines[row] |= {name.replace("_", " "): value for name, value in cells.items()}
    return tablib.Dataset(*[list(line.values()) for line in lines], headers=data.headers)


@pytest.fixture
def plan():
    """A draft of two sessions, with a code that a spreadsheet keeps."""
    cohort = make_plan(opens_at=at(workday(2), 8), place_note="Lantai 3", data_cost_mb=50)
    session = another_session(cohort, at(workday(21)))
    session.title = "Praktik"
    session.save()
    return cohort


def test_a_plan_goes_out_and_comes_in_without_loss(plan):
    open_cohort(make_plan(), by=None, now=timezone.now())
    make_plan().sessions.all().delete()
    before = go_out()

    unchanged = come_in(go_out())

    assert errors_of(unchanged) == []
    assert unchanged.totals["skip"] == len(before) == 4
    drafts = Cohort.objects.filter(state=Cohort.State.DRAFT)
    Assignment.objects.filter(session__cohort__in=drafts).delete()
    Session.objects.filter(cohort__in=drafts).delete()
    BudgetLine.objects.filter(cohort__in=drafts).delete()
    drafts.delete()
    again = come_in(before)
    assert errors_of(again) == []
    assert again.totals["new"] == 2
    assert sorted(map(str, go_out())) == sorted(map(str, before))


def test_changes_of_a_draft_are_written_by_the_number_of_the_session(plan):
    trainer = TrainerFactory(name="Rina")
    later = timezone.localtime(at(workday(28), 13))
    data = with_cells(
        with_cells(go_out(), 1, kursi=""),
        0,
        kursi=20,
        sesi_mulai=f"{later:%d/%m/%Y} 13.00",
        sesi_selesai=f"{later:%d/%m/%Y} 15.00",
        pelatih=f"{Assignment.objects.get().trainer}; Rina",
        rencana_konsumsi="1,2 juta",
        rencana_tempat="500.000",
    )

    result = come_in(data)

    assert errors_of(result) == []
    assert (result.totals["update"], result.totals["skip"]) == (1, 1)
    plan.refresh_from_db()
    assert (plan.seats, plan.sessions.count()) == (20, 2)
    assert plan.ends_at == at(workday(28), 15)
    answers = dict(Assignment.objects.values_list("trainer__name", "state"))
    assert answers[trainer.name] == "asked"
    assert set(answers.values()) == {"asked"}  # the yes was for another day
    planned = dict(plan.budget_lines.values_list("purpose", "planned"))
    assert planned == {"meals": 1_200_000, "venue": 500_000}


@pytest.mark.parametrize(
    "cells",
    [{"kursi": 20}, {"rencana_konsumsi": 7}, {"pelatih": "Rina"}, {"sesi_ke": 3}],
)
def test_of_what_is_open_a_file_changes_nothing_but_sessions(plan, cells):
    TrainerFactory(name="Rina")
    Cohort.objects.update(state=Cohort.State.OPEN)

    result = come_in(with_cells(with_cells(go_out(), 1, kursi=""), 0, **cells))

    assert "sudah dibuka. Ubah di halamannya" in errors_of(result)[0]
    assert result.invalid_rows[0].number == 1


def test_a_session_moved_by_a_file_is_told_once_and_keeps_who_answers_meanwhile(plan):
    open_cohort(plan, by=None, now=timezone.now(), override_reason="Uji")
    owner = seat(plan)
    officer = UserFactory(is_staff=True)
    VenueFactory(name="Balai Baru", capacity=50)
    day = timezone.localtime(at(workday(16)))
    data = with_cells(
        go_out(),
        0,
        sesi_mulai=f"{day:%d/%m/%Y} 13.00",
        sesi_selesai=f"{day:%d/%m/%Y} 15.00",
        tempat="Balai Baru",
    )

    looked = CohortPlanResource().import_data(data, dry_run=True, user=officer)
    moved = CohortPlanResource().import_data(data, user=officer)
    again = CohortPlanResource().import_data(data, user=officer)

    assert errors_of(looked) + errors_of(moved) + errors_of(again) == []
    assert (moved.totals["update"], again.totals["skip"]) == (1, 2)
    first = plan.sessions.order_by("starts_at").first()
    assert (first.sequence, first.venue.name, first.starts_at) == (1, "Balai Baru", at(day, 13))
    assert SessionChange.objects.get().changed_by == officer
    assert Assignment.objects.get(session=first).state == "asked"
    plan.refresh_from_db()
    assert (plan.starts_at, plan.taken) == (first.starts_at, 1)
    later = timezone.now() + 2 * changes.QUIET
    assert [changes.tell_changes(now=later) for _ in range(2)] == [1, 0]
    campaign = Campaign.objects.get(kind="schedule_changed")
    assert list(campaign.audience.values_list("subject_id", flat=True)) == [owner.pk]
    assert invariants.violations() == []


def two_lines(plan):
    BudgetLineFactory(cohort=plan, purpose="meals", planned=5)


def small_room(plan):
    VenueFactory(name="Gudang", capacity=3)


def busy_trainer(plan):
    day = workday(40)
    other = make_plan(day=day)
    Assignment.objects.filter(session__cohort=other).update(trainer=TrainerFactory(name="Sibuk"))


@pytest.mark.parametrize(
    ("cells", "sentence", "spoil"),
    [
        ({"pelatih": "Entah"}, "Pelatih “Entah” belum ada", None),
        ({"sesi_ke": 4}, "baru ada 2 sesi", None),
        ({"sesi_ke": "satu"}, "Tulis angka", None),
        ({"rencana_konsumsi": "mahal"}, "tidak terbaca", None),
        ({"rencana_konsumsi": 7}, "Ada 2 pos Konsumsi", two_lines),
        ({"kursi": 51}, "padahal “10” di baris lain", None),
        ({"tempat": "Gudang"}, "muat 3 orang, kursinya 10", small_room),
        ({"tempat": "Balai Hilang"}, "belum ada di portal", None),
    ],
)
def test_a_bad_row_is_refused_with_its_repair_and_nothing_is_written(plan, cells, sentence, spoil):
    if spoil:
        spoil(plan)
    data = with_cells(go_out(), 1, judul_sesi="Baru", **cells)

    result = come_in(data)

    assert any(sentence in error for error in errors_of(result)), errors_of(result)
    assert not Session.objects.filter(title="Baru").exists()


def test_a_double_booked_trainer_is_an_error_of_its_row(plan):
    busy_trainer(plan)
    day = f"{workday(40):%d/%m/%Y}"
    cells = {"sesi_mulai": f"{day} 09.00", "sesi_selesai": f"{day} 12.00", "pelatih": "Sibuk"}

    result = come_in(with_cells(go_out(), 1, **cells))

    [(number, [error])] = result.row_errors()
    assert (number, "Sibuk sudah mengajar" in str(error.error)) == (2, True)
    assert not Session.objects.filter(cohort=plan, starts_at=at(workday(40))).exists()


def test_a_training_without_a_programme_gets_the_one_of_the_file(plan):
    programme = plan.training.programme
    Training.objects.update(programme=None)
    opened = make_plan(training=Training.objects.get(), number=9, planned=3_000_000)
    Cohort.objects.filter(pk=opened.pk).update(state="open")
    Programme.objects.update(budget=2_000_000)
    line = f"{programme.name} {programme.year}"
    poor = come_in(with_cells(go_out(Cohort.objects.filter(pk=plan.pk)), 0, program=line))
    assert any("kurang Rp1.000.000" in error for error in errors_of(poor))
    Programme.objects.update(budget=None)

    result = come_in(with_cells(go_out(), 0, program=f"{programme.name} {programme.year}"))

    assert errors_of(result) == []
    assert Training.objects.get().programme == programme
    other = make_training().programme
    refused = come_in(with_cells(go_out(), 0, program=other.slug))
    assert any("bukan" in error for error in errors_of(refused))
    unknown = come_in(with_cells(go_out(), 0, program="lain"))
    assert any("“lain” belum ada di portal" in error for error in errors_of(unknown))


def test_columns_that_a_file_does_not_have_stay_as_they_are(plan):
    data = go_out()
    for column in ("tempat", "pelatih", "judul sesi", "rencana konsumsi", "petunjuk tempat"):
        del data[column]

    result = come_in(data)

    assert errors_of(result) == []
    assert result.totals["skip"] == 2


def test_a_file_may_hold_a_year_and_the_page_says_so(client):
    client.force_login(make_user("head"))
    training, venue = TrainingFactory(slug="live"), VenueFactory(name="Balai A")
    headers = ["kode", "pelatihan", "gelombang ke", "cara", "boleh ikut", "kursi", "tempat"]
    lines = [
        [f"live-{n}", training.slug, n, "Tatap muka", "Siapa saja", 10, venue.name]
        for n in range(1, 2002)
    ]

    refused = load(CohortPlanResource, headers, *lines)
    shown = client.get(reverse("admin:trainings_cohort_import")).content.decode()

    assert "paling banyak 2000 baris" in errors_of(refused)[0]
    assert "Paling banyak 2.000 baris" in shown
    assert "rencana honor pelatih" in shown
