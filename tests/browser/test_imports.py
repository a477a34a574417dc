"""The pages of an import in a real browser: narrow and wide, no error, nothing too wide.

PICTURES=folder keeps screenshots there.
"""

import os

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tests.browser.test_staff import OF_THE_THEME
from tests.imports.conftest import bring_in, check, make_file, register
from tests.staff import make_user
from umkm_portal.imports import undoing

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
__all__ = ["make_file", "register"]

KNOWN = [
    {"Nama": f"Orang {n}", "NIK": f"317199410190000{n}", "HP": f"08123456780{n}"}
    for n in range(1, 6)
]


@pytest.fixture
def office(any_width, live_server, client):
    """A page of the head office that notes what goes wrong."""
    client.force_login(make_user("head"))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    any_width.context.add_cookies([cookie])
    any_width.problems = []
    any_width.on("pageerror", lambda error: any_width.problems.append(str(error)))
    return any_width


@pytest.fixture
def scene(transactional_db, register, make_file):
    """Pages of a file that waits, one with rows to review, one that was taken back."""
    bring_in(make_file(KNOWN, "induk.csv"))
    messy = [
        {"Nama": "Kripik Cempaka", "No KTP": "3,17E+15", "HP": "081234567891", "Kota": "Jakpus"},
        {"Nama": "Batik Kebon", "No KTP": "317199410102", "HP": "081234567892", "Kota": ""},
        {"Nama": "Sambal Mpok", "No KTP": "3171994101900077", "HP": "021-384", "Kota": "Bandung"},
        {"Nama": "Kue Basah", "No KTP": "3171994101900078", "HP": "081234567894", "Kota": ""},
        {"Nama": "Orang 1", "No KTP": KNOWN[0]["NIK"], "HP": "081234567801", "Rating toko": "4.8"},
    ]
    waiting = check(make_file(messy, "kurasi-des-2026.csv"))
    other = [{**row, "Nama": f"Lain {n}", "Alamat": "Jl. Baru"} for n, row in enumerate(KNOWN)]
    review = bring_in(make_file([*other, {"Nama": "Baru", "HP": "081299990000"}], "lain.csv"))
    undone = bring_in(make_file([{"Nama": f"X {n}", "HP": f"08129999000{n}"} for n in "123"]))
    undoing.undo_file(undone, actor=None, now=timezone.now())
    pages = [(file.pk, name) for file in (waiting, review, undone) for name in ("change",)]
    asking = check(make_file([{"Merek": "Batik", "Telp": "0812"}], "tanya.csv"))
    pages.append((asking.pk, "change"))
    addresses = [reverse(f"admin:imports_importfile_{name}", args=[pk]) for pk, name in pages]
    addresses.append(reverse("admin:imports_importfile_review", args=[review.pk]))
    addresses.append(reverse("admin:imports_importfile_row", args=[waiting.pk, 2]))
    return [*addresses, reverse("admin:imports_importfile_add")]


def test_pages_of_an_import_fit_and_are_readable(office, live_server, scene, violations):
    addresses = scene
    width = office.viewport_size["width"]

    for number, address in enumerate(addresses):
        office.goto(live_server.url + address)
        if folder := os.environ.get("PICTURES"):
            office.screenshot(path=f"{folder}/impor-{width}-{number}.png", full_page=True)
        assert office.evaluate("document.documentElement.scrollWidth") <= width, address
        ours = [line for line in violations(office) if not line.startswith(OF_THE_THEME)]
        assert ours == [], address

    office.goto(live_server.url + addresses[0])
    office.fill("input[name=cell-3]", "3171994101900099")
    office.locator("form:has(input[name=cell-3]) button").click()
    office.get_by_text("1 baris sudah benar.").wait_for()
    assert office.problems == []


def test_too_many_pasted_cells_get_a_page_that_can_be_read(
    office, live_server, register, violations
):
    width = office.viewport_size["width"]
    office.goto(live_server.url + reverse("admin:imports_importfile_add"))
    office.evaluate("document.querySelector('[name=pasted]').value = 'x'.repeat(9e6)")

    with office.expect_navigation():
        office.evaluate("document.querySelector('[name=pasted]').form.submit()")

    office.get_by_text("kirim daftar panjang sebagai berkas").wait_for()
    if folder := os.environ.get("PICTURES"):
        office.screenshot(path=f"{folder}/impor-{width}-400.png", full_page=True)
    assert office.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(office) == []
