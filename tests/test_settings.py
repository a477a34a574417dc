"""The environment decides; a production with something missing refuses to start and names it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgres://portal:secret@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "a-secret-of-the-test",
    "FIELD_KEYS": "1:AAAA",
    "INDEX_KEYS": "1:BBBB",
    "PORTAL_URL": "https://pelatihan.example.go.id/",
    "ALLOWED_HOSTS": "pelatihan.example.go.id",
}
NAMES = ("DATA_DIR", "DEBUG", "EMAIL_URL", "SSL_REDIRECT", "TRUSTED_PROXIES")


def read_settings(expression, **environment):
    """Import settings.py alone in a new Python and print `expression` about it."""
    kept = {k: v for k, v in os.environ.items() if k not in {*PRODUCTION, *NAMES}}
    return subprocess.run(
        [sys.executable, "-c", f"from umkm_portal import settings as s; print({expression})"],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_refuses_to_start_without_each_secret_and_names_it(name):
    result = read_settings("s.EMBEDDED", **{k: v for k, v in PRODUCTION.items() if k != name})

    assert result.returncode == 1
    last_line = result.stderr.strip().splitlines()[-1]
    assert last_line.startswith("django.core.exceptions.ImproperlyConfigured")
    assert re.findall(r"\b[A-Z]+_[A-Z]+\b", last_line.split(": ")[2]) == [name]


def test_production_refuses_a_blank_secret_like_a_missing_one():
    result = read_settings("s.EMBEDDED", **PRODUCTION | {"FIELD_KEYS": "  "})

    assert result.returncode == 1
    assert "FIELD_KEYS" in result.stderr


@pytest.mark.parametrize(
    ("only", "other"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")]
)
def test_one_url_alone_is_production_and_names_the_other(only, other):
    result = read_settings("s.EMBEDDED", **{only: PRODUCTION[only]})

    assert result.returncode == 1
    assert other in result.stderr.strip().splitlines()[-1]


def test_complete_production_starts_strict():
    result = read_settings(
        "[s.EMBEDDED, s.DEMO, s.DEBUG, s.STAFF_NEEDS_SECOND_FACTOR, s.PORTAL_URL, "
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT]",
        **PRODUCTION,
    )

    assert result.stdout.strip() == (
        "[False, False, False, True, 'https://pelatihan.example.go.id', True, True, True]"
    ), result.stderr


def test_demo_is_impossible_once_mail_leaves_the_machine():
    embedded = read_settings("[s.EMBEDDED, s.DEMO]")
    mailing = read_settings("[s.EMBEDDED, s.DEMO]", EMAIL_URL="smtp://mail.example:25")

    assert embedded.stdout.strip() == "[True, True]", embedded.stderr
    assert mailing.stdout.strip() == "[True, False]", mailing.stderr


def test_google_and_tiktok_are_installed_only_where_both_of_their_keys_are():
    found = (
        "[a.rpartition('.')[2] for a in s.INSTALLED_APPS if a.startswith('allauth.socialaccount')]"
    )
    half = {"GOOGLE_CLIENT_ID": "id", "TIKTOK_CLIENT_SECRET": "s"}

    assert read_settings(found, **half).stdout.strip() == "['socialaccount']"
    assert read_settings(found, **half, GOOGLE_CLIENT_SECRET="s").stdout.strip() == (
        "['socialaccount', 'google']"
    )


def test_papers_name_every_variable_of_the_environment():
    source = "".join(path.read_text() for path in (ROOT / "umkm_portal").glob("*settings.py"))
    used = set(re.findall(r"env\.[a-z_]+\(\s*\"([A-Z_]+)\"", source))
    example = (ROOT / ".env.example").read_text()
    table = (ROOT / "README.md").read_text().partition("## Environment")[2].partition("\n## ")[0]

    assert used - set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.M)) == set()
    assert used - set(re.findall(r"`([A-Z_]+)`", table)) == set()
