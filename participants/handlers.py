"""What is done with rows about a person when she asks for her data, is merged, or is forgotten.

Every app with a table about people registers a handler for each of its keys to Participant when
it starts; a test fails for a key that no handler covers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import pgtrigger
from django.db.models import Model, Q, QuerySet

from participants.models import (
    Business,
    Consent,
    DataAccess,
    DuplicatePair,
    Mentorship,
    Participant,
    Referral,
    StageEvent,
)
from umkm_portal.imports.models import ImportRow

Rows = list[dict[str, object]]
SECRET = frozenset(("nik", "nik_index", "search"))


@dataclass(frozen=True)
class PersonHandler:
    """How the rows of `model` that point at a person by `field` follow her.

    `export` gives them as she may read them, `merge` moves them from one record to another and
    `erase` takes out what tells who she was; the last two return how many rows they changed.
    """

    model: type[Model]
    field: str
    export: Callable[[Participant], Rows]
    merge: Callable[[Participant, Participant], int]
    erase: Callable[[Participant], int]


_handlers: dict[tuple[type[Model], str], PersonHandler] = {}


def register(handler: PersonHandler) -> None:
    """Cover one key to Participant; called from `AppConfig.ready`."""
    _handlers[handler.model, handler.field] = handler


def all_handlers() -> list[PersonHandler]:
    return list(_handlers.values())


def covers(model: type[Model], field: str) -> bool:
    return (model, field) in _handlers


def simple(
    model: type[Model],
    field: str = "participant",
    *,
    blank: Mapping[str, object] | None = None,
    once_per: tuple[str, ...] = (),
    is_append_only: bool = False,
) -> PersonHandler:
    """A handler for a plain table: exports all columns, moves all rows, blanks some columns.

    `once_per` names columns that a person has each value of once: a row that the other record has
    as well stays where it is.
    """

    def rows_of(person: Participant) -> QuerySet[Model]:
        return model._default_manager.filter(**{field: person})

    def export(person: Participant) -> Rows:
        return [_readable(row) for row in rows_of(person).order_by("pk").values()]

    def merge(source: Participant, target: Participant) -> int:
        moving = rows_of(source)
        for values in rows_of(target).values(*once_per) if once_per else ():
            moving = moving.exclude(**values)
        with _unlocked(model, is_append_only):
            return moving.update(**{field: target})

    def erase(person: Participant) -> int:
        with _unlocked(model, is_append_only):
            return rows_of(person).update(**blank) if blank else 0

    return PersonHandler(model, field, export, merge, erase)


def register_own() -> None:
    """Cover the tables of this app, their history, and the staged rows of files."""
    for handler in (
        simple(
            Business,
            blank={"name": "Dihapus", "products": "", "nib": "", "market": "", "stall": ""},
        ),
        simple(Consent, blank={"source": ""}, is_append_only=True),
        simple(DataAccess, blank={"purpose": "Dihapus"}, is_append_only=True),
        simple(Mentorship, once_per=("organisation",)),
        simple(Referral, once_per=("service",)),
        PersonHandler(
            StageEvent,
            "participant",
            simple(StageEvent).export,
            _merge_stages,
            _nothing_to_erase,
        ),
        PersonHandler(DuplicatePair, "first", _no_export, _merge_pairs, _erase_pairs),
        PersonHandler(DuplicatePair, "second", _no_export, _merge_pairs, _erase_pairs),
        simple(Participant, "merged_into"),
        _history("ParticipantHistory", "pgh_obj", _ERASED_PERSON),
        _history("ParticipantHistory", "merged_into", {}),
        _history("BusinessHistory", "participant", _ERASED_BUSINESS),
        PersonHandler(ImportRow, "target_id", _no_export, _merge_staged, _erase_staged),
    ):
        register(handler)


_ERASED_PERSON = {
    **{"full_name": "Dihapus", "nik_last4": "", "phone": "", "email": "", "birth_date": None},
    **{"address": "", "active_reason": ""},
}
_ERASED_BUSINESS = {"name": "Dihapus", "products": "", "nib": "", "market": "", "stall": ""}


def _history(name: str, field: str, blank: Mapping[str, object]) -> PersonHandler:
    """History stays with the record it happened to; forgetting reaches into it."""
    model = next(m for m in Participant._meta.apps.get_models() if m.__name__ == name)
    plain = simple(model, field, blank=blank)
    return PersonHandler(model, field, plain.export, lambda source, target: 0, plain.erase)


def _merge_stages(source: Participant, target: Participant) -> int:
    """Move the steps; of two registrations the one of the surviving record counts."""
    moving = StageEvent.objects.filter(participant=source)
    if StageEvent.objects.filter(participant=target, stage="P1", corrects=None).exists():
        moving = moving.exclude(stage="P1", corrects=None)
    with _unlocked(StageEvent, True):
        return moving.update(participant=target)


def _merge_pairs(source: Participant, target: Participant) -> int:
    """Let open suspicions about the merged record be about the surviving one."""
    pairs = DuplicatePair.objects.filter(Q(first=source) | Q(second=source))
    pairs = pairs.exclude(Q(first=target) | Q(second=target))
    moved = 0
    for pair in pairs:
        other = pair.second_id if pair.first_id == source.pk else pair.first_id
        first, second = sorted((target.pk, other))
        if not DuplicatePair.objects.filter(first=first, second=second).exists():
            moved += DuplicatePair.objects.filter(pk=pair.pk).update(first=first, second=second)
    return moved


def _erase_pairs(person: Participant) -> int:
    pairs = DuplicatePair.objects.filter(Q(first=person) | Q(second=person))
    return pairs.update(reasons=[], before=None)


def _merge_staged(source: Participant, target: Participant) -> int:
    return ImportRow.objects.filter(target_id=source.pk).update(target_id=target.pk)


def _erase_staged(person: Participant) -> int:
    rows = ImportRow.objects.filter(target_id=person.pk)
    return rows.update(raw=None, clean={}, before=None, problems=[], key="")


def _no_export(person: Participant) -> Rows:
    return []


def _nothing_to_erase(person: Participant) -> int:
    return 0


def _readable(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in SECRET}


def _unlocked(model: type[Model], is_append_only: bool) -> AbstractContextManager[object]:
    """Let rows that are only ever added change hands for a moment."""
    if not is_append_only:
        return nullcontext()
    return pgtrigger.ignore(f"{model._meta.label}:append_only_update")
