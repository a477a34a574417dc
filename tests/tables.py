"""Tables between tests: emptied without their files being made anew, and filled by a copy."""

from functools import cache
from io import StringIO

from django.core.management.color import no_style
from django.db import connection, transaction

from participants.models import Sector, Stage
from participants.reference import load_reference_data
from umkm_portal.accounts.models import Organisation
from umkm_portal.regions.models import Region
from umkm_portal.regions.services import load_regions

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
"""What belongs to the tables themselves; Django's own flush writes it anew."""
LISTS = (Region, Stage, Sector, Organisation)
_copies: dict[str, str] = {}


@cache
def _tables():
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted({*names} - KEPT)


def _filled(tables):
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in tables)
        )
        return [name for (name,) in cursor.fetchall()]


def empty_tables():
    """Take away the rows of all tables, as `flush` does: it makes some 700 files for it."""
    if not (filled := _filled(_tables())):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            connection.ops.execute_sql_flush(
                connection.ops.sql_flush(no_style(), filled, allow_cascade=True)
            )
            return
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger looks on
        for name in filled:
            cursor.execute(f'DELETE FROM "{name}"')


def load_lists():
    """Regions, steps, sectors and agencies as an installation has them.

    Written the first time, copied from then on. Rows that are there already stay.
    """
    tables = [model._meta.db_table for model in LISTS]
    is_empty = not _filled(tables)
    if is_empty and _copies:
        _paste(tables)
        return
    load_regions()
    load_reference_data()
    if is_empty:
        _copy(tables)


def _copy(tables):
    with connection.cursor() as cursor:
        for name in tables:
            stream = StringIO()
            cursor.copy_expert(f'COPY "{name}" TO STDOUT', stream)
            _copies[name] = stream.getvalue()


def _paste(tables):
    with connection.cursor() as cursor:
        for name in tables:
            cursor.copy_expert(f'COPY "{name}" FROM STDIN', StringIO(_copies[name]))
