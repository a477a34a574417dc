"""The partner space in a real browser: a messy list goes in, a row is put right, 320 are accepted,
the dinas announces, the owner reads it; and the list of applicants comes back with every row known.

PICTURES=folder keeps screenshots there.
"""

import os
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from participants.models import Business, Participant
from partners.announcing.publishing import publish_due
from partners.calls.applying import Shown, apply_to
from partners.models import Agreement, CurationCall, CurationDecision, CurationList
from partners.sharing.fields import DEFAULT
from partners.space import members
from tests.factories import (
    CurationCallFactory,
    MembershipFactory,
    ParticipantFactory,
    PartnerFactory,
    RegionFactory,
    UserFactory,
)
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
WINDOW = timedelta(minutes=20)
"""Longer than an announcement can be undone."""


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


@pytest.fixture
def applicants(shopee):
    """323 owners who applied and agreed that Shopee sees it, under an agreement in force."""
    today = timezone.localdate()
    Agreement.objects.create(
        partner=shopee,
        number="PKS 1",
        purpose="Kurasi bazar",
        valid_from=today,
        valid_to=today + timedelta(days=30),
        allowed_fields=DEFAULT,
    )
    city, call = RegionFactory(), CurationCall.objects.get()
    people = Participant.objects.bulk_create(
        ParticipantFactory.build(region=city) for _ in range(323)
    )
    businesses = Business.objects.bulk_create(
        Business(participant=person, name=f"Usaha {n}") for n, person in enumerate(people)
    )
    for person, business in zip(people, businesses, strict=True):
        shown = Shown(business=business, product_kind=None, products="Kue", agrees=True)
        apply_to(call, person, shown=shown, actor=None, now=timezone.now())
    return people


def fill_in(path):
    """Write Hasil into every row, as the curator does in her spreadsheet: three do not pass."""
    book = load_workbook(path)
    sheet = book.active
    head = next(row for row in sheet.iter_rows() if row[0].value == "Kode peserta")
    column = {cell.value: cell.column for cell in head}
    for row in range(head[0].row + 1, sheet.max_row + 1):
        has_failed = row > sheet.max_row - 3
        sheet.cell(row, column["Hasil"]).value = "Tidak lolos" if has_failed else "Lolos"
        sheet.cell(row, column["Alasan"]).value = "Foto kabur" if has_failed else None
    book.save(path)


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


@pytest.fixture
def visit(member, live_server):
    """`visit(user)`: a page of somebody else's browser, logged in, of the same size."""

    def run(user):
        client = Client()  # logging in by the member's would end her session
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        context = member.context.browser.new_context(viewport=member.viewport_size)
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        return context.new_page()

    return run


def test_a_messy_list_is_put_right_accepted_and_announced(
    member, live_server, shopee, messy, look, visit
):
    page = member
    owner = ParticipantFactory(full_name="Pemilik 1", phone="+6281220000001", account=UserFactory())
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

    dinas = visit(MembershipFactory().user)
    dinas.goto(f"{live_server.url}/admin/partners/curationlist/{found.pk}/change/")
    dinas.get_by_role("button", name="Umumkan").click()
    dinas.get_by_role("button", name="Urungkan").wait_for()
    assert publish_due(now=timezone.now() + WINDOW) == 1
    dinas.reload()
    dinas.get_by_role("button", name="Undang yang lolos ke pelatihan").wait_for()

    siti = visit(owner.account)
    siti.goto(f"{live_server.url}/saya/kurasi/bazaar-online/")
    siti.get_by_text("Selamat, usaha Anda lolos kurasi.").wait_for()
    page.goto(f"{live_server.url}/mitra/daftar/{found.file_id}/")
    page.get_by_text("Dinas sudah mengumumkan hasilnya.").wait_for()


def test_the_list_of_323_applicants_comes_back_and_every_row_finds_its_person(
    member, live_server, shopee, applicants, look, tmp_path
):
    page = member
    page.goto(f"{live_server.url}/mitra/unduhan/")
    page.get_by_text("323 pelamar siap diunduh").wait_for()
    page.get_by_role("button", name="Siapkan daftar").click()
    page.get_by_text("Versi 1 siap: 323 orang.").wait_for()
    look("unduhan")
    with page.expect_download() as download:
        page.get_by_role("link", name="Unduh .xlsx").click()
    returned = tmp_path / download.value.suggested_filename
    download.value.save_as(returned)
    fill_in(returned)

    page.goto(f"{live_server.url}/mitra/daftar/unggah/")
    page.get_by_label("Untuk kurasi").select_option(index=1)
    page.get_by_label("Berkas", exact=True).set_input_files(returned)
    page.get_by_role("button", name="Unggah dan periksa").click()
    work()
    page.get_by_text("323 baris selesai diperiksa").wait_for()
    counts = page.locator(".counts dd").all_inner_texts()
    assert [text.strip() for text in counts] == ["323", "0", "0", "0"]
    look("periksa-kembali")
    page.get_by_role("button", name="Terima 323 baris").click()
    work()
    page.goto(page.url)
    page.get_by_text("323 baris diterima").wait_for()

    decisions = CurationDecision.objects.all()
    assert decisions.filter(matched_by="code", outcome="passed").count() == 320
    assert decisions.filter(outcome="failed", reason="Foto kabur").count() == 3
    assert {row.participant_id for row in decisions} == {person.pk for person in applicants}
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
