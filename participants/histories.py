"""Rows of the history that tell about a person, also after a merge that was a mistake.

While two people were one by mistake, the history of the one may hold what belongs to the other:
rows of her businesses, and values that were taken from her record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from participants.duplicates.choices import FIELDS, SOURCE
from participants.handlers import ERASED_BUSINESS, PersonHandler, Rows, readable, register, stays
from participants.models import Business, Merge, Participant

PeopleHistory = Participant._meta.apps.get_model("participants", "ParticipantHistory")
BusinessHistory = Participant._meta.apps.get_model("participants", "BusinessHistory")
_NAME = "Dihapus"
_ERASED = {
    **{"full_name": _NAME, "nik_last4": "", "phone": "", "email": "", "birth_date": None},
    **{"address": "", "active_reason": "", "verified_how": "", "willing_source": ""},
}
_EMPTY = ("", None, _NAME)


def register_own() -> None:
    """Cover the history of people and businesses; called from `AppConfig.ready`.

    It stays with the record it happened to; forgetting reaches into it.
    """
    for handler in (
        PersonHandler(PeopleHistory, "pgh_obj", _export_hers, stays, _erase_hers),
        PersonHandler(PeopleHistory, "merged_into", _export_joined, stays, _nothing),
        PersonHandler(BusinessHistory, "participant", _export_businesses, stays, _erase_businesses),
    ):
        register(handler)


def _export_hers(person: Participant) -> Rows:
    rows = [
        readable(row)
        for row in PeopleHistory._default_manager.filter(pgh_obj=person).order_by("pk").values()
    ]
    for merge in _undone(target=person):
        for column, values in _lent(merge):
            for row in rows:
                if row[column] in values:
                    row[column] = _ERASED[column]
    return rows


def _export_joined(person: Participant) -> Rows:
    """Of records that are hers to this day."""
    rows = PeopleHistory._default_manager.filter(merged_into=person, pgh_obj__merged_into=person)
    return [readable(row) for row in rows.order_by("pk").values()]


def _erase_hers(person: Participant) -> int:
    # Before her own rows are emptied: they tell what was hers.
    for merge in _undone(source=person):
        theirs = PeopleHistory._default_manager.filter(pgh_obj=merge.target)
        for column, values in _lent(merge):
            theirs.filter(**{f"{column}__in": values}).update(**{column: _ERASED[column]})
            if column == "full_name":
                _forget_log(merge.target, values)
    return PeopleHistory._default_manager.filter(pgh_obj=person).update(**_ERASED)


def _undone(**people: Participant) -> QuerySet[Merge]:
    undone = Merge.objects.filter(**people).exclude(undone_at=None)
    return undone.select_related("target").order_by("pk")


def _lent(merge: Merge) -> Iterator[tuple[str, set[Any]]]:
    """Column by column what the surviving record had from the merged one only for a while."""
    taken = [c for f in FIELDS if merge.choices.get(f.name) == SOURCE for c in f.columns]
    for column in (*taken, "active_reason"):
        if column in _ERASED:
            hers = PeopleHistory._default_manager.filter(pgh_obj=merge.source_id)
            values = {*hers.values_list(column, flat=True)}
            yield column, values - {*_EMPTY, getattr(merge.target, column)}


def _forget_log(person: Participant, names: set[Any]) -> None:
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Participant), object_id=str(person.pk)
    )
    for name in names:
        entries.filter(object_repr__contains=name).update(object_repr=_NAME, change_message="")


def _businesses(person: Participant) -> QuerySet[Model]:
    """Rows of the businesses that are hers now, and of hers that are gone."""
    hers = Q(pgh_obj__in=person.businesses.values("pk"))
    gone = Q(participant=person) & ~Q(pgh_obj__in=Business.objects.values("pk"))
    return BusinessHistory._default_manager.filter(hers | gone)


def _export_businesses(person: Participant) -> Rows:
    return [readable(row) for row in _businesses(person).order_by("pk").values()]


def _erase_businesses(person: Participant) -> int:
    return _businesses(person).update(**ERASED_BUSINESS)


def _nothing(person: Participant) -> int:
    return 0
