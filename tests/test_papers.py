"""What newcomers read is true: commands, links, addresses, commands of manage.py."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
START = (
    "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt "
    "&& .venv/bin/python manage.py portal"
)
TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -q -r requirements-dev.txt "
    "&& .venv/bin/python -m pytest"
)


def name_of(path):
    return str(path.relative_to(ROOT))


def test_readme_has_the_two_commands_and_ci_runs_the_second():
    readme = (ROOT / "README.md").read_text().splitlines()

    assert START in readme
    assert TEST in readme
    assert TEST in (ROOT / ".ci" / "run").read_text().splitlines()


@pytest.mark.parametrize("path", PAPERS, ids=name_of)
def test_links_lead_to_files_that_exist(path):
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text())
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAPERS, ids=name_of)
def test_addresses_in_papers_exist(path):
    found = set(re.findall(r"`(/[a-z0-9/]+/)`", path.read_text()))
    foreign = {address for address in found if address.startswith("/var/")}

    for address in sorted(found - foreign):
        try:
            resolve(address)
        except Resolver404:
            pytest.fail(f"{name_of(path)} names {address}, which does not exist")


@pytest.mark.parametrize("path", PAPERS, ids=name_of)
def test_commands_in_papers_exist(path):
    named = set(re.findall(r"manage\.py ([a-z_]+)", path.read_text()))

    assert named - set(get_commands()) == set()
