"""What is done with rows about a person when she asks for her data, is merged, or is forgotten.

Every app with a table about people registers a handler for each of its keys to Participant when
it starts; a test fails for a key that no handler covers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from participants.duplicates import twins
from participants.models import (
    Business,
    Consent,
    DataAccess,
    DataRequest,
    LicenceEvent,
    LicenceRequest,
    Mentorship,
    Participant,
    Referral,
    Registration,
    StageEvent,
)
from umkm_portal.imports.leaving_out import forget_rows
from umkm_portal.imports.models import ImportRow, RowDecision
from umkm_portal.messaging.models import ChannelOrder

Rows = list[dict[str, object]]
SECRET = frozenset(("nik", "nik_index", "search", "sealed_answers"))


@dataclass(frozen=True)
class Touched:
    """Rows besides a handler's own that a merge of some people may change.

    `own` belong to these people and come back as they were when the merge is undone. `counters`
    are columns of shared rows: they are counted back, and one written `=name` must stand where the
    merge left it. `others` are rows of other people: a merge that changed one cannot be undone.
    """

    own: Sequence[QuerySet[Any]] = ()
    counters: Sequence[tuple[QuerySet[Any], tuple[str, ...]]] = ()
    others: Sequence[QuerySet[Any]] = ()


@dataclass(frozen=True)
class PersonHandler:
    """How the rows of `model` that point at a person by `field` follow her.

    `export` gives them as she may read them, `merge` moves them from one record to another and
    `erase` takes out what tells who she was; the last two return how many rows they changed. A
    merge keeps an image of the rows at `field` and of those that `touches` names for the ids of
    two people. Rows that are `is_passing` are rewritten by machines and never stop an undo.
    """

    model: type[Model]
    field: str
    export: Callable[[Participant], Rows]
    merge: Callable[[Participant, Participant], int]
    erase: Callable[[Participant], int]
    touches: Callable[[Collection[int]], Touched] | None = None
    is_passing: bool = False


_handlers: dict[tuple[type[Model], str], PersonHandler] = {}


def register(handler: PersonHandler) -> None:
    """Cover one key to Participant; called from `AppConfig.ready`."""
    _handlers[handler.model, handler.field] = handler


def all_handlers() -> list[PersonHandler]:
    return list(_handlers.values())


def has_rows_about_people(model: type[Model]) -> bool:
    """Whether a table is about people, or is the register of people itself."""
    return model is Participant or any(known is model for known, _ in _handlers)


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
        return [readable(row) for row in rows_of(person).order_by("pk").values()]

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
    """Cover the tables of this app and the staged rows of files."""
    for handler in (
        replace(simple(Business, blank=ERASED_BUSINESS), erase=_erase_businesses),
        simple(Consent, blank={"source": ""}, is_append_only=True),
        simple(DataAccess, blank={"purpose": "Dihapus"}, is_append_only=True),
        replace(simple(Mentorship), merge=_merge_mentorships),
        simple(Referral, once_per=("service",)),
        simple(Registration, blank={"contact": "", "seat_note": ""}),
        PersonHandler(
            StageEvent,
            "participant",
            simple(StageEvent).export,
            _merge_stages,
            _nothing_to_erase,
        ),
        PersonHandler(
            DataRequest,
            "participant",
            simple(DataRequest).export,
            _merge_requests,
            _erase_requests,
        ),
        PersonHandler(
            LicenceRequest,
            "participant",
            simple(LicenceRequest).export,
            _merge_licences,
            _erase_licences,
            _touches_licences,
        ),
        simple(Participant, "merged_into"),
        PersonHandler(
            ImportRow, "target_id", _export_staged, _merge_staged, _erase_staged, is_passing=True
        ),
        PersonHandler(ChannelOrder, "recipient_key", _export_order, _merge_order, _erase_order),
        PersonHandler(RowDecision, "target_id", _export_decided, _merge_decided, _nothing_to_erase),
    ):
        register(handler)


CLOSED_ANSWER = "Data orang ini sudah dihapus, jadi permintaannya ditutup."
ERASED_BUSINESS = {"name": "Dihapus", "products": "", "nib": "", "market": "", "stall": ""}


def _merge_stages(source: Participant, target: Participant) -> int:
    """Move the steps; of two registrations the one of the surviving record counts."""
    moving = StageEvent.objects.filter(participant=source)
    if StageEvent.objects.filter(participant=target, stage="P1", corrects=None).exists():
        moving = moving.exclude(stage="P1", corrects=None)
    with _unlocked(StageEvent, True):
        return moving.update(participant=target)


def _merge_mentorships(source: Participant, target: Participant) -> int:
    """Move agencies that do not serve the other record yet; what stays behind ends."""
    rows = Mentorship.objects.filter(participant=source)
    current = Mentorship.objects.filter(participant=target, ended_on=None)
    moving = rows.exclude(
        ended_on=None, organisation__in=list(current.values_list("organisation", flat=True))
    )
    moved = moving.update(participant=target)
    rows.filter(ended_on=None).update(ended_on=timezone.localdate())
    return moved


def _erase_businesses(person: Participant) -> int:
    """Names and store links go; sector, size and sales stay for the figures."""
    for business in person.businesses.all():
        business.channels.all().delete()
    return person.businesses.update(**ERASED_BUSINESS)


def _merge_requests(source: Participant, target: Participant) -> int:
    return twins.merge_requests(source, target, now=timezone.now())


def _erase_requests(person: Participant) -> int:
    """What she wrote goes; what nobody has answered is closed with the reason, and is due no more.

    Closed ones keep that sentence, also when she is forgotten once more.
    """
    rows, state = DataRequest.objects.filter(participant=person), DataRequest.State
    rows.waiting().update(state=state.CLOSED, answer=CLOSED_ANSWER, decided_at=timezone.now())
    rows.exclude(state=state.CLOSED).update(answer="")
    return rows.update(text="", proposed={})


def _merge_licences(source: Participant, target: Participant) -> int:
    return twins.merge_licences(source, target, now=timezone.now())


def _touches_licences(people: Collection[int]) -> Touched:
    return Touched(own=[LicenceEvent.objects.filter(request__participant__in=people)])


def _erase_licences(person: Participant) -> int:
    rows = LicenceRequest.objects.filter(participant=person)
    with _unlocked(LicenceEvent, True):
        LicenceEvent.objects.filter(request__in=rows).exclude(note="").update(note="")
    rows.live().update(state=LicenceRequest.State.REFUSED)
    refused = rows.filter(state=LicenceRequest.State.REFUSED)
    refused.update(reason="Data dihapus.")
    rows.exclude(pk__in=refused.values("pk")).update(reason="")
    rows.exclude(number="").update(number="-")
    return rows.update(note="", address="", wants_delivery=False)


def stays(source: Participant, target: Participant) -> int:
    """The merge of rows that remain with the record they were written for."""
    return 0


def _export_staged(person: Participant) -> Rows:
    """What files brought about her: the cells that were read, without NIK."""
    rows = ImportRow.objects.filter(target_id=person.pk).order_by("pk")
    return [
        {
            "id": row.pk,
            "row_no": row.shown_row,
            "action": row.action,
            "clean": {k: v for k, v in row.clean.items() if not k.startswith("nik")},
            "applied_at": row.applied_at,
        }
        for row in rows.defer("raw", "before")
    ]


def _merge_staged(source: Participant, target: Participant) -> int:
    return ImportRow.objects.filter(target_id=source.pk).update(target_id=target.pk)


def _merge_decided(source: Participant, target: Participant) -> int:
    return RowDecision.objects.filter(target_id=source.pk).update(target_id=target.pk)


def _erase_staged(person: Participant) -> int:
    keys = [f"nik:{person.nik_index}"] if person.nik_index else []
    return forget_rows(person.pk, keys=keys, now=timezone.now())


def _export_decided(person: Participant) -> Rows:
    """What staff decided about rows of files that met her."""
    rows = RowDecision.objects.filter(target_id=person.pk).order_by("pk")
    return [{**row} for row in rows.values("id", "row_no", "choice", "at")]


def _export_order(person: Participant) -> Rows:
    """By which channel she wants to be reached first."""
    return [{**row} for row in ChannelOrder.objects.filter(recipient_key=person.pk).values()]


def _merge_order(source: Participant, target: Participant) -> int:
    """Of two wishes the later one is hers."""
    rows = {row.recipient_key: row for row in _orders(source, target)}
    theirs, hers = rows.get(source.pk), rows.get(target.pk)
    if theirs is None:
        return 0
    if hers is None:
        return _orders(source).update(recipient_key=target.pk)
    _orders(source).delete()
    if theirs.changed_at > hers.changed_at:
        _orders(target).update(channels=theirs.channels, changed_at=theirs.changed_at)
    return 1


def _erase_order(person: Participant) -> int:
    return _orders(person).delete()[0]


def _orders(*people: Participant) -> QuerySet[ChannelOrder]:
    return ChannelOrder.objects.filter(recipient_key__in=[person.pk for person in people])


def _nothing_to_erase(person: Participant) -> int:
    return 0


def readable(row: dict[str, object]) -> dict[str, object]:
    """The columns of a row that a person may read about herself."""
    return {name: value for name, value in row.items() if name not in SECRET}


@contextmanager
def _unlocked(model: type[Model], is_append_only: bool) -> Iterator[None]:
    """Let rows that are only ever added change hands for a moment.

    The savepoint ends first: the guard cannot be closed in a transaction that failed.
    """
    if not is_append_only:
        yield
        return
    with pgtrigger.ignore(f"{model._meta.label}:append_only_update"), transaction.atomic():
        yield
