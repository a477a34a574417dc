"""The owner's side in a real browser: accessible at both widths, complete without JavaScript."""

import pytest
from django.conf import settings
from django.urls import reverse

from tests.factories import CohortFactory, DeliveryFactory, EnrolmentFactory, ParticipantFactory
from trainings.models import Enrolment
from umkm_portal.common import codes, tokens

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db]


def link(live_server, enrolment):
    delivery = DeliveryFactory(recipient_key=enrolment.participant_id, subject_id=enrolment.pk)
    token = tokens.sign("answer", delivery.public_id)
    return live_server.url + reverse("trainings:answer", args=[token])


@pytest.fixture
def siti():
    cohort = CohortFactory(seats=1)
    return EnrolmentFactory(cohort=cohort, participant=ParticipantFactory(full_name="Siti Aminah"))


@pytest.fixture
def plain_page(browser):
    """A page without JavaScript, on a phone."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_each_page_of_an_answer_is_accessible(any_width, live_server, siti, violations):
    page = any_width
    address = link(live_server, siti)

    for query in ("", "?jawab=tidak", "?jawab=jadwal-lain", "?jawab=bukan-saya"):
        page.goto(address + query)
        assert violations(page) == []
    page.goto(address)
    page.get_by_role("button", name="Ya, saya hadir").click()
    page.get_by_role("heading", name="Kursi Anda aman").wait_for()
    assert violations(page) == []

    ticket = page.locator("[data-share]").get_attribute("data-share")
    page.goto(ticket.replace(settings.PORTAL_URL, live_server.url))
    assert page.get_by_role("heading", name="Tiket Anda").is_visible()
    assert violations(page) == []


def test_owner_says_yes_and_cancels_without_javascript(plain_page, live_server, siti):
    page = plain_page
    page.goto(link(live_server, siti))
    page.get_by_role("button", name="Ya, saya hadir").click()

    assert page.get_by_role("heading", name="Kursi Anda aman").is_visible()
    assert codes.display(siti.short_code) in page.inner_text("main")
    assert page.get_by_label("Kode QR tiket").is_visible()
    assert not page.get_by_role("button", name="Cetak").is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Simpan ke kalender").click()
    assert download.value.suggested_filename.endswith(".ics")

    page.get_by_role("link", name="Saya tidak jadi bisa hadir").click()
    page.get_by_label("Mengapa batal?").fill("Jaga toko")
    page.get_by_role("button", name="Ya, batalkan").click()

    assert page.get_by_role("heading", name="Kehadiran dibatalkan").is_visible()
    siti.refresh_from_db()
    assert (siti.state, siti.reason) == (Enrolment.State.CANCELLED, "Jaga toko")


def test_a_code_from_paper_leads_to_the_waiting_list(plain_page, live_server, siti):
    page = plain_page
    page.goto(link(live_server, siti))
    page.get_by_role("button", name="Ya, saya hadir").click()
    second = EnrolmentFactory(cohort=siti.cohort)

    page.goto(live_server.url)
    page.get_by_role("link", name="Buka undangan").click()
    page.get_by_label("Kode undangan").fill(codes.display(second.short_code).lower())
    page.get_by_role("main").get_by_role("button", name="Buka undangan").click()
    page.get_by_role("button", name="Ya, masuk daftar tunggu").click()

    assert page.get_by_role("heading", name="Anda di daftar tunggu").is_visible()
    second.refresh_from_db()
    assert second.state == Enrolment.State.WAITLISTED


def test_a_second_press_sends_nothing(page, live_server, siti):
    page.goto(link(live_server, siti))
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else 0)

    page.get_by_role("button", name="Ya, saya hadir").dblclick()
    page.get_by_role("heading", name="Kursi Anda aman").wait_for()

    assert len(posts) == 1


@pytest.fixture
def practice(settings):
    settings.DEMO = True


def test_tour_pages_are_accessible(any_width, live_server, practice, violations):
    CohortFactory()
    found = {}
    for path in ("/coba/", "/coba/?bahasa=en", "/coba/surat/"):
        any_width.goto(live_server.url + path)
        found[path] = violations(any_width)

    assert not any(found.values()), found
