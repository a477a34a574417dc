"""Versions of a call's list: which one counts, and how one differs from the one before."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection, transaction

from partners.models import CurationCall, CurationList
from umkm_portal.imports.models import ImportFile

State = CurationList.State

_STAGED = """SELECT target_id AS participant_id, coalesce(clean ->> 'identity', '') AS identity,
        clean ->> 'outcome' AS outcome, coalesce(clean ->> 'grade', '') AS grade,
        coalesce(clean ->> 'reason', '') AS reason, coalesce(clean ->> 'note', '') AS note
    FROM imports_importrow WHERE file_id = %(of)s AND action <> 'reject'"""
_STORED = """SELECT participant_id, identity, outcome, grade, reason, note
    FROM partners_curationdecision WHERE list_id = %(of)s"""
_COMPARE = """
    WITH mine AS MATERIALIZED ({mine}), before AS MATERIALIZED (
        SELECT id, participant_id, identity, outcome, grade, reason, note
        FROM partners_curationdecision WHERE list_id = %(before)s
    ), joined AS (
        SELECT coalesce(p.id, u.id) AS id,
               (m.outcome, m.grade, m.reason, m.note) IS NOT DISTINCT FROM (
                   coalesce(p.outcome, u.outcome), coalesce(p.grade, u.grade),
                   coalesce(p.reason, u.reason), coalesce(p.note, u.note)) AS is_same
        FROM mine m
        LEFT JOIN before p ON p.participant_id = m.participant_id
        LEFT JOIN before u ON p.id IS NULL AND u.participant_id IS NULL
            AND u.identity <> '' AND u.identity = m.identity
    )
    SELECT count(*) FILTER (WHERE id IS NULL),
           count(*) FILTER (WHERE id IS NOT NULL AND NOT is_same),
           (SELECT count(*) FROM before) - count(DISTINCT id),
           count(*) FILTER (WHERE id IS NOT NULL AND is_same)
    FROM joined
"""


class Difference(NamedTuple):
    """Rows that a version adds, changes, leaves out and keeps, against the one before."""

    added: int
    changed: int
    gone: int
    same: int

    @property
    def is_none(self) -> bool:
        """Whether both versions say the same about the same businesses."""
        return not (self.added or self.changed or self.gone)


def current_list(call: CurationCall | int) -> CurationList | None:
    """The version that counts, or None before the first one."""
    lists = CurationList.objects.filter(call=call, state__in=CurationList.CURRENT)
    return lists.select_related("accepted_by").first()


def version_before(version: CurationList) -> CurationList | None:
    """The version that this one replaces: the current one, or the last one that was."""
    others = CurationList.objects.filter(call=version.call_id).exclude(pk=version.pk)
    were_current = [*CurationList.CURRENT, State.REPLACED]
    older = others.filter(version__lt=version.version, state__in=were_current)
    return older.order_by("-version").first()


def difference_of_file(file: ImportFile, before: CurationList | None) -> Difference:
    """How the staged rows of a checked file differ from a version; one query."""
    return _compare(_STAGED, file.pk, before)


def difference_of_list(version: CurationList, before: CurationList | None) -> Difference:
    """How a stored version differs from another one; one query."""
    return _compare(_STORED, version.pk, before)


@transaction.atomic
def make_current(version: CurationList) -> CurationList:
    """Let a version whose rows are all stored count in place of the one before; may repeat."""
    CurationCall.objects.select_for_update().get(pk=version.call_id)
    version.refresh_from_db()
    if version.state not in (State.STORING, State.ACCEPTED):
        return version
    before = version_before(version)
    if before and before.state in CurationList.CURRENT:
        CurationList.objects.filter(pk=before.pk).update(state=State.REPLACED)
    version.difference = difference_of_list(version, before)._asdict()
    version.state = State.ACCEPTED
    version.save(update_fields=["difference", "state"])
    return version


def restore_before(version: CurationList) -> CurationList | None:
    """Let the version before a withdrawn one count again, as it did."""
    before = version_before(version)
    if before is None or before.state != State.REPLACED:
        return None
    before.state = State.ANNOUNCED if before.announced_at else State.ACCEPTED
    before.save(update_fields=["state"])
    return before


def _compare(mine: str, of: int, before: CurationList | None) -> Difference:
    with connection.cursor() as cursor:
        cursor.execute(
            _COMPARE.format(mine=mine), {"of": of, "before": before.pk if before else None}
        )
        return Difference(*cursor.fetchone())
