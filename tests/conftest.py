"""Fixtures that every part of the tests shares."""

import gc
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests import databases, tables

if databases.is_shared():
    databases.keep_to_own_queues()
portal_settings.CACHES["pages"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
"""Tests see what they changed at once; who tests the sharing of pages sets a real cache."""
WAITING = tuple(f"tests/{name}/" for name in ("faults", "embedded", "browser", "backups"))
"""Their files take long for few tests: begun last, one of them would be waited for alone."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


def pytest_collection_finish():
    """Programs and tests stay to the end: the collector of garbage need not look at them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Tests begin with empty tables: who needs regions or sectors loads them."""
    portal_settings.LOAD_REFERENCE_DATA = False


@pytest.fixture(scope="session")
def django_db_setup(
    request, django_test_environment, django_db_modify_db_settings, django_db_blocker
):
    """Emptied in our way, and at the end rid of the last connection of a page's thread."""
    if not databases.is_shared():
        request.getfixturevalue("django_db_setup")  # Django's own
    else:
        with django_db_blocker.unblock():
            databases.take_copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: tables.empty_tables())
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="module")
def module_transaction(django_db_setup, django_db_blocker):
    """For the scene of a module: each of its tests has it as it was made, the next module none.

    Give the tests a `deepcopy` of what was made; other connections do not see its rows.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """The same for rows that are committed, because threads or processes take part."""
    with django_db_blocker.unblock():
        yield
        tables.empty_tables()


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
