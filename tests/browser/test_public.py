"""The public pages in a real browser: accessible, light, and complete without JavaScript."""

import re

import pytest
from django.urls import reverse

from tests.factories import CohortFactory, EnrolmentFactory, RegionFactory, VenueFactory
from umkm_portal.common import codes
from umkm_portal.pages.tiles import PLACES

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

LIMIT = 60 * 1024
NODES = 800
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATHS = [
    "/",
    "/gelombang/",
    "/gelombang/?kecamatan=31.74.01",
    "/undangan/",
    "/masuk/",
    "/cek/",
    "/cek/?kode=JKP-2222-2222",
    "/bantuan/",
    "/privasi/",
    "/tidak-ada/",
]


@pytest.fixture
def jakarta():
    """All 44 kecamatan, a full page of cohorts, one of them nearly full."""
    cities = {
        code: RegionFactory(code=code, level="city", short_name=f"Kota {code}")
        for code in sorted({place[:5] for place in PLACES})
    }
    districts = [
        RegionFactory(code=code, level="district", name=f"Kecamatan {n}", parent=cities[code[:5]])
        for n, code in enumerate(sorted(PLACES))
    ]
    for number in range(12):
        CohortFactory(
            seats=20,
            taken=min(number * 2, 20),
            session__venue=VenueFactory(region=districts[number]),
        )


def test_pages_are_accessible_and_small(any_width, live_server, jakarta, violations):
    """One visit to all pages: each test with a live server empties every table."""
    page, wrong = any_width, {}
    for path in PATHS:
        page.goto(f"{live_server.url}{path}")
        found = violations(page)
        nodes = page.evaluate("document.querySelectorAll('*').length")
        overflow = page.evaluate(OVERFLOW)
        if found or nodes > NODES or overflow > 0:
            wrong[path] = (found, nodes, overflow)

    assert wrong == {}


@pytest.mark.long
def test_first_visit_is_light_and_asks_nobody_else(browser, live_server, jakarta):
    """Static files come uncompressed here, so production is lighter still."""
    for path in ("/", "/gelombang/"):
        context = browser.new_context()
        page, requests, sizes = context.new_page(), [], []
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda e, to=sizes: to.append(e["encodedDataLength"]))
        page.on("request", lambda request, to=requests: to.append(request.url))

        page.goto(f"{live_server.url}{path}")
        page.wait_for_load_state("networkidle")

        assert all(url.startswith(live_server.url) for url in requests)
        assert any(url.endswith(".woff2") for url in requests)
        assert 10_000 < sum(sizes) <= LIMIT
        context.close()


@pytest.mark.long
def test_pages_break_no_rule_of_the_content_policy(page, live_server, jakarta):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    for path in ("/", "/gelombang/", "/undangan/", "/cek/"):
        page.goto(f"{live_server.url}{path}")
        page.wait_for_load_state("networkidle")

    assert complaints == []


def test_schedule_and_check_work_without_javascript(browser, live_server, jakarta):
    enrolment = EnrolmentFactory()
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(live_server.url)

    page.get_by_role("link", name=re.compile("^Lihat semua")).click()
    page.get_by_label("Cara").select_option("in_person")
    page.get_by_role("button", name="Tampilkan").click()
    assert "kelas tatap muka" in page.inner_text("main")

    page.get_by_role("link", name="Cek keaslian undangan").click()
    page.get_by_label("Kode undangan").fill(codes.display(enrolment.short_code))
    page.get_by_role("button", name="Cek kode").click()
    assert "Undangan ini asli." in page.inner_text("main")


def test_error_summary_takes_the_focus_and_leads_to_the_field(page, live_server):
    page.goto(f"{live_server.url}{reverse('trainings:invitation')}")
    page.get_by_label("Kode undangan").fill("JKP-XXXX")
    page.get_by_role("main").get_by_role("button", name="Buka undangan").click()

    summary = page.locator(".errsum")
    assert summary.evaluate("element => element === document.activeElement")
    assert page.title().startswith("Kesalahan: ")
    summary.get_by_role("link").click()
    assert page.get_by_label("Kode undangan").evaluate("e => e === document.activeElement")
    assert page.get_by_label("Kode undangan").get_attribute("aria-invalid") == "true"


def test_keyboard_reaches_the_content_first(page, live_server):
    page.goto(live_server.url)

    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Langsung ke isi"
