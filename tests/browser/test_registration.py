"""An owner registers on her phone: with and without JavaScript, and on another device later."""

import re

import pytest
from playwright.sync_api import expect

from participants.models import Participant
from tests.browser.conftest import OFFICE, PHONE
from tests.browser.test_public import LIMIT, NODES, OVERFLOW
from tests.codes import code_to
from tests.factories import CohortFactory
from tests.pages.registration.conftest import NIK, lists
from trainings.models import Enrolment

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.usefixtures("lists")]
__all__ = ["lists"]


class Registering:
    """One page of a browser on its way through `/daftar/`; `look` is called at every stop."""

    def __init__(self, page, address, look=lambda page: None):
        self.page, self.address, self.look = page, address, look

    def press(self, name):
        self.page.get_by_role("button", name=name).click()
        self.look(self.page)

    def from_class(self, cohort):
        self.page.goto(f"{self.address}{cohort.get_absolute_url()}")
        self.look(self.page)
        self.page.get_by_role("link", name="Ikut gelombang ini").click()
        self.look(self.page)

    def contact(self, typed="0812-3456-7890"):
        self.page.get_by_label("Nama lengkap").fill("Siti Aminah")
        self.page.get_by_label("Nomor HP atau email").fill(typed)
        self.press("Kirim kode")
        self.code()

    def code(self):
        self.page.get_by_label("Kode 6 angka").fill(code_to("+6281234567890"))
        self.press("Lanjut")

    def identity(self):
        self.page.get_by_label("NIK", exact=True).fill("3171")
        self.page.get_by_label("Tanggal lahir").fill("15 Maret 1990")
        self.press("Simpan dan lanjut")
        assert self.page.title().startswith("Kesalahan: ")
        self.page.get_by_label("NIK", exact=True).fill(NIK)
        self.press("Simpan dan lanjut")

    def city(self):
        self.page.get_by_label("Jakarta Pusat").check()
        self.press("Lanjut")

    def address_in_city(self):
        self.page.get_by_label("Kelurahan", exact=True).select_option("Kebon Kacang")
        self.page.get_by_label("Alamat lengkap").fill("Pasar Tanah Abang Blok G, kios 118")
        self.press("Simpan dan lanjut")

    def business(self):
        self.page.get_by_label("Ya, sudah berjalan").check()
        self.page.get_by_label("Nama usaha").fill("Dapur Siti")
        self.page.get_by_label("Bidang usaha").select_option("Makanan")
        self.page.get_by_label("Shopee").check()
        self.page.get_by_label("Tautan toko online").fill("shopee.co.id/dapursiti")
        self.page.get_by_label("Omzet setahun").fill("120 juta")
        self.page.get_by_label("Belum punya", exact=True).check()
        self.press("Simpan dan lanjut")

    def interest(self):
        for label in ("Ya, undang saya", "Boleh", "Tidak"):
            boxes = self.page.get_by_label(label, exact=True)
            boxes.nth(1 if label == "Tidak" else 0).check()
        self.press("Simpan dan lanjut")

    def send(self):
        self.press("Kirim pendaftaran")
        expect(self.page.get_by_role("heading", name="Pendaftaran terkirim")).to_be_visible()


@pytest.mark.long
@pytest.mark.parametrize("has_script", [False, True], ids=["no-script", "script"])
def test_an_owner_registers_and_goes_on_at_another_device(browser, live_server, has_script):
    cohort = CohortFactory()

    def device():
        context = browser.new_context(viewport=PHONE, java_script_enabled=has_script)
        return Registering(context.new_page(), live_server.url)

    here = device()
    here.from_class(cohort)
    here.contact()
    here.identity()
    here.city()
    link = re.search(r"/daftar/lanjut/[^<\"%]+", here.page.content())[0]
    there = device()
    there.page.goto(f"{live_server.url}{link}")
    assert "Siti" not in there.page.content()
    there.press("Kirim kode")
    there.code()
    assert there.page.url.endswith("/daftar/alamat/")
    there.address_in_city()
    there.business()
    there.interest()
    expect(there.page.locator("main")).to_contain_text("seratus dua puluh juta rupiah")
    there.send()

    expect(there.page.locator("main")).to_contain_text("Kursi Anda aman.")
    there.page.get_by_role("link", name="Buka tiket").click()
    expect(there.page.get_by_role("heading", name="Kursi Anda aman")).to_be_visible()
    person = Participant.objects.get()
    assert (person.nik, person.region.name) == (NIK, "Kebon Kacang")
    assert Enrolment.objects.get(participant=person, cohort=cohort).state == "confirmed"


@pytest.mark.long
@pytest.mark.parametrize("width", [PHONE, OFFICE], ids=["390", "1366"])
def test_pages_of_the_registration_are_accessible_and_light(
    browser, live_server, violations, width
):
    wrong, sizes = {}, []

    def look(page):
        page.wait_for_load_state("load")
        found = violations(page)
        nodes = page.evaluate("document.querySelectorAll('*').length")
        overflow = page.evaluate(OVERFLOW)
        if found or nodes > NODES or overflow > 0:
            wrong[f"{page.url} {page.title()}"] = (found, nodes, overflow)

    context = browser.new_context(viewport=width)
    visit = Registering(context.new_page(), live_server.url, look)
    session = context.new_cdp_session(visit.page)
    visit.from_class(CohortFactory())
    visit.contact()
    visit.identity()
    visit.page.get_by_label("Di luar Jakarta").check()
    visit.press("Lanjut")
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    visit.page.reload()
    visit.page.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) <= LIMIT, "the longest list of all"
    visit.page.get_by_label("Jakarta Pusat").check()
    visit.press("Ganti wilayah")
    visit.press("Simpan dan lanjut")
    visit.address_in_city()
    visit.business()
    visit.interest()
    visit.send()
    visit.page.goto(f"{live_server.url}/daftar/luar-jakarta/?kota=13.71")
    look(visit.page)

    assert wrong == {}
