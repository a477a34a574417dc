"""The pages of planning in a real browser: they fit, can be read, and work by keyboard.

PICTURES=folder keeps screenshots there.
"""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.factories import (
    AssignmentFactory,
    ProgrammeFactory,
    TopicFactory,
    TrainerFactory,
    VenueFactory,
)
from tests.trainings.planning.scene import another_session, at, make_plan, make_training, workday
from trainings.models import Assignment, Cohort, Trainer, Unavailability
from trainings.planning.readiness import open_cohort

__all__ = ["staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def make_month():
    """A programme with cohorts that are open, ready, and not ready, one of them double-booked."""
    programme = ProgrammeFactory(name="Jakpreneur Berjualan Digital", budget=40_000_000)
    live = make_training(title="Berjualan lewat siaran langsung", programme=programme)
    books = make_training(title="Mencatat modal dan laba", programme=programme, materials="")
    hall = VenueFactory(name="Pasar Tanah Abang Blok G", capacity=40)
    influencer = TrainerFactory(
        **{"kind": Trainer.Kind.INFLUENCER, "name": "Ratih Ayuningtyas", "handle": "@ratihjualan"},
        **{"followers": 420_000, "fee_per_session": 3_500_000, "phone": "+6281234567890"},
    )
    influencer.topics.set([TopicFactory(name="Siaran langsung"), TopicFactory(name="Pembukuan")])
    day = workday(10)
    cohorts = [
        make_plan(training=live, number=1, day=day, planned=9_500_000),
        make_plan(training=live, number=2, day=workday(17), planned=12_000_000),
        make_plan(training=books, number=1, day=day, planned=1_500_000),
        make_plan(training=books, number=2, day=workday(18), hour=13, planned=1_500_000),
    ]
    for cohort in (cohorts[0], cohorts[2]):
        cohort.sessions.update(venue=hall)
    AssignmentFactory(session=cohorts[0].sessions.get(), trainer=influencer)
    cohorts[0].budget_lines.update(committed=3_000_000, spent=2_500_000)
    another_session(cohorts[0], at(workday(12)), venue=hall)
    cohorts[3].sessions.all().delete()
    Assignment.objects.filter(session__cohort=cohorts[1]).update(fee=750_000)
    open_cohort(cohorts[1], by=None, now=timezone.now())
    absent = {"first_day": day, "last_day": day, "reason": "Cuti"}
    Unavailability.objects.create(trainer=TrainerFactory(name="Andi"), **absent)
    return programme, cohorts


def pages(programme, cohorts):
    day = timezone.localdate(cohorts[0].starts_at).isoformat()
    calendar = reverse("admin:trainings_cohort_calendar")
    yield f"{reverse('admin:trainings_cohort_month')}?bulan={day[:7]}"
    for view in ("bulan", "minggu", "tempat", "pelatih"):
        yield f"{calendar}?tampilan={view}&tanggal={day}"
    for cohort in cohorts[:2]:
        yield reverse("admin:trainings_cohort_change", args=[cohort.pk])
    for name in ("trainers", "waves"):
        yield reverse(f"admin:trainings_cohort_{name}", args=[cohorts[0].pk])
    yield reverse("admin:trainings_cohort_add")
    yield reverse("admin:trainings_programme_changelist")
    yield reverse("admin:trainings_programme_change", args=[programme.pk])
    yield reverse("admin:trainings_programme_add")
    yield reverse("admin:trainings_training_change", args=[cohorts[0].training_id])
    taught = Trainer.objects.exclude(topics=None).distinct().get()
    yield reverse("admin:trainings_trainer_change", args=[taught.pk])
    for name in ("venue", "trainer"):
        yield reverse(f"admin:trainings_{name}_changelist")
        yield reverse(f"admin:trainings_{name}_add")


def test_pages_of_planning_fit_and_can_be_read(staff_page, live_server, violations):
    page, width = staff_page, staff_page.viewport_size["width"]
    wrong = {}

    for address in pages(*make_month()):
        page.goto(live_server.url + address, wait_until="networkidle")
        keep(page, address, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        over = page.evaluate("document.documentElement.scrollWidth") - width
        if found or over > 0:
            wrong[address] = (found, over)

    assert wrong == {}, wrong
    assert page.problems == []


def test_waves_are_previewed_and_written_and_a_clash_is_saved_by_a_tick(staff_page, live_server):
    _, cohorts = make_month()
    page, width = staff_page, staff_page.viewport_size["width"]
    page.goto(live_server.url + reverse("admin:trainings_cohort_waves", args=[cohorts[0].pk]))

    page.get_by_label("Jumlah gelombang").fill("3")
    page.get_by_label("Mulai tanggal").fill(date(2027, 2, 1).isoformat())
    page.get_by_role("button", name="Lihat rencananya").click()
    keep(page, "rencana gelombang", width)
    page.get_by_role("button", name="Tulis 3 rancangan").click()
    page.get_by_text("3 rancangan gelombang ditulis").wait_for()

    page.goto(live_server.url + reverse("admin:trainings_cohort_change", args=[cohorts[0].pk]))
    page.locator("#id_sessions-0-starts_at_1").fill("10:00")
    page.get_by_role("button", name="Simpan", exact=True).click()
    page.get_by_role("alert").wait_for()
    keep(page, "bentrok", width)
    page.get_by_label("Simpan walau bentrok").check()
    page.get_by_role("button", name="Simpan", exact=True).click()
    page.wait_for_url("**/cohort/")

    moved = Cohort.objects.get(pk=cohorts[0].pk).sessions.order_by("starts_at").first()
    assert timezone.localtime(moved.starts_at).hour == 10
    assert page.problems == []
