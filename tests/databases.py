"""The tables of a test run: migrated once, by a process of their own while the others collect,
and copied for each process of xdist. All share one PostgreSQL and one Valkey.
"""

import os
import sys

import django
from django.conf import settings
from django.db import connection

from umkm_portal.embedded.folder import default_folder
from umkm_portal.embedded.locks import FileLock

TABLES = "tables_of_tests"
PATIENCE = 240.0


def worker():
    """The name of this process of xdist, "gw0"; "" where there is only one."""
    return os.environ.get("PYTEST_XDIST_WORKER", "")


def is_shared():
    """Whether this process uses the servers that the one above it has started."""
    return bool(worker()) and settings.EMBEDDED


def keep_to_own_queues():
    """Cache and broker in databases of this process: a test that empties one meets no other."""
    number = 2 * int(worker()[2:])
    server = settings.REDIS_URL.rpartition("/")[0]
    settings.CELERY_BROKER_URL = f"{server}/{number}"
    settings.CACHES["default"]["LOCATION"] = f"{server}/{number + 1}"


def take_copy():
    """A database of this process with the tables; it goes with the servers."""
    make_tables()
    name = f"{TABLES}_{worker()}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {TABLES}")
    connection.settings_dict["NAME"] = name


def make_tables():
    """Create and migrate the database that the others copy, unless it is there."""
    lock = FileLock(default_folder().run / "test-tables.lock")
    if not lock.acquire(timeout=PATIENCE):
        raise TimeoutError("the tables of the tests do not get ready")
    try:
        if not _administer(f"SELECT FROM pg_database WHERE datname = '{TABLES}'"):
            _migrate()
    finally:
        lock.release()


def _migrate():
    """In a draft that gets its name when complete."""
    facts = connection.settings_dict
    plain = facts["NAME"]
    draft = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    facts["NAME"] = plain
    _administer(f"ALTER DATABASE {draft} RENAME TO {TABLES}")


def _administer(statement):
    """The number of rows that a statement about databases is about."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


def main():
    django.setup()
    settings.LOAD_REFERENCE_DATA = False
    make_tables()


if __name__ == "__main__":
    sys.exit(main())
