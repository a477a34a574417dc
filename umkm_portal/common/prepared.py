"""SQL that a connection plans once, where planning costs more than running.

The driver prepares nothing by itself. A prepared statement belongs to its session, so whoever puts
a pooler between the portal and PostgreSQL lets it pool sessions, not transactions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from django.db.backends.utils import CursorWrapper

_NAMED = re.compile(r"%\((\w+)\)s")


class Prepared:
    """One statement with parameters like %(name)s, whose types PostgreSQL can tell."""

    def __init__(self, name: str, sql: str) -> None:
        names = list(dict.fromkeys(_NAMED.findall(sql)))
        body = _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
        self._prepare = f"PREPARE {name} AS {body}"
        values = ", ".join(f"%({each})s" for each in names)
        self._execute = f"EXECUTE {name} ({values})"
        self._known: WeakSet[object] = WeakSet()
        """Connections that have planned it."""

    def run(self, cursor: CursorWrapper, values: Mapping[str, Any]) -> None:
        """Execute it; the rows are in the cursor."""
        session = cursor.connection
        if session not in self._known:
            cursor.execute(self._prepare)
            self._known.add(session)
        cursor.execute(self._execute, values)
