"""What becomes of suspicions and merges when a person is exported, merged or forgotten."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q

from participants.handlers import PersonHandler, Rows, register, stays
from participants.models import DuplicateKey, DuplicatePair, Merge, MergedRow, Participant

_OF_MACHINES = ("participants.DuplicatePair", "imports.ImportRow")


def register_own() -> None:
    """Cover pairs, keys and merges; called from `AppConfig.ready`."""
    for side in ("first", "second"):
        register(
            PersonHandler(
                DuplicatePair, side, _pairs(side), _merge_pairs, _erase_pairs, is_passing=True
            )
        )
    register(PersonHandler(DuplicateKey, "participant", _no_export, stays, _erase_keys))
    for side in ("source", "target"):
        register(PersonHandler(Merge, side, _merges(side), stays, _erase_merges))
    register(PersonHandler(MergedRow, "merge__target", _export_images, stays, _erase_merges))


def _merge_pairs(source: Participant, target: Participant) -> int:
    """Let what is known of the merged record be known of the surviving one.

    Who was told apart from either is told apart from both.
    """
    pairs = DuplicatePair.objects.filter(Q(first=source) | Q(second=source))
    pairs = pairs.exclude(Q(first=target) | Q(second=target))
    moved = 0
    for pair in pairs.order_by("pk"):
        other = pair.second_id if pair.first_id == source.pk else pair.first_id
        first, second = sorted((target.pk, other))
        known = DuplicatePair.objects.filter(first=first, second=second)
        if not known:
            moved += DuplicatePair.objects.filter(pk=pair.pk).update(first=first, second=second)
            continue
        if pair.state == DuplicatePair.State.DIFFERENT:
            known.filter(state=DuplicatePair.State.OPEN).update(
                state=pair.state, decided_by=pair.decided_by, decided_at=pair.decided_at
            )
        pair.delete()
        moved += 1
    return moved


def _pairs(field: str) -> Callable[[Participant], Rows]:
    """That a twin is suspected, without a word about who the other one is."""
    told = ("id", "score", "state", "created_at", "decided_at")

    def export(person: Participant) -> Rows:
        rows = DuplicatePair.objects.filter(**{field: person}).order_by("pk")
        return [dict(row) for row in rows.values(*told)]

    return export


def _erase_pairs(person: Participant) -> int:
    pairs = DuplicatePair.objects.filter(Q(first=person) | Q(second=person))
    return pairs.update(reasons=[])


def _erase_keys(person: Participant) -> int:
    return DuplicateKey.objects.filter(participant=person).delete()[0]


def _no_export(person: Participant) -> Rows:
    return []


def _merges(side: str) -> Callable[[Participant], Rows]:
    def export(person: Participant) -> Rows:
        rows = Merge.objects.filter(**{side: person}).order_by("pk")
        told = ("id", "source__code", "target__code", "ktp_seen", "merged_at", "undone_at")
        other = "target__code" if side == "source" else "source__code"
        # A merge that was taken back joined two people: the code of the other one is not hers.
        return [
            {name: value for name, value in row.items() if not (row["undone_at"] and name == other)}
            for row in rows.values(*told)
        ]

    return export


def _export_images(person: Participant) -> Rows:
    """Her rows as they were before two records of hers became one."""
    merges = Merge.objects.filter(Q(source=person) | Q(target=person), undone_at=None)
    rows = MergedRow.objects.filter(merge__in=merges, part=MergedRow.Part.OWN)
    rows = rows.exclude(model__in=_OF_MACHINES).exclude(before=None).order_by("pk")
    return [dict(row) for row in rows.values("id", "model", "row_id", "before")]


def _erase_merges(person: Participant) -> int:
    """Take the images of rows away: such a merge can no longer be undone."""
    merges = Merge.objects.filter(Q(source=person) | Q(target=person))
    MergedRow.objects.filter(merge__in=merges).delete()
    # A merge of two others that moved her place in a line holds images of her rows as well. They
    # have changed by now, so that it could not be undone anyway.
    about_her = MergedRow.objects.filter(part=MergedRow.Part.OTHER)
    touched = about_her.filter(before__participant_id=person.pk).values("merge")
    MergedRow.objects.filter(merge__in=list(touched.values_list("merge", flat=True))).delete()
    return merges.update(nik_before=None)
