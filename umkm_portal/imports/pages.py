"""What the page of a file shows, ready to be written out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.forms import BoundField
from django.utils import timezone

from umkm_portal.imports import mapping, policies, problems, profiles, repairs, services
from umkm_portal.imports.forms import MappingForm
from umkm_portal.imports.models import ImportFile

State = ImportFile.State
STEPS = ("Unggah berkas", "Cocokkan kolom", "Periksa", "Terima")
_STEP_OF_STATE = {
    State.UPLOADED: 0,
    State.READ: 1,
    State.MAPPED: 2,
    State.CHECKED: 2,
    State.APPROVED: 3,
    State.APPLYING: 3,
    State.DONE: 4,
    State.UNDOING: 4,
}
UNUSED = "Tidak dipakai"
LONG_WAIT = timedelta(seconds=45)
SURE_AFTER = 1.0
"""Seconds of work before it is told how long the rest takes."""
_DIGITS = re.compile(r"\d")


@dataclass
class ColumnLine:
    """One heading of the file: values from below it, the choice, and how sure that is."""

    heading: str
    samples: list[str]
    field: BoundField
    status: str
    tone: str


@dataclass
class GroupBlock:
    """Rows that need the same repair, whether it can be typed right here, and what is typed."""

    group: problems.Group
    is_repairable: bool
    asks_for: str
    is_other_column: bool
    """Whether something else is typed than what the column holds."""


@dataclass
class Part:
    """One outcome on the bar of a receipt: where it begins, how wide it is, in which colour."""

    start: float
    width: float
    tone: str


@dataclass
class Receipt:
    """What became of a file, with the people behind it; `parts` stand on a bar of 100."""

    parts: list[Part]
    repaired: int
    decided: int
    after_apply: str


@dataclass
class Progress:
    """How far the machine is: a sentence, and a part of the whole where that is known.

    `seconds` it has been at it, from when it was asked.
    """

    sentence: str
    done: int
    total: int
    seconds: float = 0.0

    @property
    def left(self) -> str:
        """How long it will take yet, in words; empty where nobody can say."""
        if not self.total or not 0 < self.done < self.total or self.seconds < SURE_AFTER:
            return ""
        seconds = math.ceil(self.seconds * (self.total - self.done) / self.done)
        if seconds > 90:
            return f"kira-kira {math.ceil(seconds / 60)} menit lagi"
        return f"kira-kira {seconds} detik lagi"

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def context_of(
    file: ImportFile, *, now: datetime, form: MappingForm | None = None
) -> dict[str, Any]:
    """Return what the template needs; problems are read only when there is something to see."""
    profile = profiles.get(file.profile)
    is_checked = file.state in (State.CHECKED, *ImportFile.TO_APPLY, State.DONE)
    is_checked = is_checked or file.stored_count > 0
    may_match = file.state in (State.READ, State.CHECKED) and file.approved_at is None
    groups = problems.group_problems(file) if is_checked and not file.is_busy else []
    for group in groups:
        _hide_private(group, profile, file)
    headings = set(headings_of(file))
    columns = column_lines(file, profile, form) if may_match else []
    return {
        "groups": [_block(file, profile, group, headings) for group in groups],
        "policies": policies.policies_of(file, profile)
        if file.state == State.CHECKED and file.approved_at is None
        else [],
        "policy_choices": ImportFile.Policy.choices,
        "receipt": receipt_of(file) if file.is_final and file.done_at else None,
        "is_undoable": file.is_undoable(now=now),
        "undo_until": file.done_at + ImportFile.UNDO_FOR if file.done_at else None,
        "left": list(file.rows.exclude(stays="").order_by("row_no")[: problems.SHOWN_ROWS])
        if file.left_count
        else [],
        "file": file,
        "profile": profile,
        "steps": _steps(file),
        "progress": progress_of(file, now=now),
        "is_waiting_long": _is_waiting_long(file, now),
        "is_checked": is_checked,
        "is_cancellable": file.state in services.CANCELLABLE and file.done_at is None,
        "columns": columns,
        "unused_columns": [line.heading for line in columns if line.status == UNUSED],
        "missing": missing_of(file, profile) if file.state == State.READ else [],
        "notices": file.options.get("notices", []),
        "refused_rows": file.rejected_count,
    }


def missing_of(file: ImportFile, profile: profiles.Profile) -> list[str]:
    """What the columns of a file lack before it can be checked, as headings to read out."""
    keys = [key for key in file.mapping.values() if key]
    sheet = file.sheets[0]["name"] if file.sheets else ""
    return profile.missing_in(file, sheet, keys)


def headings_of(file: ImportFile) -> list[str]:
    """All headings of a file, each once, in order."""
    return list(dict.fromkeys(h for sheet in file.sheets for h in sheet["header"]))


def column_lines(
    file: ImportFile, profile: profiles.Profile, form: MappingForm | None = None
) -> list[ColumnLine]:
    headings = headings_of(file)
    learned = mapping.learned_mapping(file)
    form = form or MappingForm(profile=profile, headings=headings, mapping=file.mapping)
    lines = []
    for number, heading in enumerate(headings):
        key = file.mapping.get(heading, mapping.IGNORED)
        samples = list(dict.fromkeys(row[heading] for row in file.samples if row.get(heading)))
        if key and profile.by_key[key].is_private:
            samples = [hide(sample) for sample in samples]
        status, tone = _sureness(file, heading, key, learned)
        lines.append(ColumnLine(heading, samples, form[f"column_{number}"], status, tone))
    return lines


def _sureness(
    file: ImportFile, heading: str, key: str, learned: Mapping[str, str]
) -> tuple[str, str]:
    """In a word how sure a column is, and the colour of that."""
    if heading in file.guesses:
        return "Tolong dipastikan", "yellow"
    if not key:
        return UNUSED, "grey"
    if learned.get(heading) == key:
        return "Sama seperti berkas lalu", "green"
    return "Cocok otomatis", "green"


def progress_of(file: ImportFile, *, now: datetime | None = None) -> Progress | None:
    """Return how far the machine is, or None when it is not its turn."""
    progress = _progress_of(file)
    since = file.approved_at or file.waiting_since
    if progress and since and not file.was_applied:
        progress.seconds = max(0.0, ((now or timezone.now()) - since).total_seconds())
    return progress


def _progress_of(file: ImportFile) -> Progress | None:
    """Return how far the machine is, or None when it is not its turn."""
    if file.state == State.UPLOADED:
        return Progress(f"Membaca berkas: {_number(file.rows_read)} baris", 0, 0)
    if file.state == State.MAPPED:
        total = file.total_rows
        if not total or file.rows_read < total:
            return Progress(f"Membaca berkas: {_number(file.rows_read)} baris", 0, 0)
        return Progress(
            f"Memeriksa baris {_number(file.rows_checked)} dari {_number(total)}",
            file.rows_checked,
            total,
        )
    if file.state == State.UNDOING:
        done = file.undone_count + file.left_count
        return Progress(
            f"Menarik kembali baris {_number(done)} dari {_number(file.stored_count)}",
            done,
            file.stored_count,
        )
    if file.state in ImportFile.TO_APPLY and file.was_applied:
        return Progress("Menyimpan baris yang diperbaiki dan diputuskan", 0, 0)
    if file.state in ImportFile.TO_APPLY:
        return Progress(
            f"Menyimpan baris {_number(file.rows_applied)} dari {_number(file.total_rows)}",
            file.rows_applied,
            file.total_rows,
        )
    return None


def receipt_of(file: ImportFile) -> Receipt:
    return Receipt(
        parts=_parts_of(file),
        repaired=file.repairs.count(),
        decided=file.decisions.count(),
        after_apply=file.options.get("after_apply", ""),
    )


def _parts_of(file: ImportFile) -> list[Part]:
    counts = (
        (file.created_count, "green"),
        (file.updated_count, "blue"),
        (file.same_count, "grey"),
        (file.review_count, "yellow"),
        (file.rejected_count, "red"),
    )
    total, start, parts = sum(count for count, _ in counts) or 1, 0.0, []
    for count, tone in counts:
        width = round(100 * count / total, 2)
        if count:
            parts.append(Part(start, width, tone))
        start += width
    return parts


def _block(
    file: ImportFile, profile: profiles.Profile, group: problems.Group, headings: set[str]
) -> GroupBlock:
    instead = profile.typed_instead.get(file.mapping.get(group.column, ""), "")
    return GroupBlock(
        group, _is_repairable(file, group, headings), instead or group.column, bool(instead)
    )


def _is_repairable(file: ImportFile, group: problems.Group, headings: set[str]) -> bool:
    """Whether another cell would help: not against the register, another row, or a warning."""
    return (
        file.state in repairs.OPEN_FOR_ROWS
        and file.undone_at is None
        and not group.is_warning
        and not group.reason
        and group.column in headings
    )


def hide(text: str) -> str:
    """Return private text with only its beginning and end readable."""
    if len(text) <= 6:
        return text[:1] + "•" * (len(text) - 1)
    return f"{text[:4]}{'•' * min(8, len(text) - 6)}{text[-2:]}"


def _hide_private(group: problems.Group, profile: profiles.Profile, file: ImportFile) -> None:
    """Mask what stood in private columns, in the value and where the message quotes it."""
    key = file.mapping.get(group.column, "")
    if not key or not profile.by_key[key].is_private:
        return
    for example in group.examples:
        if len(_DIGITS.findall(example.value)) > 6 or "@" in example.value:
            hidden = hide(example.value)
            example.message = example.message.replace(example.value, hidden)
            example.value = hidden


def _steps(file: ImportFile) -> list[tuple[str, str]]:
    """Return (title, done | current | next) of the four steps."""
    reached = _STEP_OF_STATE.get(State(file.state), 0)
    states = ["done" if n < reached else "current" if n == reached else "next" for n in range(4)]
    return list(zip(STEPS, states, strict=True))


def _is_waiting_long(file: ImportFile, now: datetime) -> bool:
    """Whether the file waits for a worker and none has come for long."""
    since = file.done_at or file.approved_at or file.uploaded_at
    is_free = file.lease_until is None or file.lease_until < now
    return file.is_busy and is_free and now - since > LONG_WAIT


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")
