"""A session moved at the desk, on phones: ticket and calendar follow, people are told once.

PICTURES=folder keeps screenshots there.
"""

from datetime import timedelta

import icalendar
import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.test_look import keep
from tests.browser.test_whole_way import phone
from tests.factories import ParticipantFactory, VenueFactory
from tests.staff import make_user
from tests.trainings.planning.scene import at, make_plan, workday
from tests.trainings.scenes import seat
from trainings import invariants
from trainings.models import SessionChange
from trainings.planning.readiness import open_cohort
from trainings.services import changes
from trainings.tickets import token_of
from umkm_portal.messaging.models import Campaign, Delivery
from umkm_portal.messaging.services import expand_campaign

__all__ = ["phone"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cohort():
    """An open wave of two seats in one session; a hall stands free."""
    VenueFactory(name="Balai Melati", address="Jalan Melati 5, Jakarta")
    return open_cohort(make_plan(day=workday(14), seats=2), by=None, now=timezone.now())


@pytest.fixture
def seats(cohort):
    """Two people with seats; a third waits."""
    people = [ParticipantFactory(full_name=name) for name in ("Siti Aminah", "Budi", "Ani")]
    return [seat(cohort, person) for person in people][:2]


def test_a_session_moved_at_the_desk(cohort, seats, phone, live_server, violations):
    owner, desk = phone(), phone(make_user("head"))
    ticket = live_server.url + reverse("trainings:ticket", args=[token_of(seats[0])])
    form = live_server.url + reverse("admin:trainings_cohort_change", args=[cohort.pk])
    day = workday(16)
    owner.goto(ticket)
    before = entry(owner)

    desk.goto(form)
    choose_venue(desk, "Balai Melati")
    move(desk, day, 13)
    expect(desk.get_by_text("dikabarkan sekali kepada pemegang kursi")).to_be_visible()
    keep(desk, "pindah-disimpan", 390)

    # Ticket and calendar follow at once; to the calendar it is the same entry, changed.
    owner.reload()
    expect(owner.locator("main")).to_contain_text("Balai Melati, Jalan Melati 5, Jakarta")
    expect(owner.locator("main")).to_contain_text("13.00")
    assert violations(owner) == []
    keep(owner, "pindah-tiket", 390)
    moved = entry(owner)
    assert moved["uid"] == before["uid"]
    assert [int(found["sequence"]) for found in (before, moved)] == [0, 1]
    assert (moved["dtstart"].dt, moved["dtend"].dt) == (at(day, 13), at(day, 16))
    assert str(moved["location"]) == "Balai Melati, Jalan Melati 5, Jakarta"
    assert [alarm["trigger"].dt for alarm in moved.walk("VALARM")] == [-timedelta(days=1)]

    # A second thought before the quiet time is over, and a form saved as it stands.
    desk.goto(form)
    move(desk, day, 10)
    desk.goto(form)
    save(desk)
    owner.reload()
    assert int(entry(owner)["sequence"]) == 2
    assert SessionChange.objects.count() == 2
    assert changes.tell_changes(now=timezone.now()) == 0

    # One message to each who has a seat, about how it stands in the end.
    later = timezone.now() + changes.QUIET
    assert [changes.tell_changes(now=later) for _ in range(2)] == [1, 0]
    campaign = Campaign.objects.get(kind="schedule_changed")
    assert "menjadi" in campaign.options["perubahan"]
    assert "10.00 WIB sampai 13.00 WIB" in campaign.options["perubahan"]
    assert "Balai Melati" in campaign.options["perubahan"]
    expand_campaign(campaign, now=later)
    told = Delivery.objects.filter(campaign__kind="schedule_changed").order_by("subject_id")
    assert [one.subject_id for one in told] == [seat.pk for seat in seats]

    desk.goto(form)
    save(desk)
    assert changes.tell_changes(now=later + timedelta(hours=1)) == 0
    assert Campaign.objects.filter(kind="schedule_changed").count() == 1
    assert invariants.violations() == []


def entry(page):
    """The calendar entry of the only session, by the link of the ticket."""
    link = page.get_by_role("link", name="Simpan sesi ini ke kalender").get_attribute("href")
    found = page.request.get(page.evaluate("link => new URL(link, location).href", link))
    (event,) = icalendar.Calendar.from_ical(found.body()).walk("VEVENT")
    return event


def choose_venue(page, name):
    page.locator("#id_sessions-0-venue ~ .select2 .select2-selection").click()
    page.locator(".select2-dropdown .select2-search__field").fill(name)
    page.get_by_role("option", name=name).click()


def move(page, day, hour):
    """The first session to that day, three hours long."""
    for word, hours in (("starts", hour), ("ends", hour + 3)):
        page.locator(f"#id_sessions-0-{word}_at_0").fill(f"{day:%d/%m/%Y}")
        page.locator(f"#id_sessions-0-{word}_at_1").fill(f"{hours:02}:00")
    save(page)


def save(page):
    page.get_by_role("button", name="Simpan", exact=True).click()
    page.wait_for_url("**/cohort/")
