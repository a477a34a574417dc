"""One owner's way from the schedule to her certificate, on phones; PICTURES=folder keeps it.

The staff at the door and behind the desk have a phone, too.
"""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import F
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_look import keep
from tests.browser.test_registration import Registering
from tests.factories import CohortFactory
from tests.pages.registration.conftest import lists
from tests.staff import make_user
from trainings import invariants
from trainings.certificates import batches
from trainings.models import CertificateBatch, Cohort, Enrolment, Session
from umkm_portal.common import codes

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
__all__ = ["lists"]
LASTED = timedelta(hours=6)


@pytest.fixture
def cohort(lists, settings, tmp_path):
    """A class in two hours: its door is open already, and people may still register."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return CohortFactory(
        training__title="Berjualan lewat siaran langsung",
        starts_at=timezone.now() + timedelta(hours=2),
        number=1,
    )


@pytest.fixture
def phone(browser, live_server):
    """`phone(user)`: a page on a phone of its own, logged in as that user."""
    contexts = []

    def page(user=None):
        contexts.append(browser.new_context(viewport=PHONE, accept_downloads=True))
        if user:
            client, name = Client(), settings.SESSION_COOKIE_NAME
            client.force_login(user)
            cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
            contexts[-1].add_cookies([cookie])
        return contexts[-1].new_page()

    yield page
    for context in contexts:
        context.close()


def test_from_the_schedule_to_the_certificate(cohort, phone, live_server, violations):
    officer, home = make_user("head"), live_server.url

    # The owner finds the class, registers, and has a seat with a ticket.
    owner = phone()
    owner.goto(f"{home}/gelombang/")
    owner.get_by_role("link", name=cohort.training.title).first.click()
    register(owner, home)
    owner.get_by_role("link", name="Buka tiket").click()
    expect(owner.get_by_role("heading", name="Kursi Anda aman")).to_be_visible()
    keep(owner, "jalan-tiket", 390)
    seat = Enrolment.objects.get()
    code = codes.display(seat.short_code)
    assert code in owner.inner_text("main")

    # At the door her code is typed; her ticket page says so.
    door = phone(officer)
    door.goto(f"{home}/hadir/")
    door.get_by_role("link", name=cohort.training.title).click()
    door.get_by_label("Kode tiket atau nama").fill(code)
    door.keyboard.press("Enter")
    expect(door.locator("[data-screen]")).to_contain_text("Siti Aminah")
    expect(door.locator("[data-present]")).to_have_text("1")
    keep(door, "jalan-pintu", 390)
    ticket = seat_page(owner, home)
    expect(owner.locator("main")).to_contain_text("Sudah hadir")

    # Six hours later the officer closes the class and issues what was earned.
    for rows in (Session.objects.all(), Cohort.objects.all()):
        rows.update(starts_at=F("starts_at") - LASTED, ends_at=F("ends_at") - LASTED)
    desk = phone(officer)
    desk.goto(f"{home}/admin/trainings/cohort/{cohort.pk}/kehadiran/")
    desk.get_by_role("button", name="Tutup gelombang").click()
    desk.get_by_text("Lulus", exact=True).first.wait_for()
    desk.get_by_role("link", name="Sertifikat", exact=True).first.click()
    keep(desk, "jalan-terbitkan", 390)
    desk.get_by_role("button", name="Terbitkan 1 sertifikat").click()
    desk.wait_for_load_state()
    batches.work_batch(CertificateBatch.objects.get().pk)
    desk.reload()
    number = seat.certificates.get().shown_number
    desk.get_by_role("link", name=number).wait_for()
    keep(desk, "jalan-terbit", 390)

    # She takes it along from her ticket; anybody can see that it is genuine.
    owner.goto(ticket)
    with owner.expect_download() as download:
        owner.get_by_role("link", name="Unduh sertifikat").click()
    assert download.value.suggested_filename == f"sertifikat-{number}.pdf"
    anybody = phone()
    anybody.goto(f"{home}/sertifikat/")
    anybody.get_by_role("textbox").first.fill(number.lower())
    anybody.keyboard.press("Enter")
    expect(anybody.get_by_text("Sertifikat ini asli dan berlaku")).to_be_visible()
    expect(anybody.locator("main")).to_contain_text("Siti Aminah")
    assert violations(anybody) == []
    keep(anybody, "jalan-asli", 390)
    assert invariants.violations() == []


def register(page, address):
    """From the page of the class through the five pages of the registration."""
    visit = Registering(page, address)
    page.get_by_role("link", name="Ikut gelombang ini").click()
    visit.contact()
    visit.identity()
    visit.city()
    visit.address_in_city()
    visit.business()
    visit.interest()
    visit.send()


def seat_page(page, address):
    """Her ticket once more, by the address that the page offers to keep."""
    ticket = page.locator("[data-share]").get_attribute("data-share")
    page.goto(ticket.replace(settings.PORTAL_URL, address))
    return page.url
