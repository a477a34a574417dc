"""The report for the council in a real browser: it fits, can be read, and prints on one page.

PICTURES=folder keeps screenshots there.
"""

import re

import pytest

from tests.browser.test_look import keep
from tests.browser.test_staff import OF_THE_THEME, staff_page
from tests.factories import TargetFactory
from tests.reports.scene import set_up

__all__ = ["staff_page"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]
PAGES = """
    laporan/?tahun=2026 laporan/?tahun=2020 laporan/daftar/?tahun=2026&ukuran=hadir
    laporan/daftar/?tahun=2026&ukuran=hadir&hitung=kursi laporan/daftar/?tahun=2020&ukuran=hadir
    laporan/gelombang/?tahun=2026 reports/target/ reports/target/add/
"""


def test_pages_of_the_report_fit_can_be_read_and_print(staff_page, live_server, violations):
    scene = set_up()
    TargetFactory(year=2026, topic=scene.live)
    page, width = staff_page, staff_page.viewport_size["width"]
    wrong = {}

    for address in PAGES.split():
        page.goto(f"{live_server.url}/admin/{address}", wait_until="networkidle")
        keep(page, address, width)
        found = [line for line in violations(page) if not line.startswith(OF_THE_THEME)]
        over = page.evaluate("document.documentElement.scrollWidth") - width
        if found or over > 0:
            wrong[address] = (found, over)

    assert wrong == {}, wrong
    assert page.problems == []
    page.goto(f"{live_server.url}/admin/laporan/?tahun=2026")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    keep_print(page)


def keep_print(page):
    """How it looks on A4, turned."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1062, "height": 733})
    keep(page, "laporan cetak", 1062)
