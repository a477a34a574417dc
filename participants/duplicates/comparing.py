"""Two records side by side, as the page of a suspicion shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pghistory.models

from participants import handlers
from participants.duplicates.choices import (
    FIELDS,
    NEITHER,
    SOURCE,
    TARGET,
    default_choices,
    has_two_niks,
    shown,
)
from participants.models import (
    Business,
    Consent,
    DuplicateKey,
    DuplicatePair,
    Merge,
    MergedRow,
    Participant,
    StageEvent,
)
from umkm_portal.imports.models import ImportRow

FIRST, SECOND = "first", "second"
CHOSEN = (FIRST, SECOND, NEITHER)
_TOLD_ELSEWHERE = (Business, StageEvent, Participant)
_NOT_TOLD = (DuplicatePair, DuplicateKey, Merge, MergedRow, ImportRow, Consent)


@dataclass(frozen=True)
class Line:
    """One field of both records; `chosen` is the record whose value stays, or `neither`."""

    name: str
    label: str
    first: str
    second: str
    chosen: str
    is_settled: bool = False
    """Nobody chooses: what an officer saw on a KTP stands."""

    @property
    def differs(self) -> bool:
        return self.first != self.second


@dataclass
class Comparison:
    """All that staff look at before they decide; `stays` is `first` or `second`."""

    stays: str
    lines: list[Line]
    facts: list[tuple[str, str, str]] = field(default_factory=list)
    """(label, first, second) of what both keep: businesses, steps, rows in other tables."""
    has_two_niks: bool = False


def compare(
    first: Participant, second: Participant, *, picked: Mapping[str, str] | None = None
) -> Comparison:
    """Both records with what would stay by default, or with what was `picked` before."""
    picked = picked or {}
    stays = picked.get("stays") or better_of(first, second)
    source, target = (second, first) if stays == FIRST else (first, second)
    sides = {SOURCE: SECOND if stays == FIRST else FIRST, TARGET: stays, NEITHER: NEITHER}
    defaults = {name: sides[side] for name, side in default_choices(source, target).items()}
    lines = [
        Line(
            one.name,
            one.label,
            shown(one, first),
            shown(one, second),
            picked.get(one.name) or defaults.get(one.name, ""),
            one.name == "identity" and first.identity != second.identity,
        )
        for one in FIELDS
    ]
    return Comparison(stays, lines, _facts(first, second), has_two_niks(first, second))


def better_of(first: Participant, second: Participant) -> str:
    """Which record stays by default: the verified, else the one with an account, else the older."""

    def worth(person: Participant) -> tuple[bool, bool, bool]:
        is_verified = person.identity == Participant.Identity.VERIFIED
        return is_verified, person.account_id is not None, bool(person.nik_index)

    return SECOND if worth(second) > worth(first) else FIRST


def as_choices(picked: Mapping[str, str], *, stays: str) -> dict[str, str]:
    """What the page calls first and second, as merging calls it."""
    sides = {stays: TARGET, NEITHER: NEITHER}
    names = {one.name for one in FIELDS}
    return {
        name: sides.get(side, SOURCE)
        for name, side in picked.items()
        if name in names and side in CHOSEN
    }


def _facts(first: Participant, second: Participant) -> list[tuple[str, str, str]]:
    rows = [
        ("Usaha", _businesses(first), _businesses(second)),
        ("Langkah", _stages(first), _stages(second)),
        *_counts(first, second),
        ("Terdaftar sejak", f"{first.created_at:%d/%m/%Y}", f"{second.created_at:%d/%m/%Y}"),
        ("Asal data", first.source, second.source),
    ]
    return [row for row in rows if row[1] or row[2]]


def _businesses(person: Participant) -> str:
    return ", ".join(person.businesses.order_by("pk").values_list("name", flat=True))


def _stages(person: Participant) -> str:
    rows = person.stage_events.filter(corrected_by=None).order_by("stage", "occurred_on")
    found = rows.values_list("stage", "occurred_on")
    return ", ".join(f"{stage} ({day:%d/%m/%Y})" for stage, day in found)


def _counts(first: Participant, second: Participant) -> list[tuple[str, str, str]]:
    """How many rows other tables hold about each, by the handlers of every app."""
    told = []
    for handler in handlers.all_handlers():
        if handler.model in (*_TOLD_ELSEWHERE, *_NOT_TOLD) or issubclass(
            handler.model, pghistory.models.Event
        ):
            continue
        counts = [len(handler.export(person)) for person in (first, second)]
        if any(counts):
            label = str(handler.model._meta.verbose_name_plural).capitalize()
            told.append((label, *(str(count or "") for count in counts)))
    return [(label, one, other) for label, one, other in told]
