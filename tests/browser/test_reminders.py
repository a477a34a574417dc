"""The rules of a programme, the lines of a cohort, a text, and the ticket in a real browser.

PICTURES=folder keeps screenshots there.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.factories import CohortFactory, ParticipantFactory, ProgrammeFactory
from trainings import tickets
from trainings.models import ReminderRule
from trainings.reminders import due
from trainings.reminders.rules import USUAL
from trainings.reminders.services import remind_due
from trainings.services import answers
from umkm_portal.messaging import ledger
from umkm_portal.messaging.models import Delivery

__all__ = ["staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def make_class():
    """A class in five days whose people were reminded a week before, one of them in vain."""
    starts_at = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=5)
    cohort = CohortFactory(
        starts_at=starts_at,
        training__title="Berjualan lewat siaran langsung",
        training__programme=ProgrammeFactory(name="Jakpreneur Berjualan Digital"),
    )
    for number in range(4):
        answers.join(
            cohort,
            ParticipantFactory(email=f"peserta{number}@contoh.example" if number else ""),
            now=starts_at - timedelta(days=30),
            via="telepon",
        )
    early = due.moments_of(starts_at, USUAL, holidays=due.holidays_around([starts_at]))[0]
    remind_due(now=early.due_at)
    waiting = Delivery.objects.filter(state="pending").values_list("pk", flat=True)
    ledger.move(list(waiting), to="accepted", from_states=["pending"], now=early.due_at)
    return cohort


def test_reminders_fit_and_can_be_read_and_a_rule_is_changed(staff_page, live_server, violations):
    page, width = staff_page, staff_page.viewport_size["width"]
    cohort = make_class()
    programme = cohort.training.programme
    rules = reverse("admin:trainings_programme_change", args=[programme.pk])
    pages = {
        "pengingat-program": rules,
        "pengingat-gelombang": reverse("admin:trainings_cohort_change", args=[cohort.pk]),
        "pengingat-teks": reverse("admin:trainings_reminder_text", args=["day"]),
        "pengingat-tiket": f"/tiket/{tickets.token_of(cohort.enrolments.last())}/",
    }
    wrong = {}

    for name, address in pages.items():
        page.goto(live_server.url + address, wait_until="networkidle")
        keep(page, name, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        over = page.evaluate("document.documentElement.scrollWidth") - width
        if found or over > 0:
            wrong[address] = (found, over)
    page.goto(live_server.url + rules)
    page.locator("#id_reminder_rules-0-amount").fill("5")
    page.get_by_role("button", name="Simpan", exact=True).click()
    page.wait_for_url("**/programme/")

    assert wrong == {}, wrong
    assert list(ReminderRule.objects.values_list("name", "amount")) == [("early", 5)]
    assert page.problems == []
