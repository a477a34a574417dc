"""The pages at the door on a phone: camera, keyboard scanner, no network, no scripts.

PICTURES=folder keeps screenshots there.
"""

import json
import os
from pathlib import Path

import pytest
import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import OFFICE, PHONE
from tests.browser.test_staff import OF_THE_THEME
from tests.staff import make_user
from tests.trainings.attendance.conftest import address_of, begun, seat
from trainings import invariants
from trainings.attendance import wall
from trainings.attendance.marks import mark
from trainings.models import Attendance, AttendanceFile, AttendanceMark, Cohort
from umkm_portal.common import codes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
CAMERA = """
window.seen = [];
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { const text = window.seen.shift(); return text ? [{ rawValue: text }] : []; }
};
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  setInterval(() => pen.fillRect(0, 0, Math.random() * 99, 99), 50);
  return canvas.captureStream(25);
};
"""
PAPER = """
delete window.BarcodeDetector;
navigator.mediaDevices.getUserMedia = async () => {
  const rows = MATRIX;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 640;
  const pen = canvas.getContext("2d");
  const unit = Math.floor(560 / rows.length);
  setInterval(() => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, 640, 640);
    pen.fillStyle = "#000";
    rows.forEach((row, y) =>
      [...row].forEach((sign, x) =>
        sign === "1" && pen.fillRect(40 + x * unit, 40 + y * unit, unit, unit)));
  }, 50);
  return canvas.captureStream(25);
};
"""
"""A browser without a reader of its own, and a camera that looks at a QR code."""
NAMES = ("Siti Aminah", "Budi Hartono", "Ani Lestari")


@pytest.fixture
def scene():
    cohort = begun(seats=80, training__title="Jualan lewat siaran langsung", number=3)
    people = [
        seat(cohort, full_name=NAMES[n] if n < len(NAMES) else f"Peserta Ke {n}") for n in range(62)
    ]
    return cohort, people


@pytest.fixture
def open_page(browser, live_server, client):
    """`open_page(path, viewport)`: a page of an officer; None as `user` for a guest."""
    contexts = []
    officer = make_user("head")
    client.force_login(officer)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
    cookie["value"] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def run(path, viewport=PHONE, *, script=CAMERA, is_guest=False, **options):
        contexts.append(browser.new_context(viewport=viewport, **options))
        if not is_guest:
            contexts[-1].add_cookies([cookie])
        page = contexts[-1].new_page()
        page.add_init_script(script)
        page.goto(live_server.url + path)
        return page

    run.officer = officer
    yield run
    for context in contexts:
        context.close()


def keep(page, name, *, full_page=True):
    if folder := os.environ.get("PICTURES"):
        path = Path(folder) / f"{name}-{page.viewport_size['width']}.png"
        page.screenshot(path=path, full_page=full_page)


def door_of(cohort):
    return reverse("trainings:door", args=[cohort.sessions.get().pk])


def test_sixty_scans_without_a_network_arrive_once_each(scene, open_page):
    cohort, people = scene
    tickets = [address_of(one) for one in people[:60]]
    page = open_page(door_of(cohort))
    page.get_by_role("button", name="Buka kamera").click()
    page.locator("video").wait_for()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)

    scans = [*tickets[:20], tickets[3], *tickets[20:], tickets[59], tickets[0]]
    page.evaluate("texts => { window.seen = texts }", scans)
    pending = page.locator("[data-pending-count]")
    expect(pending).to_have_text("60 belum terkirim", timeout=60_000)
    while page.evaluate("window.seen.length"):
        page.wait_for_timeout(200)
    screen = page.locator("[data-screen]")
    expect(screen).to_contain_text("Sudah dipindai di HP ini")
    keep(page, "door-offline", full_page=False)
    assert "Berhasil" not in page.inner_text("body")
    assert not AttendanceMark.objects.exists()

    # The phone is put away and the page opened again: nothing is lost.
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("[data-pending]")).to_be_hidden(timeout=30_000)
    expect(page.locator("[data-present]")).to_have_text("60", timeout=10_000)

    assert AttendanceMark.objects.filter(outcome="accepted").count() == 60
    assert AttendanceMark.objects.count() == 60
    assert set(Attendance.objects.values_list("enrolment", flat=True)) == {
        one.pk for one in people[:60]
    }
    assert invariants.violations() == []


def test_results_fill_the_screen_and_the_last_is_taken_back(scene, open_page, violations):
    cohort, people = scene
    siti, budi, ani = people[:3]
    budi.short_code = "BCDFGHJT"  # not one digit in it, and still no name
    budi.save()
    page = open_page(door_of(cohort))
    box = page.get_by_label("Kode tiket atau nama")
    screen = page.locator("[data-screen]")
    assert violations(page) == []
    keep(page, "door")

    box.press_sequentially(address_of(siti))
    box.press("Enter")  # as a keyboard scanner does
    expect(screen).to_contain_text("Berhasil")
    expect(screen).to_contain_text("Siti Aminah")
    keep(page, "door-green", full_page=False)
    page.locator("[data-undo]").dispatch_event("click")  # the green screen goes by itself
    expect(screen).to_contain_text("Dibatalkan. Orang ini belum tercatat hadir.")
    expect(page.locator("[data-present]")).to_have_text("0")

    for told in ("Berhasil", "Sudah tercatat"):
        box.fill(codes.display(budi.short_code))
        box.press("Enter")
        expect(screen).to_contain_text(told)
    assert violations(page) == []
    keep(page, "door-yellow", full_page=False)
    box.fill("JKP-2222-2222")
    box.press("Enter")
    expect(screen).to_contain_text("Kode tidak dikenal")
    assert violations(page) == []
    keep(page, "door-red", full_page=False)
    page.get_by_role("button", name="Berikutnya").click()
    expect(screen).to_be_hidden()

    box.fill("lestari")
    box.press("Enter")
    page.get_by_role("button", name="Hadir", exact=True).click()
    expect(screen).to_contain_text("Ani Lestari")
    page.keyboard.press("Escape")
    assert violations(page) == []
    keep(page, "door-search")
    assert ani.attendances.present().count() == 1


def test_a_known_ticket_is_told_from_a_foreign_one_without_a_network(scene, open_page):
    cohort, people = scene
    page = open_page(door_of(cohort))
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    box, screen = page.get_by_label("Kode tiket atau nama"), page.locator("[data-screen]")

    box.fill(people[0].short_code)
    box.press("Enter")
    expect(screen).to_contain_text("Siti A.")
    expect(screen).to_contain_text("Dikenal, belum terkirim")
    page.locator("[data-undo]").click()
    expect(page.locator("[data-pending]")).to_be_hidden()
    box.fill("JKP-2222-2222")
    box.press("Enter")
    expect(screen).to_contain_text("Tiket tidak ada di daftar sesi ini")
    page.context.set_offline(False)
    expect(screen).to_contain_text("Kode tidak dikenal", timeout=10_000)
    assert AttendanceMark.objects.get().outcome == "refused"


def test_a_ticket_in_a_camera_app_is_marked_taken_back_and_marked_again(scene, open_page):
    _, people = scene
    ticket = address_of(people[0]).removeprefix(settings.PORTAL_URL)
    page = open_page(ticket)
    keep(page, "ticket-of-officer")

    page.get_by_role("button", name="Tandai hadir").click()
    expect(page.get_by_role("heading", name="Berhasil")).to_be_visible()
    keep(page, "door-by-ticket")
    page.get_by_role("button", name="Batalkan catatan ini").click()
    expect(page.get_by_role("heading", name="Dibatalkan")).to_be_visible()
    people[0].refresh_from_db()
    assert (people[0].state, Attendance.objects.exists()) == ("confirmed", False)

    page.goto(page.url.split("/hadir/")[0] + ticket)
    page.get_by_role("button", name="Tandai hadir").click()
    expect(page.get_by_role("heading", name="Berhasil")).to_be_visible()
    people[0].refresh_from_db()
    assert people[0].state == "attended"
    assert invariants.violations() == []


def test_everything_works_without_scripts(scene, open_page):
    cohort, people = scene
    page = open_page(door_of(cohort), java_script_enabled=False)

    page.get_by_label("Kode tiket atau nama").fill(codes.display(people[0].short_code))
    page.get_by_role("button", name="Catat").click()
    assert page.get_by_role("heading", name="Berhasil").is_visible()
    keep(page, "door-plain")
    page.get_by_role("button", name="Batalkan catatan ini").click()
    assert page.get_by_text("Dibatalkan.").is_visible()
    page.get_by_label("Kode tiket atau nama").fill("budi")
    page.get_by_role("button", name="Catat").click()
    page.get_by_role("button", name="Hadir", exact=True).click()
    assert page.get_by_text("Budi Hartono").first.is_visible()
    assert Attendance.objects.get().enrolment == people[1]


@pytest.mark.parametrize("viewport", [PHONE, OFFICE], ids=["390", "1366"])
def test_the_other_pages_look_right(scene, open_page, viewport, violations):
    cohort, people = scene
    Cohort.objects.filter(pk=cohort.pk).update(walk_ins="free_seats")
    session = cohort.sessions.get()
    now = timezone.now()
    facts = {"via": "scan", "by": open_page.officer, "now": now, "happened_at": now}
    for number, one in enumerate(people[:40]):
        mark(session, enrolment=one, kind="in", key=f"{number:032x}", **facts)
    stranger = seat(begun(), full_name="Raden Ajeng Siti Nurhasanah Kusumawardhani")
    mark(session, enrolment=stranger, kind="in", key=f"{99:032x}", **facts)

    file = AttendanceFile.objects.create(session=session, name="zoom.csv", sha256="1" * 64)
    rows = [(people[1], "code"), (people[2], "name"), (None, "nobody"), (None, "ignored")]
    for number, (one, how) in enumerate(rows):
        name = f"JKP-7F3K-29XM Peserta dengan nama panjang sekali {number}"
        file.rows.create(number=number, name=name, minutes=90, enrolment=one, match=how)

    for name, path, kept in (
        ("doors", reverse("trainings:doors"), ()),
        ("door-used", door_of(cohort), ()),
        ("wall", reverse("trainings:wall", args=[session.pk]), ()),
        ("guests", reverse("trainings:door_guests", args=[session.pk]) + "?q=peserta", ()),
        ("tab", reverse("admin:trainings_cohort_attendance", args=[cohort.pk]), OF_THE_THEME),
        (
            "meeting",
            reverse("admin:trainings_cohort_meeting", args=[cohort.pk]) + f"?berkas={file.pk}",
            OF_THE_THEME,
        ),
    ):
        page = open_page(path, viewport)
        found = [line for line in violations(page) if not line.startswith(tuple(kept))]
        keep(page, name)
        assert found == [], name
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], name
    code = wall.code_at(session, now=timezone.now())
    query = f"?sesi={session.pk}&kode={code}"
    page = open_page(reverse("trainings:self_check_in") + query, viewport, is_guest=True)
    assert violations(page) == []
    keep(page, "check-in")
    page.get_by_label("Kode tiket").fill(people[50].short_code)
    page.get_by_role("button", name="Catat kehadiran saya").click()
    expect(page.get_by_role("heading", name="Berhasil")).to_be_visible()
    assert violations(page) == []
    keep(page, "checked-in")


def test_a_phone_without_a_reader_of_its_own_loads_one_when_the_camera_opens(scene, open_page):
    cohort, people = scene
    matrix = segno.make(address_of(people[0]), error="m", micro=False).matrix
    rows = ["".join(str(int(dark)) for dark in row) for row in matrix]
    asked = []
    page = open_page("/healthz", script=PAPER.replace("MATRIX", json.dumps(rows)))
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto(page.url.replace("/healthz", door_of(cohort)))
    page.wait_for_load_state("networkidle")
    assert not any(name.endswith(("wasm", "ponyfill.js")) for name in asked)

    page.get_by_role("button", name="Buka kamera").click()

    expect(page.locator("[data-screen]")).to_contain_text("Siti Aminah", timeout=30_000)
    assert any(name.endswith(".wasm") for name in asked)
    assert Attendance.objects.get().via == "scan"
