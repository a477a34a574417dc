"""Everything the register keeps about one person, for her to read and to take along.

Rows come from three places: the handlers that every app registers for its keys to Participant,
the tables that hang on those (found by their own keys), and what knows a person by number or
address only: messages, the staff log, her account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pghistory.models
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import ForeignKey, Model, Q, QuerySet

from participants import handlers
from participants.erasing import records_merged_into
from participants.handlers import Rows, readable
from participants.models import Business, DataAccess, Participant
from umkm_portal.accounts.models import User
from umkm_portal.messaging.archive.history import Archived, history_of
from umkm_portal.messaging.models import (
    ArchiveBucket,
    AudienceMember,
    Delivery,
    DeliveryEvent,
    Exclusion,
    PortfolioContact,
    Reply,
    Suppression,
)

ACCOUNT_COLUMNS = ("id", "email", "phone", "phone_verified_at", "full_name", "last_login")
STAFF, HERSELF = "Petugas", "Anda"


@dataclass(frozen=True)
class Section:
    """The rows of one table about the person, as `{column: value}`; keys are told in words."""

    model: type[Model]
    rows: Rows

    @property
    def name(self) -> str:
        return self.model._meta.label

    @property
    def title(self) -> str:
        name = str(self.model._meta.verbose_name_plural)
        if is_history(self.model):
            name = f"riwayat {self.model.pgh_tracked_model._meta.verbose_name}"  # type: ignore[attr-defined]
        return name[:1].upper() + name[1:]


def is_history(model: type[Model]) -> bool:
    return issubclass(model, pghistory.models.Event)


def copy_of(person: Participant) -> list[Section]:
    """All tables with rows about her, her own record first."""
    found: dict[type[Model], Rows] = {Participant: [_own_record(person)]}
    for record in (person, *records_merged_into(person)):
        handled = list(_handled(record))
        known: set[type[Model]] = {Participant}
        known |= {model for model, _ in handled}
        for model, rows in (*handled, *_children(record, known), *_by_number(record)):
            _add(found.setdefault(model, []), rows)
    for model, rows in _account(person):
        _add(found.setdefault(model, []), rows)
    return [Section(model, _in_words(model, rows, person)) for model, rows in found.items() if rows]


def _add(known: Rows, rows: Rows) -> None:
    """Take up rows that are not there yet: records that were joined share some."""
    there = {_identity(row) for row in known}
    known += [row for row in rows if _identity(row) not in there or _identity(row) is None]


def _identity(row: dict[str, object]) -> object:
    return row.get("pgh_id", row.get("id"))


def accesses_of(person: Participant) -> QuerySet[DataAccess]:
    """Who saw or received her data, newest first, of joined records too."""
    records = Participant.objects.filter(Q(pk=person.pk) | Q(merged_into=person))
    rows = DataAccess.objects.filter(participant__in=records.values("pk"))
    return rows.select_related("actor", "organisation").order_by("-happened_at", "-pk")


def who(actor: User | None, person: Participant) -> str:
    """An account as the person may know it."""
    if actor is None:
        return ""
    if actor.pk == person.account_id:
        return HERSELF
    return actor.full_name or STAFF


def _own_record(person: Participant) -> dict[str, object]:
    (row,) = _rows(Participant.objects.filter(pk=person.pk))
    return row | {"nik_last4": person.masked_nik}


def _handled(person: Participant) -> Iterator[tuple[type[Model], Rows]]:
    for handler in handlers.all_handlers():
        yield handler.model, handler.export(person)


def _children(person: Participant, known: set[type[Model]]) -> Iterator[tuple[type[Model], Rows]]:
    """Rows of tables whose key points at a table with rows about her, as deep as it goes."""
    known = known | {handler.model for handler in handlers.all_handlers()}
    paths = [
        (handler.model, handler.field)
        for handler in handlers.all_handlers()
        if handler.model is not Participant and not is_history(handler.model)
    ]
    while paths:
        parent, path = paths.pop()
        for child, key in _pointing_at(parent):
            if child in known:
                continue
            known.add(child)
            paths.append((child, f"{key}__{path}"))
            yield child, _rows(child._default_manager.filter(**{f"{key}__{path}": person}))


def _pointing_at(parent: type[Model]) -> Iterator[tuple[type[Model], str]]:
    for relation in parent._meta.related_objects:
        child = relation.related_model
        if relation.one_to_many and isinstance(child, type) and not child._meta.auto_created:
            yield child, relation.field.name


def _by_number(person: Participant) -> Iterator[tuple[type[Model], Rows]]:
    """Messages and the staff log know a person by her number, not by a key."""
    mine = Delivery.objects.filter(recipient_key=person.pk)
    yield Delivery, _rows(mine)
    for old in history_of([person.pk]):
        yield _archived(old)
    yield DeliveryEvent, _rows(DeliveryEvent.objects.filter(delivery__in=mine))
    for model in (AudienceMember, Exclusion, PortfolioContact):
        yield model, _rows(model._default_manager.filter(recipient_key=person.pk))
    yield Reply, _replies(person)
    addresses = [text.lower() for text in (person.phone, person.email) if text]
    yield Suppression, _rows(Suppression.objects.filter(address__in=addresses))
    yield LogEntry, _rows(_log_of(person))


def _archived(old: Archived) -> tuple[type[Model], Rows]:
    """A row of the archive as it was called before it went there."""
    row: dict[str, object] = {"campaign_id": old.campaign_id, "recipient_key": old.recipient_key}
    if old.is_message:
        facts = {"channel": old.channel, "state": old.state, "changed_at": old.changed_at}
        return Delivery, [row | {"subject_id": old.subject_id} | facts]
    if old.state == ArchiveBucket.EXCLUDED:
        return Exclusion, [row | {"reason": old.note}]
    return AudienceMember, [row | {"subject_id": old.subject_id, "channel": old.channel}]


def _replies(person: Participant) -> Rows:
    """What she wrote to us, in her own words."""
    mine = Reply.objects.filter(recipient_key=person.pk).order_by("pk")
    return [
        readable(values | {"text": row.text or "", "answer": row.answer or ""})
        for row, values in zip(mine, _rows(mine), strict=True)
    ]


def _log_of(person: Participant) -> QuerySet[LogEntry]:
    about = Q(
        content_type=ContentType.objects.get_for_model(Participant), object_id=str(person.pk)
    ) | Q(
        content_type=ContentType.objects.get_for_model(Business),
        object_id__in=[str(pk) for pk in person.businesses.values_list("pk", flat=True)],
    )
    return LogEntry.objects.filter(about)


def _account(person: Participant) -> Iterator[tuple[type[Model], Rows]]:
    if person.account_id:
        rows = User.objects.filter(pk=person.account_id).values(*ACCOUNT_COLUMNS)
        yield User, [dict(row) for row in rows]
        yield EmailAddress, _rows(EmailAddress.objects.filter(user=person.account_id))


def _rows(rows: QuerySet[Model]) -> Rows:
    return [readable(row) for row in rows.order_by("pk").values()]


def _in_words(model: type[Model], rows: Rows, person: Participant) -> Rows:
    """Replace keys by what they stand for: a place, an agency, somebody of the staff."""
    told = [dict(row) for row in rows]
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and any(row.get(field.attname) for row in told):
            words = _words_of(field, {row.get(field.attname) for row in told}, person)
            for row in told:
                if field.attname in row:
                    value = row.pop(field.attname)
                    row[field.name] = words.get(value, value)
    return told


def _words_of(
    field: ForeignKey[Model, Model], keys: Iterable[object], person: Participant
) -> dict[object, str]:
    model = field.related_model
    if not isinstance(model, type) or handlers.has_rows_about_people(model):
        return {}
    found = model._default_manager.in_bulk([key for key in keys if key is not None])
    if issubclass(model, User):
        return {pk: who(user, person) for pk, user in found.items()}  # type: ignore[arg-type]
    return {pk: str(row) for pk, row in found.items()}
