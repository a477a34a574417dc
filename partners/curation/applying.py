"""The good rows of an accepted list into its version: every statement writes many rows at once."""

from __future__ import annotations

import json
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from django.utils import timezone

from partners.curation.doubles import REASON, refuse_doubles
from partners.curation.matching import WRITE_BACK, take_slice
from partners.curation.versions import make_current, version_before
from partners.models import CurationList
from umkm_portal.common.encryption import Cipher
from umkm_portal.imports.models import ImportFile

State = CurationList.State
OPEN = (State.STORING, State.ACCEPTED)
"""Versions that still take rows: once it is announced, a version stays as it was told."""
CONTACT = {
    **{key: key for key in ("business_name", "phone", "email", "store_link", "products", "place")},
    "full_name": "owner_name",
}
"""What staff read about a business that nobody has found, by its key in the clean row."""
MOST_CANDIDATES = 10

_LEAVE_REFUSED = """
    DELETE FROM decided s USING imports_importrow r
    WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
      AND r.row_no = s.row_no AND r.action = 'reject'
"""
_UNFOUND = f"""
    SELECT row_no, candidates, {", ".join(CONTACT)} FROM decided WHERE target_id IS NULL
"""  # noqa: S608 - constants of this module
_SEALED = """
    CREATE TEMPORARY TABLE sealed ON COMMIT DROP AS
    SELECT * FROM unnest(%s::int[], %s::bytea[]) AS t (row_no, contact)
"""
_COMPARE = """
    UPDATE decided s SET action = CASE
        WHEN (b.outcome, b.grade, b.reason, b.note) = (s.outcome, coalesce(s.grade, ''),
            coalesce(s.reason, ''), coalesce(s.note, '')) THEN 'same' ELSE 'update' END
    FROM decided same CROSS JOIN LATERAL (
        SELECT o.* FROM partners_curationdecision o
        WHERE o.participant_id = ANY(ARRAY[same.target_id]) AND o.list_id + 0 = %(before)s
        UNION ALL
        SELECT o.* FROM partners_curationdecision o
        WHERE same.target_id IS NULL AND o.identity = ANY(ARRAY[same.identity])
          AND o.identity <> '' AND o.list_id + 0 = %(before)s AND o.participant_id IS NULL
        LIMIT 1
    ) b
    WHERE s.row_no = same.row_no
"""
_STORE = """
    WITH stored AS (
        INSERT INTO partners_curationdecision (
            list_id, participant_id, row_no, matched_by, waiting, outcome, grade, reason, note,
            business_name, store_link, contact, identity, settled_by_id, settled_at)
        SELECT %(list)s, s.target_id, s.row_no, s.matched_by,
            CASE WHEN s.target_id IS NULL THEN coalesce(w.waiting, 'review') ELSE '' END,
            s.outcome, coalesce(s.grade, ''), coalesce(s.reason, ''), coalesce(s.note, ''),
            coalesce(s.business_name, ''), coalesce(s.store_link, ''), c.contact,
            coalesce(s.identity, ''), w.settled_by_id, w.settled_at
        FROM decided s
        LEFT JOIN sealed c ON c.row_no = s.row_no
        LEFT JOIN LATERAL (
            SELECT d.waiting, d.settled_by_id, d.settled_at FROM partners_curationdecision d
            WHERE s.target_id IS NULL AND d.identity = ANY(ARRAY[s.identity])
              AND d.identity <> '' AND d.list_id + 0 = %(before)s
              AND d.waiting IN ('invited', 'set_aside') LIMIT 1
        ) w ON true
        ON CONFLICT DO NOTHING
        RETURNING row_no
    )
    UPDATE imports_importrow r SET
        action = CASE WHEN d.row_no IS NULL THEN 'reject' ELSE s.action END,
        problems = CASE WHEN d.row_no IS NULL THEN r.problems || %(twice)s::jsonb
                        ELSE r.problems END,
        target_id = s.target_id,
        applied_at = CASE WHEN d.row_no IS NOT NULL THEN %(now)s::timestamptz END,
        raw = CASE WHEN d.row_no IS NULL THEN r.raw END,
        clean = CASE WHEN d.row_no IS NULL THEN r.clean ELSE '{}' END
    FROM decided s LEFT JOIN stored d ON d.row_no = s.row_no
    WHERE r.file_id = %(file)s AND r.row_no > %(first)s AND r.row_no <= %(last)s
      AND r.row_no = s.row_no
"""
_TWICE = {
    "message": "Peserta ini sudah ada di daftar yang diterima.",
    "repair": "Unggah daftar baru bila hasilnya berubah.",
    "reason": REASON,
}
_CLOSED = {
    "message": "Daftar ini sudah diumumkan atau diganti, jadi tidak menerima baris lagi.",
    "repair": "Unggah daftar baru dengan baris ini.",
    "reason": "closed",
}
_REFUSE = """
    UPDATE imports_importrow SET action = 'reject', problems = problems || %s::jsonb
    WHERE file_id = %s AND row_no > %s AND row_no <= %s AND action <> 'reject'
      AND applied_at IS NULL
"""
_LEAVE_SAME = """
    UPDATE imports_importrow SET action = 'same', applied_at = %s, raw = NULL, clean = '{}'
    WHERE file_id = %s AND row_no > %s AND row_no <= %s AND action <> 'reject'
      AND applied_at IS NULL
"""


def apply_slice(cursor: CursorWrapper, file: ImportFile, first: int, last: int) -> None:
    """Write the decisions of one slice into the version of this file.

    Rows are matched once more: who was merged or joined since the check is found again.
    """
    if file.options.get("same_as"):
        cursor.execute(_LEAVE_SAME, [timezone.now(), file.pk, first, last])
        return
    version = list_for(file)
    if version.state not in OPEN:
        cursor.execute(_REFUSE, [_told(file, _CLOSED), file.pk, first, last])
        return
    facts = take_slice(cursor, file, first, last)
    _refuse_new_doubles(cursor, file, facts)
    _seal_contacts(cursor)
    before = version_before(version)
    facts |= {"list": version.pk, "before": before.pk if before else None}
    if before:
        cursor.execute(_COMPARE, facts)
    cursor.execute(_STORE, {**facts, "now": timezone.now(), "twice": _told(file, _TWICE)})


def after_apply(file: ImportFile) -> str:
    """Let the version count once all rows are in; return the sentence for the receipt."""
    if file.options.get("same_as"):
        return "Isinya sama dengan versi yang berlaku; tidak ada yang berubah."
    version = make_current(list_for(file))
    return f"Tersimpan sebagai versi {version.version}. Dinas mengumumkan hasilnya."


def after_stop(file: ImportFile) -> None:
    """A version that is never stored whole counts for nothing: the one before goes on counting."""
    CurationList.objects.filter(file=file, state=State.STORING).update(state=State.WITHDRAWN)


def list_for(file: ImportFile) -> CurationList:
    """The version that holds the rows of this file, begun where there is none yet."""
    known = CurationList.objects.filter(file=file).first()
    if known:
        return known
    call_id = file.options["call"]
    newest = CurationList.objects.filter(call=call_id).aggregate(Max("version"))["version__max"]
    return CurationList.objects.create(
        call_id=call_id,
        version=(newest or 0) + 1,
        file=file,
        state=State.STORING,
        accepted_by=file.approved_by,
        accepted_at=file.approved_at or timezone.now(),
    )


def _refuse_new_doubles(cursor: CursorWrapper, file: ImportFile, facts: dict[str, Any]) -> None:
    """Two rows may have become one person since they were checked."""
    cursor.execute(
        "SELECT array_agg(DISTINCT target_id) FROM decided "
        "WHERE target_id IS NOT NULL AND target_id IS DISTINCT FROM old_target"
    )
    (moved,) = cursor.fetchone()
    if moved:
        cursor.execute(WRITE_BACK, facts)
        refuse_doubles(cursor, file, moved)
        cursor.execute(_LEAVE_REFUSED, facts)


def _seal_contacts(cursor: CursorWrapper) -> None:
    """Seal what staff need to find the businesses that nobody was found for."""
    cursor.execute(_UNFOUND)
    seal = Cipher("curation.contact").encrypt
    numbers, contacts = [], []
    for row_no, candidates, *texts in cursor.fetchall():
        told = {key: text for key, text in zip(CONTACT.values(), texts, strict=True) if text}
        if candidates:
            told["candidates"] = ",".join(map(str, sorted({*candidates})[:MOST_CANDIDATES]))
        numbers.append(row_no)
        contacts.append(seal(json.dumps(told, ensure_ascii=False)))
    cursor.execute("DROP TABLE IF EXISTS sealed")
    cursor.execute(_SEALED, [numbers, contacts])


def _told(file: ImportFile, words: dict[str, str]) -> str:
    headings = {key: heading for heading, key in file.mapping.items()}
    return json.dumps([{"column": headings.get("result", "Hasil kurasi"), **words}])
