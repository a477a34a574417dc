"""What the rows of one slice wrote is taken back, unless something was built on it since.

Whoever wrote a row last stands in its `xmin`: a staged row and all that it wrote in the register
were written by one transaction, so a row of the register with another `xmin` was changed, or added,
by somebody else since. That sees bulk SQL, merges and handlers alike, and costs an import nothing.

Where a file is taken back that changed what an earlier file wrote, the rows of the earlier one are
touched in the same transaction: they belong together again, so it can be taken back as well.
"""

from __future__ import annotations

from functools import cache

import pgtrigger
from django.db.backends.utils import CursorWrapper
from django.db.models import Field, Model

from participants import handlers
from participants.models import (
    Business,
    Consent,
    DuplicateKey,
    Mentorship,
    Participant,
    StageEvent,
)
from participants.search import refresh_search
from umkm_portal.imports.models import ImportFile, ImportRow, RowDecision

_OWN = (Consent, StageEvent, Mentorship)
_DERIVED = (DuplicateKey, RowDecision)
"""Tables that follow from others: they stop no undo."""
_NOT_RESTORED = {"id", "nik", "nik_index", "search"}

MARK = "coalesce((r.before ->> 'own')::xid, r.xmin)"
"""The transaction that wrote a staged row; `own` where the row itself was marked later."""

_TAKE = f"""
    CREATE TEMPORARY TABLE undo_slice ON COMMIT DROP AS
    SELECT r.id AS row_id, r.action, r.target_id, r.before, {MARK} AS mark,
           (r.before #>> '{{business,id}}')::bigint AS old_business,
           CASE WHEN p.id IS NULL THEN 'Peserta ini sudah tidak ada.'
                WHEN NOT p.xmin = {MARK} THEN 'Data peserta ini berubah sesudah impor.'
                ELSE '' END AS stays
    FROM imports_importrow r LEFT JOIN participants_participant p ON p.id = r.target_id
    WHERE r.file_id = %s AND r.row_no > %s AND r.row_no <= %s
      AND r.applied_at IS NOT NULL
      AND CASE r.action WHEN 'create' THEN r.target_id IS NOT NULL
               WHEN 'update' THEN r.before IS NOT NULL ELSE false END
"""  # noqa: S608 - constants of this module
"""Rows that were taken back before hold no person, or nothing that they replaced."""
_NEW_BUSINESSES = """
    CREATE TEMPORARY TABLE undo_business ON COMMIT DROP AS
    SELECT b.id, u.row_id, u.mark FROM undo_slice u
    JOIN participants_business b ON b.participant_id = u.target_id AND b.xmin = u.mark
    WHERE b.id IS DISTINCT FROM u.old_business
"""
_LATER_FILE = """
    UPDATE undo_slice u SET stays = 'Daftar lain yang diimpor sesudahnya memuat orang ini.'
    WHERE u.stays = '' AND u.action = 'create' AND EXISTS (
        SELECT 1 FROM imports_importrow r JOIN imports_importfile f ON f.id = r.file_id
        WHERE r.target_id = u.target_id AND f.id <> %s AND f.approved_at IS NOT NULL
          AND f.undone_at IS NULL AND r.action IN ('create', 'update', 'same'))
"""
_DECIDED_PAIR = """
    UPDATE undo_slice u SET stays = 'Dugaan ganda tentang orang ini sudah diputuskan.'
    WHERE u.stays = '' AND u.action = 'create' AND EXISTS (
        SELECT 1 FROM participants_duplicatepair d
        WHERE u.target_id IN (d.first_id, d.second_id) AND d.state <> 'open')
"""
_OLD_BUSINESS_CHANGED = """
    UPDATE undo_slice u SET stays = 'Data usaha ini berubah sesudah impor.'
    WHERE u.stays = '' AND u.old_business IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM participants_business b WHERE b.id = u.old_business AND (
            b.xmin = u.mark
            OR b.updated_at = (u.before #>> '{business,updated_at}')::timestamptz))
"""
_CONSENT_FOLLOWED = """
    UPDATE undo_slice u SET stays = 'Persetujuan peserta ini berubah sesudah impor.'
    WHERE u.stays = '' AND EXISTS (
        SELECT 1 FROM participants_consent ours JOIN participants_consent later
          ON later.participant_id = ours.participant_id AND later.purpose = ours.purpose
        WHERE ours.participant_id = u.target_id AND ours.xmin = u.mark
          AND later.id > ours.id AND NOT later.xmin = u.mark)
"""
_DROP_PAIRS = """
    DELETE FROM participants_duplicatepair d USING undo_slice u
    WHERE u.stays = '' AND u.action = 'create' AND u.target_id IN (d.first_id, d.second_id)
"""
_DROP_KEYS = """
    DELETE FROM participants_duplicatekey k USING undo_slice u
    WHERE u.stays = '' AND u.action = 'create' AND u.target_id = k.participant_id
"""
_DROP_CHANNELS = """
    DELETE FROM participants_saleschannel c USING undo_slice u, participants_business b
    WHERE u.stays = '' AND b.participant_id = u.target_id AND c.business_id = b.id
      AND c.xmin = u.mark
"""
_DROP_BUSINESSES = """
    DELETE FROM participants_business b USING undo_business n JOIN undo_slice u USING (row_id)
    WHERE u.stays = '' AND b.id = n.id
"""
_DROP_PEOPLE = """
    DELETE FROM participants_participant p USING undo_slice u
    WHERE u.stays = '' AND u.action = 'create' AND p.id = u.target_id
"""
_EARLIER_ROWS = f"""
    UPDATE imports_importrow r SET before = nullif(r.before - 'own', '{{}}')
    FROM undo_slice u
    WHERE u.stays = '' AND u.action = 'update' AND r.target_id = u.target_id AND r.id <> u.row_id
      AND r.applied_at IS NOT NULL AND {MARK} = (u.before ->> 'mark')::xid
    RETURNING u.row_id
"""  # noqa: S608 - constants of this module
_EARLIER_OWN = """
    UPDATE {table} t SET id = t.id FROM undo_slice u
    WHERE u.row_id = ANY(%s) AND t.participant_id = u.target_id
      AND t.xmin = (u.before ->> 'mark')::xid
"""
_EARLIER_CHANNELS = """
    UPDATE participants_saleschannel t SET id = t.id
    FROM undo_slice u JOIN participants_business b ON b.participant_id = u.target_id
    WHERE u.row_id = ANY(%s) AND t.business_id = b.id AND t.xmin = (u.before ->> 'mark')::xid
"""
_MARK = """
    UPDATE imports_importrow r SET stays = u.stays,
        before = CASE WHEN u.stays <> ''
            THEN coalesce(r.before, '{}') || jsonb_build_object('own', u.mark::text) END,
        target_id = CASE WHEN u.stays <> '' OR u.action = 'update' THEN r.target_id END
    FROM undo_slice u WHERE r.id = u.row_id
"""


def undo_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> tuple[int, int]:
    """Take back what the staged rows after `first` up to `last` wrote: (taken back, left).

    People that were new go with all that came with them; known people become what they were
    before. Whoever was changed or built on since stays whole, and her row says why.
    """
    cursor.execute("DROP TABLE IF EXISTS undo_slice, undo_business")
    cursor.execute(_TAKE, [file.pk, first, last])
    cursor.execute(_NEW_BUSINESSES)
    cursor.execute("ANALYZE undo_slice")
    _leave_what_was_built_on(cursor, file)
    cursor.execute(
        "SELECT array_agg(target_id) FROM undo_slice WHERE stays = '' AND action = %s",
        [ImportRow.Action.UPDATE],
    )
    (updated,) = cursor.fetchone()
    _drop_what_came_along(cursor)
    if updated:
        cursor.execute(_restore("person", Participant, "u.target_id"))
        cursor.execute(_restore("business", Business, "u.old_business AND t.xmin = u.mark"))
        refresh_search(updated)
        _hand_back_to_earlier_file(cursor)
    cursor.execute(_DROP_PEOPLE)
    cursor.execute("SELECT count(*) FILTER (WHERE stays = ''), count(*) FROM undo_slice")
    undone, total = cursor.fetchone()
    cursor.execute(_MARK)
    return undone, total - undone


def _hand_back_to_earlier_file(cursor: CursorWrapper) -> None:
    """Let what an earlier file wrote about these people count as unchanged since then."""
    cursor.execute(_EARLIER_ROWS)
    rows = [row_id for (row_id,) in cursor.fetchall()]
    if not rows:
        return
    for model in (Business, *_OWN):
        cursor.execute(_EARLIER_OWN.format(table=model._meta.db_table), [rows])
    cursor.execute(_EARLIER_CHANNELS, [rows])


def _leave_what_was_built_on(cursor: CursorWrapper, file: ImportFile) -> None:
    cursor.execute(_LATER_FILE, [file.pk])
    cursor.execute(_DECIDED_PAIR)
    cursor.execute(_OLD_BUSINESS_CHANGED)
    cursor.execute(_CONSENT_FOLLOWED)
    for statement, reason in _built_on_person():
        cursor.execute(statement, [reason])
    for statement, reason in _built_on_business():
        cursor.execute(statement, [reason])


@cache
def _built_on_person() -> list[tuple[str, str]]:
    """Statements that leave new people with rows about them which the import did not write."""
    return [
        (
            f"""UPDATE undo_slice u SET stays = %s
            WHERE u.stays = '' AND u.action = 'create' AND EXISTS (
                SELECT 1 FROM {handler.model._meta.db_table} t
                WHERE t.{_column(handler)} = u.target_id
                  AND NOT t.xmin = u.mark)""",  # noqa: S608 - names of our tables
            _reason(handler.model),
        )
        for handler in handlers.all_handlers()
        if not handler.is_passing
        and handler.model not in _DERIVED
        and isinstance(_field(handler), Field)
        and not handler.model.__name__.endswith("History")
    ]


@cache
def _built_on_business() -> list[tuple[str, str]]:
    """The same for businesses that the import added."""
    return [
        (
            f"""UPDATE undo_slice u SET stays = %s
            FROM undo_business n JOIN {relation.related_model._meta.db_table} t
              ON t.{relation.field.column} = n.id AND NOT t.xmin = n.mark
            WHERE u.stays = '' AND u.row_id = n.row_id""",  # noqa: S608
            _reason(relation.related_model),
        )
        for relation in Business._meta.related_objects
        if not relation.related_model.__name__.endswith("History")
    ]


def _drop_what_came_along(cursor: CursorWrapper) -> None:
    """Rows beside the person; the append-only tables open for this one purpose."""
    cursor.execute(_DROP_PAIRS)
    cursor.execute(_DROP_KEYS)
    cursor.execute(_DROP_CHANNELS)
    cursor.execute(_DROP_BUSINESSES)
    with pgtrigger.ignore(
        "participants.Consent:append_only_delete", "participants.StageEvent:append_only_delete"
    ):
        for model in _OWN:
            cursor.execute(
                f"""DELETE FROM {model._meta.db_table} t USING undo_slice u
                WHERE u.stays = '' AND t.participant_id = u.target_id AND t.xmin = u.mark"""  # noqa: S608
            )


@cache
def _restore(part: str, model: type[Model], condition: str) -> str:
    """SQL that gives rows of known people the values from before the import."""
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if not field.generated and field.column not in _NOT_RESTORED
    ]
    sets = [f'"{name}" = old."{name}"' for name in columns]
    if model is Participant:
        # A NIK that the import brought goes; one that was there before has not been touched.
        sets += [
            f"{name} = CASE WHEN old.nik_last4 <> '' THEN t.{name} END"
            for name in ("nik", "nik_index")
        ]
    return f"""
        UPDATE {model._meta.db_table} t SET {", ".join(sets)}
        FROM undo_slice u, jsonb_populate_record(NULL::{model._meta.db_table}, u.before -> '{part}')
            AS old
        WHERE u.stays = '' AND u.action = 'update' AND t.id = {condition}"""  # noqa: S608


def _field(handler: handlers.PersonHandler) -> object:
    """The column of a handler; None where it reaches the person through another table."""
    return None if "__" in handler.field else handler.model._meta.get_field(handler.field)


def _column(handler: handlers.PersonHandler) -> str:
    return str(handler.model._meta.get_field(handler.field).column)  # type: ignore[union-attr]


def _reason(model: type[Model]) -> str:
    return f"Sudah ada {model._meta.verbose_name} tentang orang ini."[:120]
