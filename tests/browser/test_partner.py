"""The partner space in a real browser: a messy list goes in, a row is put right, 320 are accepted.

PICTURES=folder keeps screenshots there.
"""

import os

import pytest
from django.conf import settings
from django.utils import timezone

from partners.models import CurationDecision, CurationList
from partners.space import members
from tests.factories import CurationCallFactory, ParticipantFactory, PartnerFactory
from tests.staff import make_member
from umkm_portal.accounts.models import Membership
from umkm_portal.common.spreadsheets import write_xlsx
from umkm_portal.imports import services
from umkm_portal.imports.models import ImportFile

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TITLE = ["Hasil kurasi Shopee Bazaar Online Jakpreneur", "", "", "", ""]
HEADER = ["No.", "Nama Pemilik", "Nama Toko", "Nomor WA", "Keterangan Lolos"]
GOOD, BAD = 319, {42: "0812", 87: "021-384", 133: "12345"}
LIMIT = 60 * 1024


@pytest.fixture
def shopee(transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    partner = PartnerFactory(organisation__short_name="Shopee Indonesia")
    CurationCallFactory(
        partner=partner,
        title="Shopee Bazaar Online Jakpreneur, Desember 2026",
        slug="bazaar-online",
        quota=323,
        criteria=["Produk siap jual", "Foto produk jelas"],
    )
    return partner


@pytest.fixture
def messy(tmp_path):
    """A title above the table, headings in other words, three phones that cannot be."""
    rows = [
        [str(n), f"Pemilik {n}", f"Toko {n}", BAD.get(n, f"08122000{n:04d}"), "Lolos"]
        for n in range(1, GOOD + len(BAD) + 1)
    ]
    path = tmp_path / "kurasi-bazaar-des-2026.xlsx"
    write_xlsx(path, TITLE, [HEADER, *rows])
    return path


def note(complaints, text):
    """A form that comes back with its errors (422) is an answer, not a complaint."""
    if "status of 422" not in text:
        complaints.append(text)


@pytest.fixture
def member(shopee, any_width, live_server, client):
    """A page of a manager that notes what the browser complains about."""
    user = make_member(shopee, full_name="Rina")
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    any_width.context.add_cookies([cookie])
    any_width.complaints = []
    any_width.on("pageerror", lambda error: any_width.complaints.append(str(error)))
    any_width.on("console", lambda said: note(any_width.complaints, said.text))
    return any_width


@pytest.fixture
def look(member, violations):
    """Fits, is accessible, and is kept as a picture where somebody wants to see it."""
    width = member.viewport_size["width"]

    def run(name):
        if folder := os.environ.get("PICTURES"):
            member.screenshot(path=f"{folder}/mitra-{name}-{width}.png", full_page=True)
        assert member.evaluate(OVERFLOW) <= 0, name
        assert violations(member) == [], name

    return run


def work():
    """What the workers do meanwhile."""
    for file in ImportFile.objects.waiting_for_machine():
        step = services.apply_file if file.state in ImportFile.TO_APPLY else services.process_file
        step(file.pk)


def test_a_messy_list_is_put_right_and_accepted(member, live_server, shopee, messy, look):
    page = member
    ParticipantFactory(full_name="Pemilik 1", phone="+6281220000001")
    page.goto(f"{live_server.url}/mitra/")
    look("beranda-kosong")
    page.goto(f"{live_server.url}/mitra/daftar/unggah/")
    page.get_by_role("button", name="Unggah dan periksa").click()
    look("unggah-keliru")
    page.get_by_label("Untuk kurasi").select_option(index=1)
    page.get_by_label("Berkas", exact=True).set_input_files(messy)
    page.get_by_role("button", name="Unggah dan periksa").click()
    page.get_by_text("Membaca berkas").wait_for()
    look("membaca")
    work()
    page.get_by_text("322 baris selesai diperiksa").wait_for()
    look("periksa")
    assert "Terima 319 baris" in page.inner_text("main")
    assert page.get_by_text("Belum ada data yang tersimpan.").is_visible()

    page.get_by_label("Nomor WA, baris 44").fill("081234567890")
    page.get_by_role("button", name="Simpan perbaikan").click()
    page.get_by_text("1 baris sudah benar.").wait_for()
    page.get_by_role("button", name="Terima 320 baris").click()
    page.get_by_role("heading", level=1).wait_for()
    work()
    page.goto(page.url)
    page.get_by_text("320 baris diterima").wait_for()
    look("hasil")

    found = CurationList.objects.get()
    assert CurationDecision.objects.filter(list=found, outcome="passed").count() == 320
    for name, address in (
        ("beranda", "/mitra/"),
        ("unggahan", "/mitra/daftar/"),
        ("kurasi", "/mitra/kurasi/"),
        ("kurasi-satu", "/mitra/kurasi/bazaar-online/"),
    ):
        page.goto(live_server.url + address)
        look(name)
    assert page.complaints == []


def test_other_pages_fit_and_are_light(member, live_server, shopee, look, browser):
    page = member
    for n in range(2):
        make_member(shopee, Membership.Role.PARTNER_READER, email=f"pembaca{n}@shopee.example")
    members.invite_member(
        shopee,
        email="calon.pengunggah@shopee.example",
        role=Membership.Role.PARTNER_UPLOADER,
        by=None,
        now=timezone.now(),
    )
    sizes = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda e: sizes.append(e["encodedDataLength"]))
    page.goto(f"{live_server.url}/mitra/", wait_until="networkidle")
    assert 10_000 < sum(sizes) <= LIMIT
    for name in ("anggota", "keamanan", "ganti", "daftar"):
        page.goto(f"{live_server.url}/mitra/{name}/")
        look(name)
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    try:
        page.goto(f"{live_server.url}/mitra/")
        look("langkah-kedua")
    finally:
        settings.STAFF_NEEDS_SECOND_FACTOR = False
    assert page.complaints == []


def test_a_list_goes_in_without_javascript(browser, live_server, shopee, messy, client):
    client.force_login(make_member(shopee))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(f"{live_server.url}/mitra/daftar/unggah/")
    page.get_by_label("Untuk kurasi").select_option(index=1)
    page.get_by_label("Berkas", exact=True).set_input_files(messy)
    page.get_by_role("button", name="Unggah dan periksa").click()
    work()
    page.get_by_text("322 baris selesai diperiksa").wait_for()  # the page looks again by itself
    page.get_by_role("button", name="Terima 319 baris").click()
    work()
    page.goto(page.url)

    assert "319 baris diterima" in page.inner_text("main")
