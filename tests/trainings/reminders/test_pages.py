from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    CohortFactory,
    EnrolmentFactory,
    InvitationRoundFactory,
    ProgrammeFactory,
)
from tests.staff import make_user
from tests.trainings.reminders.conftest import at, seat
from trainings import tickets
from trainings.models import Cohort, ReminderRule
from trainings.reminders import due, showing
from trainings.reminders.services import remind_due
from umkm_portal.messaging.models import Campaign

pytestmark = pytest.mark.django_db


def form_of(programme, **changed):
    """What the browser sends back of the programme's page."""
    rules = {
        name: [True, amount]
        for name, amount in {"early": 7, "day": 1, "hours": 2, "after": 1, "nudge": 24}.items()
    }
    saved = list(programme.reminder_rules.order_by("pk"))
    order = [rule.name for rule in saved] + [n for n in rules if n not in {r.name for r in saved}]
    fields = {
        "name": programme.name,
        "slug": programme.slug,
        "organiser": programme.organiser_id,
        "year": programme.year,
        "budget_lines-TOTAL_FORMS": 0,
        "budget_lines-INITIAL_FORMS": 0,
        "reminder_rules-TOTAL_FORMS": 5,
        "reminder_rules-INITIAL_FORMS": len(saved),
    }
    for number, name in enumerate(order):
        is_on, amount = changed.get(name, rules[name])
        prefix = f"reminder_rules-{number}"
        fields[f"{prefix}-amount"] = amount
        fields |= {f"{prefix}-is_on": "on"} if is_on else {}
        if number < len(saved):
            fields[f"{prefix}-id"] = saved[number].pk
    return fields


def test_an_officer_sees_the_usual_rules_and_keeps_only_what_she_changes(client):
    programme = ProgrammeFactory()
    client.force_login(make_user("head"))
    page = f"/admin/trainings/programme/{programme.pk}/change/"

    shown = client.get(page).content.decode()
    client.post(page, form_of(programme, early=(True, 5), hours=(False, 2)))
    wrong = client.post(page, form_of(programme, early=(True, 5), day=(True, 6)))

    assert "Undangan belum dijawab" in shown
    assert "jam sebelum batas jawab" in shown
    assert set(ReminderRule.objects.values_list("name", "is_on", "amount")) == {
        ("early", True, 5),
        ("hours", False, 2),
    }
    assert "harus lebih awal" in wrong.content.decode()


def test_the_page_of_a_cohort_tells_what_is_planned_sent_and_missed(client, cohort):
    cohort.refresh_from_db()
    opened = InvitationRoundFactory(cohort=cohort, created_at=at(8), deadline_at=at(11))
    EnrolmentFactory(cohort=cohort, round=opened)
    remind_due(now=at(8, 10))

    lines = {line.label: line for line in showing.lines_of(cohort, now=at(8, 10))}
    remind_due(now=at(15, 10))
    after = {line.label: line for line in showing.lines_of(cohort, now=at(15, 10))}

    early, day = lines["Jauh hari sebelum sesi"], lines["Menjelang sesi"]
    assert (early.planned, early.waiting, early.next_at) == (0, 2, None)
    assert (day.planned, day.next_at, day.rule) == (2, at(14), "1 hari sebelum sesi")
    assert lines["Undangan belum dijawab"].next_at == at(10)
    assert lines["Undangan belum dijawab"].planned == 1
    assert lines["Sesudah kelas"].planned == 2
    assert after["Jauh hari sebelum sesi"].missed == 2
    assert after["Pada hari sesi"].missed == 2
    client.force_login(make_user("head"))
    shown = client.get(f"/admin/trainings/cohort/{cohort.pk}/change/").content.decode()
    assert "6</b> terlewat" in shown


def counted(cohort):
    fresh = Cohort.objects.select_related("training").get(pk=cohort.pk)
    with CaptureQueriesContext(connection) as queries:
        showing.lines_of(fresh, now=at(8))
    return len(queries)


def test_the_lines_cost_the_same_for_one_person_and_for_three():
    cohorts = [
        CohortFactory(starts_at=at(15), training__programme=ProgrammeFactory()) for _ in range(2)
    ]
    for cohort, count in zip(cohorts, (1, 3), strict=True):
        for _ in range(count):
            seat(cohort)

    assert counted(cohorts[0]) == counted(cohorts[1]) == 5


def test_the_ticket_says_when_she_will_be_reminded(client):
    cohort = CohortFactory(starts_at=timezone.now() + timedelta(days=20))
    siti = seat(cohort, timezone.now())
    blank = seat(cohort, timezone.now(), email="")
    first = due.moments_of(
        cohort.starts_at,
        showing.settings_of({None})[None],
        holidays=due.holidays_around([cohort.starts_at]),
    )[0]

    shown = client.get(f"/tiket/{tickets.token_of(siti)}/").content.decode()
    other = client.get(f"/tiket/{tickets.token_of(blank)}/").content.decode()

    assert "Kami mengingatkan Anda:" in shown
    assert showing.next_for(siti, now=timezone.now())[0] == first.due_at
    assert "Kami mengingatkan Anda" not in other


def test_an_officer_rewrites_a_reminder_and_the_next_ones_say_so(client, cohort):
    client.force_login(make_user("head"))
    page = "/admin/trainings/programme/pengingat/day/"

    shown = client.get(page).content.decode()
    bad = client.post(page, {"subject": "Besok", "body": "{tautan} {nomor}"})
    cut = client.post(page, {"subject": "Besok", "body": "Sampai jumpa."})
    client.post(page, {"subject": "Besok: {judul}", "body": "Sampai jumpa, {nama}. {tautan}"})
    remind_due(now=at(14))

    assert "Yang perlu dibawa: HP" in shown
    assert (bad.status_code, cut.status_code) == (422, 422)
    assert "{nomor}" in bad.content.decode()
    campaign = Campaign.objects.get(kind="reminder_day")
    assert campaign.templates.get(channel="email").subject == "Besok: {judul}"
    assert campaign.deliveries.count() == 2
    assert client.get(page.replace("day", "lain")).status_code == 404
