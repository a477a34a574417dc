"""Fixtures that every part of the tests shares."""

from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.core.cache import cache


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """Tests begin with empty tables: who needs regions or sectors loads them."""
    portal_settings.LOAD_REFERENCE_DATA = False


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Static files are served from the sources: no test needs `collectstatic` first."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
