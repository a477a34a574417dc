"""The counter in a real browser: two people by keyboard alone, with the scripts switched off.

PICTURES=folder keeps screenshots there.
"""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from participants.models import Participant, Stage
from tests.browser.conftest import OFFICE, PHONE
from tests.browser.test_staff import OF_THE_THEME
from tests.factories import CohortFactory, MembershipFactory, RegionFactory, SectorFactory
from trainings.models import Enrolment
from umkm_portal.accounts.models import Membership

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]
PAGE = reverse("admin:participants_participant_counter")


@pytest.fixture
def office():
    """Gambir with its pendamping, and a cohort of one seat."""
    Stage.objects.create(code="P1", name="Pendaftaran")
    district = RegionFactory(code="31.71.01", short_name="Gambir", level="district")
    for number, name in enumerate(("Cideng", "Petojo Utara", "Petojo Selatan"), 1):
        RegionFactory(code=f"31.71.01.100{number}", short_name=name, parent=district)
    SectorFactory(name="Makanan")
    CohortFactory(seats=1, training__title="Jualan Daring", number=3)
    return MembershipFactory(role=Membership.Role.DISTRICT, region=district).user


@pytest.fixture
def open_counter(browser, live_server, client, office):
    """`open_counter(viewport, **options)`: the page of the counter, logged in."""
    client.force_login(office)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
    cookie["value"] = client.cookies[settings.SESSION_COOKIE_NAME].value
    contexts = []

    def run(viewport, **options):
        contexts.append(browser.new_context(viewport=viewport, **options))
        contexts[-1].add_cookies([cookie])
        page = contexts[-1].new_page()
        page.goto(live_server.url + PAGE)
        return page

    yield run
    for context in contexts:
        context.close()


def keep(page, name):
    if folder := os.environ.get("PICTURES"):
        path = Path(folder) / f"{name}-{page.viewport_size['width']}.png"
        page.screenshot(path=path, full_page=True)


def type_person(page, *, nik, name, born, place, phone, business):
    """One person as a quick officer types her: Tab from field to field, Space, Enter."""
    keyboard = page.keyboard
    expect(page.get_by_label("NIK")).to_be_focused()  # a busy machine focuses after loading
    for text in (nik, name, born, place, ""):
        keyboard.type(text)
        keyboard.press("Tab")
    keyboard.press("Space")  # the KTP
    keyboard.press("Tab")
    for text in (phone, "", business, "Mak", "nasi uduk", "", ""):
        keyboard.type(text)
        keyboard.press("Tab")
    for _ in range(4):  # notice, WhatsApp, photo, willing
        keyboard.press("Space")
        keyboard.press("Tab")
    keyboard.type("Jualan")
    keyboard.press("Tab")  # Enter saves from every field but a list
    with page.expect_navigation():
        keyboard.press("Enter")


def test_two_people_are_registered_by_keyboard_alone_without_scripts(open_counter, office):
    page = open_counter(OFFICE, java_script_enabled=False)
    facts = {"place": "Cideng", "business": "Dapur Siti"}
    siti = {"nik": "3171990101900003", "name": "Siti Aminah", "born": "01011990"}
    budi = {"nik": "3171990202910004", "name": "Budi Santoso", "born": "02021991"}

    type_person(page, **siti, **facts, phone="081299990001")
    assert page.get_by_text("Hari ini: 1 orang oleh Anda").is_visible()
    assert page.get_by_label("Kelurahan").input_value() == "Cideng, Gambir"
    type_person(page, **budi, **facts | {"place": "Petojo U"}, phone="081299990001")

    assert page.get_by_text("Hari ini: 2 orang oleh Anda").is_visible()
    keep(page, "loket")
    people = Participant.objects.order_by("pk")
    assert [(p.full_name, p.identity, p.region.short_name) for p in people] == [
        ("Siti Aminah", "verified", "Cideng"),
        ("Budi Santoso", "verified", "Petojo Utara"),
    ]
    assert all(person.consents.count() == 3 and person.is_willing for person in people)
    assert all(person.businesses.get().sector.name == "Makanan" for person in people)
    states = Enrolment.objects.order_by("pk").values_list("state", "answered_by")
    assert list(states) == [("confirmed", office.pk), ("waitlisted", office.pk)]
    assert all(p.verified_at <= timezone.now() for p in people)


@pytest.mark.parametrize("viewport", [PHONE, OFFICE], ids=["390", "1366"])
def test_counter_and_receipt_fit_every_screen(open_counter, violations, viewport):
    page = open_counter(viewport)
    keep(page, "loket-kosong")
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("Belum tersimpan").wait_for()
    keep(page, "loket-salah")
    found = [page.evaluate("document.documentElement.scrollWidth"), *violations(page)]
    for label, text in (
        ("Nama lengkap", "Siti Aminah"),
        ("Tanggal lahir", "01011990"),
        ("Kelurahan", "Cideng"),
        ("Nomor HP", "0812 9999 0001"),
    ):
        page.get_by_label(label).fill(text)
    page.get_by_label("Pemberitahuan sudah dibacakan").check()
    page.get_by_label("Langsung ikut").select_option(index=1)
    page.get_by_role("button", name="Simpan").click()
    page.get_by_text("Hari ini: 1 orang").wait_for()
    keep(page, "loket-tersimpan")
    found += violations(page)
    page.goto(page.url.split("/daftar/")[0] + f"/{Participant.objects.get().pk}/tanda-terima/")
    keep(page, "tanda-terima")
    found += [page.evaluate("document.documentElement.scrollWidth"), *violations(page)]

    ours = [line for line in found if not str(line).startswith(OF_THE_THEME)]
    assert ours == [viewport["width"]] * 2
