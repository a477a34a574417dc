"""What of an older database today's code knows."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from umkm_portal.backups import database


@pytest.mark.django_db
def test_migrations_that_were_folded_into_one_are_known_together_only():
    tables = MigrationLoader(connection).disk_migrations["participants", "0001_tables"]
    folded = [["participants", name] for _, name in tables.replaces]

    assert database.unknown_migrations(folded) == []
    assert database.unknown_migrations(folded[1:]) == [f"{app}.{name}" for app, name in folded[1:]]
