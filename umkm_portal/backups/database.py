"""What a backup needs of PostgreSQL: tables, sequences, foreign keys, an empty schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from umkm_portal.backups.archive import CHUNK_BYTES, Part, PartWriter

NOT_KEPT = {
    "django_migrations",
    "django_session",
    "usersessions_usersession",
    "participants_contactcode",
    "participants_duplicatekey",
    "messaging_queuepulse",
}
"""Migrations stand in the manifest; logins and codes are not worth stealing
a backup for, keys of duplicates are worked out again, and signs of life are not kept."""
WITNESSES = (
    "accounts_user",
    "participants_participant",
    "trainings_cohort",
    "messaging_campaign",
    "imports_importfile",
)
"""Tables that only work fills: rows in one of them mean that the database is in use."""

_TABLES = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = ''
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = """
SELECT s.sequencename, coalesce(s.last_value, s.start_value), s.last_value IS NOT NULL
FROM pg_sequences s WHERE s.schemaname = 'public' ORDER BY 1
"""
_FOREIGN_KEYS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype = 'f' AND conparentid = 0
ORDER BY 1, 2
"""
_DROP_EVERYTHING = """
DO $$
DECLARE command text;
BEGIN
    FOR command IN
        SELECT format('DROP %s IF EXISTS %s CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            c.oid::regclass)
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
        ORDER BY c.relkind = 'S'
    LOOP
        EXECUTE command;
    END LOOP;
    FOR command IN
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
        FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE command;
    END LOOP;
END $$
"""


def server_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def kept_tables() -> list[Part]:
    """Every table of the portal with the columns that are not computed."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        found = cursor.fetchall()
    return [
        Part(name=name, member=f"tables/{name}.copy", columns=columns)
        for name, columns in found
        if name not in NOT_KEPT
    ]


def sequences() -> dict[str, list[Any]]:
    """Last value of each sequence, and whether it was used at all."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        return {name: [last, is_called] for name, last, is_called in cursor.fetchall()}


def set_sequences(values: dict[str, list[Any]]) -> None:
    with connection.cursor() as cursor:
        for name, (last, is_called) in values.items():
            cursor.execute("SELECT setval(quote_ident(%s), %s, %s)", [name, last, is_called])


def applied_migrations() -> list[list[str]]:
    return sorted(map(list, MigrationRecorder(connection).applied_migrations()))


def unknown_migrations(migrations: list[list[str]]) -> list[str]:
    """Migrations of a backup that this version of the code does not have."""
    loader = MigrationExecutor(connection).loader
    unknown = _of_today(loader, migrations).difference(loader.graph.nodes)
    return [f"{app}.{name}" for app, name in sorted(unknown)]


def _of_today(loader: MigrationLoader, migrations: list[list[str]]) -> set[tuple[str, str]]:
    """These migrations; where all that one of today replaces are among them, that one instead."""
    given = {(app, name) for app, name in migrations}
    for key, migration in loader.disk_migrations.items():
        replaced = {(app, name) for app, name in migration.replaces}
        if replaced and replaced <= given:
            given = (given - replaced) | {key}
    return given


def copy_out(part: Part, target: PartWriter) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {_with_columns(part)} TO STDOUT", target, size=CHUNK_BYTES)


def copy_in(part: Part, source: IO[bytes]) -> int:
    """Load one table; return the number of rows."""
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {_with_columns(part)} FROM STDIN", source, size=CHUNK_BYTES)
        return cursor.rowcount


def is_in_use() -> bool:
    """Whether work was done in this database."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in present.intersection(WITNESSES):
            cursor.execute(f"SELECT EXISTS (SELECT FROM {_quote(table)})")  # noqa: S608
            if cursor.fetchone()[0]:
                return True
    return False


def other_sessions() -> int:
    """Programs that are connected to this database besides us."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def build_schema(migrations: list[list[str]]) -> None:
    """Drop whatever there is and build the tables as they were after these migrations."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_EVERYTHING)
    executor = MigrationExecutor(connection)
    graph, wanted = executor.loader.graph, _of_today(executor.loader, migrations)
    last_of_each_app = [
        node
        for node in sorted(wanted)
        if not any(c.key in wanted and c.key[0] == node[0] for c in graph.node_map[node].children)
    ]
    executor.migrate(last_of_each_app)


def empty_tables(tables: list[Part]) -> None:
    """Remove the rows that migrations wrote: the backup has its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_quote(part.name) for part in tables)}")


@contextmanager
def without_triggers_and_foreign_keys(tables: list[Part]) -> Iterator[None]:
    """Load without writing history again; foreign keys come back, checked, at the end."""
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN_KEYS)
        keys = cursor.fetchall()
        for table, name, _ in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for part in tables:
            cursor.execute(f"ALTER TABLE {_quote(part.name)} DISABLE TRIGGER USER")
        yield
        for part in tables:
            cursor.execute(f"ALTER TABLE {_quote(part.name)} ENABLE TRIGGER USER")
        for table, name, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _with_columns(part: Part) -> str:
    return f"{_quote(part.name)} ({', '.join(map(_quote, part.columns))})"


def _quote(name: str) -> str:
    """An identifier safely quoted: names come out of the file, too."""
    return '"' + name.replace('"', '""') + '"'
