"""Two records of one person become one, and two again when that was a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from participants import handlers, niks
from participants.duplicates import images
from participants.duplicates.choices import FIELDS, NEITHER, SOURCE, MergeRefused, settle
from participants.duplicates.later import search_later
from participants.duplicates.waiting import InUse, alone
from participants.models import DuplicatePair, Merge, Participant
from participants.search import refresh_search
from umkm_portal.accounts.models import User

Status = Participant.Status
_IN_USE = "Data orang ini sedang dipakai pekerjaan lain. Coba lagi sebentar."


class UndoRefused(Exception):
    """The merge stays; `reasons` tell what stands in the way."""

    def __init__(self, sentence: str, reasons: list[str] | None = None) -> None:
        self.reasons = reasons or []
        super().__init__(sentence)


def merge(
    source: Participant,
    target: Participant,
    *,
    choices: Mapping[str, str] | None = None,
    ktp_seen: bool = False,
    actor: User | None,
    now: datetime,
) -> Merge:
    """Join `source` into `target`; every row about her follows by the person handlers.

    `choices` names per field (`choices.FIELDS`) the record whose value stays. Every row that is
    touched is kept as it was. Raises MergeRefused with the sentence for the screen.
    """
    join = partial(_merge, choices=choices or {}, ktp_seen=ktp_seen, actor=actor, now=now)
    try:
        return alone(lambda: join(*_locked(source.pk, target.pk)))
    except InUse as error:
        raise MergeRefused(_IN_USE) from error


def _merge(
    source: Participant,
    target: Participant,
    *,
    choices: Mapping[str, str],
    ktp_seen: bool,
    actor: User | None,
    now: datetime,
) -> Merge:
    picked = settle(source, target, choices, ktp_seen=ktp_seen)
    done = Merge.objects.create(
        source=source,
        target=target,
        choices=picked,
        ktp_seen=ktp_seen,
        nik_before=_sealed_nik(target) if picked["identity"] == SOURCE else None,
        merged_by=actor,
        merged_at=now,
    )
    images.keep_before(done)
    facts = _facts(source, target, picked)
    Participant.objects.filter(pk=source.pk).update(
        status=Status.MERGED, merged_into=target, account=None, updated_at=now
    )
    Participant.objects.filter(pk=target.pk).update(**facts, updated_at=now)
    source.refresh_from_db()
    target.refresh_from_db()
    for handler in handlers.all_handlers():
        handler.merge(source, target)
    _decide_same(source, target, actor=actor, now=now)
    refresh_search([target.pk])
    images.keep_after(done)
    search_later([target.pk])
    return done


def undo_merge(merge: Merge, *, actor: User | None, now: datetime) -> Merge:
    """Make two records of one again: every row as it was before the merge.

    Messages that the merge cancelled stay cancelled. Raises UndoRefused with what changed since;
    of several merges the last has to be undone first.
    """
    try:
        return alone(lambda: _undo(merge, actor=actor, now=now))
    except InUse as error:
        raise UndoRefused(_IN_USE) from error


def _undo(merge: Merge, *, actor: User | None, now: datetime) -> Merge:
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at:
        raise UndoRefused("Penggabungan ini sudah dibatalkan.")
    people = sorted((merge.source_id, merge.target_id))
    list(Participant.objects.select_for_update().filter(pk__in=people).order_by("pk"))
    if not merge.rows.exists():
        raise UndoRefused("Catatan penggabungan ini sudah dihapus, jadi tidak bisa dibatalkan.")
    if reasons := images.changed_since(merge):
        raise UndoRefused(
            "Penggabungan tidak bisa dibatalkan karena datanya berubah sesudah itu.", reasons
        )
    try:
        with transaction.atomic():
            _restore_nik(merge)
            images.restore(merge)
    except IntegrityError as error:
        raise UndoRefused(
            "Penggabungan tidak bisa dibatalkan: kursi atau NIK yang dulu dipegang data ini sudah "
            "dipakai orang lain."
        ) from error
    merge.undone_by, merge.undone_at = actor, now
    merge.nik_before = None
    merge.save(update_fields=["undone_by", "undone_at", "nik_before"])
    merge.rows.all().delete()
    search_later(people)
    return merge


def _locked(source_id: int, target_id: int) -> tuple[Participant, Participant]:
    """Both people, locked in the order of their ids; raises MergeRefused unless both live.

    The lock takes their keys too, so rows that are being added about them are waited for, and
    later ones are refused (`participants.models.living`).
    """
    if source_id == target_id:
        raise MergeRefused("Pilih dua data yang berbeda.")
    rows = Participant.objects.select_for_update(of=("self",)).select_related("merged_into")
    found = {
        person.pk: person for person in rows.filter(pk__in=[source_id, target_id]).order_by("pk")
    }
    for person in found.values():
        if person.status == Status.MERGED:
            raise MergeRefused(f"{person} sudah digabung ke {person.merged_into}.")
        if person.status != Status.ACTIVE:
            raise MergeRefused(f"{person} sudah dianonimkan.")
    return found[source_id], found[target_id]


def _facts(source: Participant, target: Participant, picked: Mapping[str, str]) -> dict[str, Any]:
    """The columns of the surviving record."""
    facts: dict[str, Any] = {}
    for field in FIELDS:
        side = picked[field.name]
        if side == SOURCE:
            facts |= {column: getattr(source, column) for column in field.columns}
        elif side == NEITHER:
            facts |= {c: None if c.endswith("_id") else "" for c in field.columns}
    if picked["identity"] == SOURCE:
        facts |= {"nik": _sealed_nik(source), "nik_index": source.nik_index}
    for column in ("last_activity_at", "last_served_on"):
        known = [v for v in (getattr(source, column), getattr(target, column)) if v is not None]
        facts[column] = max(known, default=None)
    since = [v for v in (source.restricted_at, target.restricted_at) if v is not None]
    facts["restricted_at"] = min(since, default=None)  # a wish of either record is hers
    return facts | _active_until(source, target)


def _active_until(source: Participant, target: Participant) -> dict[str, Any]:
    """A decision of staff stands; else whoever was active for longer."""
    columns = ("active_until", "active_override", "active_reason")
    if target.active_override or source.active_until is None:
        return {}
    longer = target.active_until is None or source.active_until > target.active_until
    if source.active_override or longer:
        return {column: getattr(source, column) for column in columns}
    return {}


def _decide_same(
    source: Participant, target: Participant, *, actor: User | None, now: datetime
) -> None:
    first, second = sorted((source.pk, target.pk))
    DuplicatePair.objects.filter(first=first, second=second).update(
        state=DuplicatePair.State.SAME, decided_by=actor, decided_at=now
    )


def _sealed_nik(person: Participant) -> Any:
    """The NIK as it lies in the table, so that it can come back byte for byte."""
    return Participant.objects.values_list("nik", flat=True).get(pk=person.pk)


def _restore_nik(merge: Merge) -> None:
    """Give the surviving record the NIK back that it had; the merged one kept its own."""
    if merge.choices.get("identity") != SOURCE:
        return
    before: Any = merge.nik_before
    index = niks.facts_of(before)["nik_index"] if before else None
    sealed = Merge.objects.values_list("nik_before", flat=True).get(pk=merge.pk)
    Participant.objects.filter(pk=merge.target_id).update(nik=sealed, nik_index=index)
