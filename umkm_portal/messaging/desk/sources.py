"""Where the people of a campaign come from; the apps above register in `AppConfig.ready`.

This layer knows keys only. A source turns what staff ticked into one SELECT of keys, the register
gives for every living person whom an officer may see how she is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from umkm_portal.accounts.models import User

Chosen = Mapping[str, list[str]]
"""What was ticked at one source: `values`, and `states` where it has them."""


class SourceBroken(Exception):
    """What was chosen does not exist any more; the sentence says what to do."""


class Selection(NamedTuple):
    """A SELECT and its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


class Pasted(NamedTuple):
    """Typed lines read: values to keep, and the lines that name nobody with the reason."""

    values: list[str]
    unknown: list[tuple[str, str]]


@dataclass(frozen=True)
class Source:
    """One way of choosing people.

    `people(chosen, user)` selects the column of their keys; raises SourceBroken. `choices(user)`
    are (value, words) to tick; a source without them takes lines of text, turned into values by
    `read` and back into lines by `lines`. `states` narrow the ticked values.
    """

    name: str
    label: str
    hint: str
    people: Callable[[Chosen, User], Selection]
    choices: Callable[[User], Sequence[tuple[str, str]]] | None = None
    states: Sequence[tuple[str, str]] = ()
    first_states: Sequence[str] = ()
    """Ticked until somebody ticks others."""
    read: Callable[[str, User], Pasted] | None = None
    lines: Callable[[Sequence[str]], list[str]] | None = None
    place: int = 0
    """Sources stand on the page by this number."""


Register = Callable[[User], Selection]
"""For the people an officer may see: recipient_key, city (its name), email, phone,
agrees_to_whatsapp (bool), barred (code of a reason for which she gets nothing at all, or null)."""

_sources: dict[str, Source] = {}
_registers: list[Register] = []


def register(source: Source) -> None:
    """Offer a source; registering the same name again replaces it."""
    _sources[source.name] = source


def register_people(people: Register) -> None:
    """Let the app that owns people say how they are reached; the last one registered is asked."""
    _registers[:] = [people]


def all_sources() -> list[Source]:
    return sorted(_sources.values(), key=lambda source: (source.place, source.name))


def find(name: str) -> Source:
    """Raises SourceBroken."""
    try:
        return _sources[name]
    except KeyError:
        raise SourceBroken(f"Sumber penerima “{name}” tidak dikenal lagi.") from None


def people_seen_by(user: User) -> Selection:
    """The SELECT of the register."""
    if not _registers:
        raise SourceBroken("Belum ada data orang di sini.")
    return _registers[0](user)


def compiled(rows: QuerySet, *columns: str) -> Selection:
    """The SELECT of these columns of a QuerySet; nobody for one that is surely empty."""
    query = rows.order_by().values_list(*columns).query
    try:
        sql, params = query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return Selection("SELECT NULL::bigint WHERE FALSE")
    return Selection(sql, tuple(params))
