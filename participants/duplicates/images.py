"""Every row that a merge touched, as it was before and after, and putting it back.

No image holds a NIK: sealed columns and the index of the NIK are left out and kept by the merge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple

import pgtrigger
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from participants import handlers
from participants.models import Merge, MergedRow, Participant
from umkm_portal.common.encryption import EncryptedField

Part = MergedRow.Part
EXACT = "="
_RECKONED = frozenset(("last_activity_at", "active_until", "search", "updated_at"))
"""Columns of a person that are worked out again every night: no reason to refuse an undo."""


class Footprint(NamedTuple):
    """Rows that a merge may touch, and the columns that matter (none: all of them)."""

    rows: QuerySet[Any]
    part: str
    columns: tuple[str, ...] = ()


def keep_before(merge: Merge) -> None:
    """Write down how every row stands that merging these two people may touch."""
    for footprint in _footprints(merge):
        model = footprint.rows.model
        ids = list(footprint.rows.values_list("pk", flat=True))
        _write(merge, model, ids, footprint, column="before", conflict="DO NOTHING")


def keep_after(merge: Merge) -> None:
    """Write down how they stand now, and forget those that are as they were."""
    for footprint in _footprints(merge):
        model = footprint.rows.model
        known = merge.rows.filter(model=model._meta.label, part=footprint.part)
        ids = {
            *footprint.rows.values_list("pk", flat=True),
            *known.values_list("row_id", flat=True),
        }
        conflict = "(merge_id, model, row_id) DO UPDATE SET after = EXCLUDED.after"
        _write(merge, model, list(ids), footprint, column="after", conflict=conflict)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM participants_mergedrow WHERE merge_id = %s AND before = after", [merge.pk]
        )


def changed_since(merge: Merge) -> list[str]:
    """What stands in the way of undoing a merge, one phrase for each row."""
    found = []
    passing = {h.model._meta.label for h in handlers.all_handlers() if h.is_passing}
    for row in merge.rows.order_by("pk"):
        model = apps.get_model(row.model)
        name = f"{str(model._meta.verbose_name).capitalize()} #{row.row_id}"
        if row.part == Part.OTHER:
            found.append(f"{name} milik peserta lain sudah ikut berubah")
        elif row.part == Part.COUNTER:
            now = _now(model, row) or {}
            found += [
                f"{name} sudah berubah"
                for column, value in (row.after or {}).items()
                if column.startswith(EXACT)
                and value != (row.before or {}).get(column)
                and now.get(column[1:]) != value
            ]
        elif row.model not in passing and _told(row, _now(model, row)) != _told(row, row.after):
            found.append(f"{name} sudah berubah")
    return found


def _told(row: MergedRow, image: dict[str, Any] | None) -> dict[str, Any] | None:
    """The image without what machines reckon anew."""
    if image is None or row.model != Participant._meta.label:
        return image
    return {name: value for name, value in image.items() if name not in _RECKONED}


def restore(merge: Merge) -> None:
    """Put every row back as it was. Raises IntegrityError when seats were given away since."""
    rows = list(merge.rows.order_by("pk"))
    rows.sort(key=partial(_turn, merge, _columns_of_people()))
    # The savepoint ends first: the guards cannot be closed in a transaction that failed.
    with _guards_open({apps.get_model(row.model) for row in rows}), transaction.atomic():
        for row in rows:
            model = apps.get_model(row.model)
            if row.part == Part.COUNTER:
                _count_back(model, row)
            elif row.before is None:
                model._base_manager.filter(pk=row.row_id).delete()
            elif row.after is None:
                _put(model, row, is_missing=True)
            else:
                _put(model, row, is_missing=False)


def _turn(merge: Merge, columns: dict[str, set[str]], row: MergedRow) -> tuple[bool, ...]:
    """Counters first, then the surviving person, so that the NIK of the merged one is free, then
    the merged one, who must live to have rows; of these, what goes back to her makes room."""
    is_person = row.model == Participant._meta.label
    image = row.before or {}
    goes_back = any(image.get(column) == merge.source_id for column in columns.get(row.model, ()))
    return (
        row.part != Part.COUNTER,
        not is_person,
        is_person and row.row_id == merge.source_id,
        not goes_back,
    )


def _columns_of_people() -> dict[str, set[str]]:
    """By model, the columns that name the person a row is about."""
    found: dict[str, set[str]] = {}
    for handler in handlers.all_handlers():
        if "__" not in handler.field:
            column = str(handler.model._meta.get_field(handler.field).column)  # type: ignore[union-attr]
            found.setdefault(handler.model._meta.label, set()).add(column)
    return found


def _footprints(merge: Merge) -> Iterator[Footprint]:
    people = (merge.source_id, merge.target_id)
    yield Footprint(Participant.objects.filter(pk__in=people), Part.OWN)
    for handler in handlers.all_handlers():
        if handler.merge is not handlers.stays:
            rows = handler.model._base_manager.filter(**{f"{handler.field}__in": people})
            yield Footprint(rows, Part.OWN)
        if handler.touches:
            touched = handler.touches(people)
            yield from (Footprint(rows, Part.OWN) for rows in touched.own)
            yield from (Footprint(rows, Part.COUNTER, names) for rows, names in touched.counters)
            yield from (Footprint(rows, Part.OTHER) for rows in touched.others)


def _write(
    merge: Merge,
    model: type[Model],
    ids: list[int],
    footprint: Footprint,
    *,
    column: str,
    conflict: str,
) -> None:
    if not ids:
        return
    image = _image_sql(model, footprint.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO participants_mergedrow (merge_id, model, row_id, part, {column}) "  # noqa: S608
            f"SELECT %s, %s, t.{_pk(model)}, %s, {image} FROM {model._meta.db_table} t "
            f"WHERE t.{_pk(model)} = ANY(%s) ORDER BY t.{_pk(model)} ON CONFLICT {conflict}",
            [merge.pk, model._meta.label, footprint.part, ids],
        )


def _now(model: type[Model], row: MergedRow) -> dict[str, Any] | None:
    """The image of the row as it stands, or None when it is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({_image_sql(model, ())})::text FROM {model._meta.db_table} t "  # noqa: S608
            f"WHERE t.{_pk(model)} = %s",
            [row.row_id],
        )
        found = cursor.fetchone()
    return json.loads(found[0]) if found else None


def _image_sql(model: type[Model], columns: tuple[str, ...]) -> str:
    if columns:
        pairs = ", ".join(f"'{name}', t.{name.removeprefix(EXACT)}" for name in columns)
        return f"jsonb_build_object({pairs})"
    secret = ", ".join(f"'{name}'" for name in _secret(model))
    return f"to_jsonb(t) - ARRAY[{secret}]::text[]"


def _secret(model: type[Model]) -> list[str]:
    sealed = [str(f.column) for f in model._meta.concrete_fields if isinstance(f, EncryptedField)]
    return [*sealed, "nik_index"] if model is Participant else sealed


def _put(model: type[Model], row: MergedRow, *, is_missing: bool) -> None:
    table = model._meta.db_table
    columns = [
        str(field.column)
        for field in model._meta.concrete_fields
        if not field.generated and field.column in (row.before or {})
    ]
    names = ", ".join(columns)
    values = ", ".join(f"r.{name}" for name in columns)
    record = (
        f"(SELECT {values} FROM participants_mergedrow m, "  # noqa: S608
        f"jsonb_populate_record(NULL::{table}, m.before) r WHERE m.id = %s)"
    )
    with connection.cursor() as cursor:
        if is_missing:
            cursor.execute(f"INSERT INTO {table} ({names}) {record}", [row.pk])
        else:
            cursor.execute(
                f"UPDATE {table} SET ({names}) = {record} WHERE {_pk(model)} = %s",  # noqa: S608
                [row.pk, row.row_id],
            )


def _count_back(model: type[Model], row: MergedRow) -> None:
    before, after = row.before or {}, row.after or {}
    changed = [name for name in after if after[name] != before.get(name)]
    parts, values = [], []
    for name in changed:
        if name.startswith(EXACT):
            parts.append(f"{name[1:]} = %s")
            values.append(before[name])
        else:
            parts.append(f"{name} = {name} + %s")
            values.append(before[name] - after[name])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET {', '.join(parts)} WHERE {_pk(model)} = %s",  # noqa: S608
            [*values, row.row_id],
        )


def _guards_open(models: set[type[Model]]) -> AbstractContextManager[object]:
    """Let rows that are only ever added change hands back, and the merged record live again."""
    guards = ("append_only_update", "append_only_delete", "merged_stays")
    locked = [
        f"{model._meta.label}:{trigger.name}"
        for model in models
        for trigger in getattr(model._meta, "triggers", ())
        if trigger.name in guards
    ]
    return pgtrigger.ignore(*locked) if locked else nullcontext()


def _pk(model: type[Model]) -> str:
    return str(model._meta.pk.column)
