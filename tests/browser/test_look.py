"""Every page about partners, for owners, members and staff: it fits, can be read, and is light.

PICTURES=folder keeps screenshots there.
"""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.browser.scene import make_scene
from tests.browser.test_public import LIMIT, OVERFLOW
from tests.browser.test_staff import OF_THE_THEME
from tests.tables import load_lists

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
SMALL = """() => [...document.querySelectorAll('main .btn, main .in, main .rows > li > a')]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 44)
    .map(e => `small: ${e.innerText || e.name}`)"""
"""Buttons, fields and links of lists that a thumb could miss."""

OWNER = """
    /saya/ /saya/permintaan/ /saya/permintaan/?jenis=deletion /saya/permintaan/?jenis=restriction
    /saya/perizinan/ /saya/perizinan/ajukan/ /saya/perizinan/{licence}/ /saya/persetujuan/
    /saya/ganti/ /saya/cara-masuk/ /saya/kurasi/ /saya/kurasi/adegan-buka/
    /saya/kurasi/adegan-buka/lamar/ /saya/kurasi/adegan-lamaran/
    /saya/kurasi/adegan-lamaran/lamar/ /saya/kurasi/adegan-hasil/
    /daftar/ikut/?gelombang={cohort.code} /keluar/
"""
MEMBER = """
    /mitra/ /mitra/ganti/ /mitra/keamanan/ /mitra/daftar/ /mitra/daftar/unggah/
    /mitra/daftar/{unmatched}/ /mitra/daftar/{checked}/ /mitra/daftar/{refused}/
    /mitra/daftar/{done}/ /mitra/daftar/{cancelled}/ /mitra/daftar/{report}/
    /mitra/daftar/{unaccepted}/ /mitra/kurasi/ /mitra/kurasi/adegan-lamaran/
    /mitra/kurasi/adegan-daftar/ /mitra/unduhan/ /mitra/bazar/ /mitra/bazar/adegan-bazar/
    /mitra/penjualan/ /mitra/penjualan/unggah/ /mitra/anggota/ /mitra/kunci/ /api/v1/
"""
STAFF = """
    partner/ partner/add/ partner/{partner}/change/ memberinvitation/ memberinvitation/add/
    curationcall/ curationcall/add/ curationcall/{call}/change/ application/
    application/{application}/change/ application/{waiting}/change/ curationlist/
    curationlist/{accepted}/change/ curationlist/{announced}/change/ curationdecision/
    curationdecision/{row}/change/ appeal/ appeal/{appeal}/change/ productkind/ agreement/
    agreement/add/ agreement/{agreement}/change/ sharedlist/ sharedlist/add/
    sharedlist/{shared}/change/ bazaar/ bazaar/add/ bazaar/{bazaar}/change/ bazaarentry/
    salesreport/ salesreport/{sold}/change/
"""
OTHER_STAFF = """
    /admin/ /admin/mitra/corong/ /admin/participants/datarequest/
    /admin/participants/datarequest/{request}/change/ /admin/participants/licencerequest/
    /admin/participants/licencerequest/{licence}/change/ /admin/participants/cityoffice/
    /admin/participants/cityoffice/add/ /admin/participants/referral/
    /admin/participants/referral/cetak/
"""


@pytest.fixture
def scene(transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    load_lists()
    return make_scene()


@pytest.fixture
def look(any_width, live_server, violations):
    """`look(user, addresses)`: what is wrong with each page, by its address."""
    page, width = any_width, any_width.viewport_size["width"]
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))

    def faults(address):
        answer = page.goto(live_server.url + address)
        keep(page, address, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        found += [f"wider by {over}"] if (over := page.evaluate(OVERFLOW)) > 0 else []
        found += [f"status {answer.status}"] if answer.status != 200 else []
        found += page.evaluate(SMALL) if width < 500 else []
        return found + [said.pop() for _ in range(len(said))]

    def run(user, addresses):
        client, name = Client(), settings.SESSION_COOKIE_NAME
        client.force_login(user)
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        return {address: wrong for address in addresses if (wrong := faults(address))}

    return run


def keep(page, address, width):
    if folder := os.environ.get("PICTURES"):
        name = "".join(letter if letter.isalnum() else "-" for letter in address).strip("-")
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def addresses(text, scene, *, below=""):
    """The addresses of a list, with the keys of what the scene holds."""
    facts = {name: getattr(thing, "pk", thing) for name, thing in vars(scene).items()}
    return [below + line.format(**facts | {"cohort": scene.cohort}) for line in text.split()]


def test_pages_fit_and_are_readable(look, scene):
    """Owners', partners' and those of the staff, in one scene: each of them empties every table."""
    staff = addresses(STAFF, scene, below="/admin/partners/") + addresses(OTHER_STAFF, scene)

    assert look(scene.account, addresses(OWNER, scene)) == {}
    assert look(scene.member, addresses(MEMBER, scene)) == {}
    assert look(scene.head, staff) == {}


LIGHT = [
    ("account", "/saya/"),
    ("account", "/saya/kurasi/adegan-buka/lamar/"),
    ("account", "/saya/kurasi/adegan-hasil/"),
    ("member", "/mitra/"),
    ("member", "/mitra/daftar/{checked}/"),
    ("member", "/mitra/unduhan/"),
]


def test_first_visit_is_light(browser, live_server, scene):
    for who, address in LIGHT:
        client, name, sizes = Client(), settings.SESSION_COOKIE_NAME, []
        client.force_login(getattr(scene, who))
        context = browser.new_context()
        cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        context.add_cookies([cookie])
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda e, to=sizes: to.append(e["encodedDataLength"]))

        page.goto(live_server.url + addresses(address, scene)[0], wait_until="networkidle")

        assert 10_000 < sum(sizes) <= LIMIT, address
        context.close()
