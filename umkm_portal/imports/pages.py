"""What the page of a file shows, ready to be written out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.forms import BoundField

from umkm_portal.imports import mapping, problems, profiles
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
}
LONG_WAIT = timedelta(seconds=45)
_DIGITS = re.compile(r"\d")


@dataclass
class ColumnLine:
    """One heading of the file: a value from below it, the choice, and how sure that is."""

    heading: str
    sample: str
    field: BoundField
    status: str
    tone: str


@dataclass
class Progress:
    """How far the machine is: a sentence, and a part of the whole where that is known."""

    sentence: str
    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, self.done * 100 // self.total) if self.total else 0


def context_of(
    file: ImportFile, *, now: datetime, form: MappingForm | None = None
) -> dict[str, Any]:
    """Return what the template needs; problems are read only when there is something to see."""
    profile = profiles.get(file.profile)
    is_checked = file.state in (State.CHECKED, State.APPROVED, State.APPLYING, State.DONE)
    may_match = file.state in (State.READ, State.CHECKED) and file.approved_at is None
    groups = problems.group_problems(file) if is_checked and not file.is_busy else []
    for group in groups:
        _hide_private(group, profile, file)
    return {
        "file": file,
        "profile": profile,
        "steps": _steps(file),
        "progress": progress_of(file),
        "is_waiting_long": _is_waiting_long(file, now),
        "is_checked": is_checked,
        "groups": groups,
        "columns": column_lines(file, profile, form) if may_match else [],
        "missing": profile.missing(filter(None, file.mapping.values()))
        if file.state == State.READ
        else [],
        "notices": file.options.get("notices", []),
        "refused_rows": file.rejected_count,
    }


def headings_of(file: ImportFile) -> list[str]:
    """All headings of a file, each once, in order."""
    return list(dict.fromkeys(h for sheet in file.sheets for h in sheet["header"]))


def column_lines(
    file: ImportFile, profile: profiles.Profile, form: MappingForm | None = None
) -> list[ColumnLine]:
    headings = headings_of(file)
    form = form or MappingForm(profile=profile, headings=headings, mapping=file.mapping)
    lines = []
    for number, heading in enumerate(headings):
        key = file.mapping.get(heading, mapping.IGNORED)
        sample = next((row[heading] for row in file.samples if row.get(heading)), "")
        if key and profile.by_key[key].is_private:
            sample = hide(sample)
        status, tone = "Cocok otomatis", "green"
        if not key:
            status, tone = "Tidak dipakai", "grey"
        elif heading in file.guesses:
            status, tone = "Tolong dipastikan", "yellow"
        lines.append(ColumnLine(heading, sample, form[f"column_{number}"], status, tone))
    return lines


def progress_of(file: ImportFile) -> Progress | None:
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
    if file.state in ImportFile.TO_APPLY:
        return Progress(
            f"Menyimpan baris {_number(file.rows_applied)} dari {_number(file.total_rows)}",
            file.rows_applied,
            file.total_rows,
        )
    return None


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
    since = file.approved_at or file.uploaded_at
    is_free = file.lease_until is None or file.lease_until < now
    return file.is_busy and is_free and now - since > LONG_WAIT


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")
