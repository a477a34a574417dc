"""From the uploaded file to staged rows: read, cleaned and copied in slices."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from django.conf import settings
from django.utils import timezone

from umkm_portal.common.spreadsheets import (
    Cell,
    Limits,
    Sheet,
    SpreadsheetError,
    read_table,
    text_of,
)
from umkm_portal.imports import leaving_out, mapping, notices
from umkm_portal.imports.copying import BLOCK, copy_blocks, copy_slice
from umkm_portal.imports.leases import update_claimed
from umkm_portal.imports.models import ImportFile, ImportRow
from umkm_portal.imports.profiles import SHEET, Cleaned, Profile, Reader
from umkm_portal.imports.raw_cells import mask_niks

SLICE = 500
"""Rows copied at once; the page sees progress after each. From `LONG` rows on, more at once."""
LONG, LONG_SLICE = 2_500, 5_000
SAMPLES = 3
LIMITS = Limits(cells=20_000_000)
"""The whole register with all its columns: 370,000 rows of 32."""


class ColumnsMissing(Exception):
    """The mapping lacks columns that this kind of list needs: a person has to say."""


def stage_file(file: ImportFile, profile: Profile) -> None:
    """Read a claimed file into staged rows.

    Raises SpreadsheetError with the sentence for the uploader, ColumnsMissing when she has to
    match columns, LeaseLost when another process took over.
    """
    file.rows.all().delete()
    reader = profile.make_reader(file)
    told: list[str] = []
    count, lacking = _stage_sheets(file, profile, reader, told)
    file.options = {**file.options, "keys": key_ids(), "notices": told[: notices.MOST]}
    seen = {
        name: getattr(file, name) for name in ("sheets", "mapping", "guesses", "samples", "options")
    }
    if not count:
        update_claimed(file, now=timezone.now(), **seen)
        raise ColumnsMissing(", ".join(lacking))
    if refusal := reader.refusal():
        raise SpreadsheetError(refusal)
    update_claimed(
        file,
        now=timezone.now(),
        state=ImportFile.State.MAPPED,
        total_rows=count,
        rows_read=count,
        rows_checked=0,
        **seen,
    )


def _stage_sheets(
    file: ImportFile, profile: Profile, reader: Reader, told: list[str]
) -> tuple[int, list[str]]:
    """Stage every sheet; return the rows staged and the columns that the first poor one lacks.

    What was left out is added to `told`.
    """
    is_first_reading = file.state == ImportFile.State.UPLOADED
    file.sheets, file.samples, count = [], [], 0
    lacking: list[str] = []
    left_out: list[str] = []
    numbered = [mapping.NUMBERED.format(number + 1) for number in range(LIMITS.columns)]
    words = [*profile.header_words(), *numbered]
    with read_table(file.source, header_words=words, limits=LIMITS) as table:
        for sheet_no, sheet in enumerate(table):
            headings = mapping.unique_headings(sheet.header)
            file.sheets.append(
                {"name": sheet.name, "header_row": sheet.header_row, "header": headings}
            )
            if is_first_reading:
                _match(file, profile, headings)
            rows = _with_samples(file, headings, sheet.rows, sheet_no)
            keys = mapping.places_of(file.mapping, headings)
            if missing := profile.missing_in(file, sheet.name, keys):
                lacking = lacking or missing
                left_out.append(notices.about_missing_columns(sheet.name, missing))
                deque(islice(rows, SAMPLES), maxlen=0)
                continue
            repeated = mapping.repeated_headings(headings)
            if unread := [h for h in repeated if h not in file.mapping]:
                told.append(notices.about_repeated_headings(unread))
            if sheet.hidden_rows:
                told.append(notices.about_hidden_rows(sheet.name, sheet.hidden_rows))
            rows = _within_header(rows, sheet, len(headings), told)
            rows = _without_header(rows, sheet, told)
            count = _stage_sheet(file, reader, sheet_no, headings, rows, count)
        told += left_out if count else []  # else the page asks for the columns itself
        told += notices.about_skipped_sheets(table.skipped_sheets)
        told += notices.about_doubts(table.doubts)
    return count, lacking


def key_ids() -> list[str]:
    """The ids of the keys under which staged rows can be matched: a new one asks for a new look."""
    return [entry.split(":", 1)[0] for entry in settings.INDEX_KEYS]


def _match(file: ImportFile, profile: Profile, headings: Sequence[str]) -> None:
    """Match the columns of one sheet; headings of earlier sheets keep their column."""
    match = mapping.match_columns(profile, headings, mapping.learned_mapping(file) | file.mapping)
    file.mapping = file.mapping | match.mapping
    file.guesses = sorted({*file.guesses, *match.guesses})


def _with_samples(
    file: ImportFile,
    headings: Sequence[str],
    rows: Iterator[tuple[int, list[Cell]]],
    sheet_no: int,
) -> Iterator[tuple[int, list[Cell]]]:
    """Pass rows on and keep the first values, masked, to recognise columns by."""
    left_out, offset = leaving_out.left_out(file), sheet_no * ImportRow.SHEET_SPAN
    for number, (row_no, cells) in enumerate(rows):
        is_free = row_no + offset not in left_out
        if is_free and number < SAMPLES and len(file.samples) < SAMPLES:
            file.samples.append(
                {h: mask_niks(text_of(c))[:60] for h, c in zip(headings, cells, strict=False)}
            )
        yield row_no, cells


def _within_header(
    rows: Iterator[tuple[int, list[Cell]]], sheet: Sheet, width: int, told: list[str]
) -> Iterator[tuple[int, list[Cell]]]:
    """Pass rows on; of a workbook without the cells right of the header, which are told once."""
    is_told = False
    for row_no, cells in rows:
        if len(cells) > width and not sheet.is_text:
            cells = cells[:width]
            if not is_told:
                told.append(notices.about_cells_outside(sheet.name, row_no))
                is_told = True
        yield row_no, cells


def _without_header(
    rows: Iterator[tuple[int, list[Cell]]], sheet: Sheet, told: list[str]
) -> Iterator[tuple[int, list[Cell]]]:
    """Pass rows on without those that say the headings again, as between pasted pages."""
    header = [text_of(cell).strip() for cell in sheet.header]
    place = next((number for number, name in enumerate(header) if name), 0)
    first, found = header[place], []
    for row_no, cells in rows:
        if (
            place < len(cells)
            and cells[place] == first
            and [text_of(cell).strip() for cell in cells[: len(header)]] == header[: len(cells)]
        ):
            found.append(row_no)
        else:
            yield row_no, cells
    if found:
        told.append(notices.about_headers_again(sheet.name, found))


def repaired(
    headings: Sequence[str], cells: Sequence[Cell], repair: Mapping[str, str]
) -> list[Cell]:
    """Return the cells of a row with the corrected ones in their places."""
    return [repair.get(heading, cell) for heading, cell in zip(headings, cells, strict=False)]


def _with_repairs(
    file: ImportFile,
    offset: int,
    headings: Sequence[str],
    rows: Iterator[tuple[int, list[Cell]]],
) -> Iterator[tuple[int, list[Cell]]]:
    """Pass rows on as people have corrected them, where a file is read a second time."""
    corrected = {
        repair.row_no: json.loads(str(repair.cells))
        for repair in file.repairs.filter(cells__isnull=False)
    }
    if not corrected:
        return rows
    return (
        (row_no, repaired(headings, cells, corrected[row_no + offset]))
        if row_no + offset in corrected
        else (row_no, cells)
        for row_no, cells in rows
    )


def _stage_sheet(
    file: ImportFile,
    reader: Reader,
    sheet_no: int,
    headings: Sequence[str],
    rows: Iterator[tuple[int, list[Cell]]],
    count: int,
) -> int:
    """Copy one sheet and return how many rows are staged now."""
    places = mapping.places_of(file.mapping, headings)
    labels = {key: headings[index] for key, index in places.items()}
    clean = reader.for_sheet(places, labels | {SHEET: file.sheets[sheet_no]["name"]})
    rows = _with_repairs(file, sheet_no * ImportRow.SHEET_SPAN, headings, rows)
    width = len(headings)

    def clean_whole(cells: Sequence[Cell]) -> Cleaned:
        if len(cells) <= width:
            return clean(cells)
        key, values, problems = clean(cells)
        return Cleaned(key, values, [notices.shifted_row(len(cells), width), *problems])

    left_out = leaving_out.left_out(file)
    blocks = copy_blocks(file.pk, sheet_no * ImportRow.SHEET_SPAN, clean_whole, rows, left_out)
    for first in blocks:
        more = (SLICE if count < LONG else LONG_SLICE) // BLOCK - 1
        count += copy_slice(file, chain([first], islice(blocks, max(0, more))), count)
    return count
