"""Chromium against a live server; without Chromium these tests skip and say so."""

import os
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections

PHONE = {"width": 390, "height": 844}
OFFICE = {"width": 1366, "height": 768}
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Playwright runs an event loop in this thread; the fixtures' queries beside it are harmless.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return {"executable_path": program, "args": FLAGS}


@pytest.fixture(scope="session", autouse=True)
def _no_lasting_connections():
    """A kept connection of the live server's threads would outlive the test database."""
    connections.settings["default"]["CONN_MAX_AGE"] = 0


@pytest.fixture(scope="session")
def base_url():
    """Unused here; pytest-base-url's own fixture warns under this pytest."""
    return None


@pytest.fixture(
    params=[
        pytest.param(PHONE, id="390"),
        pytest.param(OFFICE, id="1366", marks=pytest.mark.long),
    ]
)
def any_width(request, page):
    """The page at the width of a phone and of an office PC."""
    page.set_viewport_size(request.param)
    return page


@pytest.fixture
def violations():
    """`violations(page)`: what axe finds, as readable lines; empty is right."""

    def run(page):
        found = Axe().run(page, options=AXE_RULES).response["violations"]
        return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]

    return run
