"""What a partner's system is told about its lists: counts, rows to repair, decisions.

Whether the register knows the business of a row is told nowhere, not even as a count: a list of
one phone number would then tell whether it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from partners.api.schemas import (
    Changes,
    Decision,
    ListOut,
    ListSummary,
    Outcomes,
    RowProblem,
)
from partners.curation import services as curation
from partners.models import CurationDecision, CurationList
from umkm_portal.common.spreadsheets import Cell, text_of
from umkm_portal.imports import pages, problems, profiles
from umkm_portal.imports.models import ImportFile, ImportRow
from umkm_portal.imports.raw_cells import mask_niks

State = ImportFile.State
STATES = {
    State.UPLOADED: "checking",
    State.MAPPED: "checking",
    State.READ: "columns_needed",
    State.CHECKED: "checked",
    State.APPROVED: "storing",
    State.APPLYING: "storing",
    State.DONE: "accepted",
    State.UNDOING: "withdrawn",
    State.FAILED: "refused",
    State.CANCELLED: "cancelled",
}
_LONG_NUMBER = re.compile(r"\d{12,}")
_MANY_DIGITS = 6
LONGEST_VALUE = 60


def summary_of(file: ImportFile, *, call: str | None, version: CurationList | None) -> ListSummary:
    """One line about a list; `version` is what became of it."""
    return ListSummary.model_validate(_facts(file, call, version))


def status_of(file: ImportFile, *, call: str | None, version: CurationList | None) -> ListOut:
    """All about one list; the same queries for any number of rows."""
    preview = curation.preview(file) if file.state == State.CHECKED else None
    difference = preview.difference if preview else None
    counts = preview and {
        "acceptable": preview.acceptable,
        "to_repair": preview.to_repair,
        "repeated": preview.repeated,
        "outside": preview.outside,
        "over_quota": preview.over_quota,
        "outcomes": Outcomes.model_validate(preview.outcomes),
        "current_version": preview.current_version,
        "changes": Changes(**difference._asdict()) if difference else None,
    }
    return ListOut.model_validate(
        {
            **dict.fromkeys(ListOut.model_fields),
            **_facts(file, call, version),
            **(counts or {}),
            "headings": headings_of(file),
        }
    )


def headings_of(file: ImportFile) -> dict[str, str] | None:
    """The headings of a file with our columns, as long as they can be matched."""
    if file.state not in (State.READ, State.CHECKED) or file.approved_at is not None:
        return None
    return {heading: file.mapping.get(heading, "") for heading in pages.headings_of(file)}


def problems_of(file: ImportFile, rows: list[ImportRow]) -> list[RowProblem]:
    """What keeps these rows back; what is private in a cell is hidden wherever it is quoted."""
    return [told for row in rows for told in _problems_of_row(file, row)]


def decision_of(row: CurationDecision) -> Decision:
    texts = {
        name: _without_numbers(getattr(row, name))
        for name in ("business_name", "store_link", "reason", "note")
    }
    return Decision.model_validate(
        {"row": row.shown_row, "outcome": row.outcome, "grade": row.grade, **texts}
    )


def _facts(file: ImportFile, call: str | None, version: CurationList | None) -> dict[str, object]:
    state = version.state if version and file.state == State.DONE else STATES[State(file.state)]
    return {
        **facts_of_file(file),
        "call": call,
        "state": state,
        "version": version.version if version else None,
    }


def facts_of_file(file: ImportFile) -> dict[str, object]:
    """What is told of any file; its state is told by what became of it."""
    return {
        "id": file.pk,
        "name": mask_niks(file.name),
        "rows": file.total_rows,
        "message": file.file_error,
        "uploaded_at": file.uploaded_at,
        "checked_at": file.checked_at,
        "accepted_at": file.approved_at,
    }


def _problems_of_row(file: ImportFile, row: ImportRow) -> Iterator[RowProblem]:
    cells = problems.cells_of(file, row) if row.raw else {}
    for problem in row.problems:
        if "warning" in problem:
            continue
        column = str(problem["column"])
        value, message = _hidden(file, column, cells, str(problem["message"]))
        yield RowProblem(
            row=row.shown_row,
            sheet=file.sheets[row.sheet_no]["name"] or "",
            column=column,
            value=value,
            message=message,
            repair=str(problem["repair"]),
        )


def _hidden(
    file: ImportFile, column: str, cells: Mapping[str, Cell], message: str
) -> tuple[str, str]:
    """The cell and what is said about it, with nothing private readable in either."""
    value = text_of(cells.get(column, "")).strip()
    key = file.mapping.get(column, "")
    profile = profiles.get(file.profile)
    is_private = bool(key) and profile.by_key[key].is_private
    has_digits = sum(letter.isdigit() for letter in value) > _MANY_DIGITS
    if is_private and (has_digits or "@" in value):
        shown = pages.hide(value)
        message = message.replace(value, shown)
        value = shown
    return _without_numbers(value)[:LONGEST_VALUE], _without_numbers(message)


def _without_numbers(text: str) -> str:
    """Hide what could be a NIK, also one with a digit too many or too few."""
    return _LONG_NUMBER.sub(lambda found: pages.hide(found[0]), mask_niks(text))
