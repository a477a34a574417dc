"""What refers to a message lets go of it before the message goes into the archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection, models

from umkm_portal.messaging.models import Delivery

Farewell = Callable[[Sequence[int]], None]
_farewells: list[Farewell] = []


def register(farewell: Farewell) -> None:
    """Let an app above write down what it still needs of these deliveries; called in `ready`.

    It runs in the transaction in which they go, while they are still there, once per chunk.
    """
    if farewell not in _farewells:
        _farewells.append(farewell)


def let_go(ids: Sequence[int]) -> None:
    """Empty or delete every row of any table whose key points at one of these deliveries."""
    for farewell in _farewells:
        farewell(ids)
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement, [list(ids)])


def _statements() -> list[str]:
    """One for each key to Delivery: rows that are part of the message go, others forget it."""
    found = []
    for relation in Delivery._meta.related_objects:
        table = relation.related_model._meta.db_table
        column = relation.field.column
        if relation.on_delete is models.SET_NULL:
            found.append(f"UPDATE {table} SET {column} = NULL WHERE {column} = ANY(%s)")  # noqa: S608
        else:
            found.append(f"DELETE FROM {table} WHERE {column} = ANY(%s)")  # noqa: S608
    return found
