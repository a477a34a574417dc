"""Single rows put right in the page: cleaned and checked again by what reads whole files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from umkm_portal.accounts.models import User
from umkm_portal.imports import duplicates, mapping, profiles, rows, services, staging
from umkm_portal.imports.models import ImportFile, ImportRow, RowRepair
from umkm_portal.imports.raw_cells import mask_niks, pack_cells, unpack_cells

State, Action = ImportFile.State, ImportRow.Action
OPEN_FOR_ROWS = (State.CHECKED, State.DONE)
LONGEST_CELL = 500


@transaction.atomic
def repair_row(
    file: ImportFile,
    *,
    row_no: int,
    cells: Mapping[str, str],
    by: User | None,
    now: datetime,
) -> ImportRow:
    """Replace cells (by heading) of a refused row, clean and check it; return it as it is now.

    In a file that is stored already a good row goes into the register by the next worker. Raises
    NotNow when the file takes no repairs or the row has nothing to repair.
    """
    file = lock_for_rows(file)
    row = file.rows.filter(row_no=row_no, action=Action.REJECT, raw__isnull=False).first()
    if row is None:
        raise services.NotNow("Baris ini tidak perlu diperbaiki, atau tidak disimpan lagi.")
    cells = {heading: text[:LONGEST_CELL].strip() for heading, text in cells.items()}
    _write_repair(file, row_no, cells, by=by, now=now)
    profile, old_key = profiles.get(file.profile), row.key
    _clean_again(file, row, profile, cells)
    with connection.cursor() as cursor:
        if file.state == State.CHECKED:
            keys = sorted({key for key in (old_key, row.key) if key})
            duplicates.refuse_again(cursor, file, profile, keys=keys)
            _check_rows(cursor, file, profile, keys, row_no)
    row.refresh_from_db()
    if file.state == State.DONE and row.action != Action.REJECT:
        services.reopen_file(file)
    recount(file)
    return row


def lock_for_rows(file: ImportFile) -> ImportFile:
    """Hold a file for changes of single rows until the end of the transaction, or raise NotNow."""
    file = ImportFile.objects.select_for_update().get(pk=file.pk)
    if file.state not in OPEN_FOR_ROWS or file.undone_at is not None:
        raise services.NotNow("Tunggu sampai berkas selesai dikerjakan, lalu coba lagi.")
    if file.options.get("keys") != staging.key_ids():
        raise services.NotNow("Berkas ini sudah terlalu lama. Unggah sekali lagi.")
    return file


def recount(file: ImportFile) -> None:
    """Write the counters of a file as its rows stand now."""
    ImportFile.objects.filter(pk=file.pk).update(**rows.counts(file))
    file.refresh_from_db()


def _write_repair(
    file: ImportFile, row_no: int, cells: Mapping[str, str], *, by: User | None, now: datetime
) -> None:
    """Keep the corrected cells beside those of earlier repairs of the row."""
    known = RowRepair.objects.filter(file=file, row_no=row_no).first()
    before = json.loads(str(known.cells)) if known and known.cells else {}
    RowRepair.objects.update_or_create(
        file=file,
        row_no=row_no,
        defaults={
            "cells": json.dumps({**before, **cells}, ensure_ascii=False),
            "by": by,
            "at": now,
        },
    )


def _clean_again(
    file: ImportFile, row: ImportRow, profile: profiles.Profile, cells: Mapping[str, str]
) -> None:
    sheet = file.sheets[row.sheet_no]
    headings: list[str] = sheet["header"]
    places = mapping.places_of(file.mapping, headings)
    labels = {key: headings[index] for key, index in places.items()}
    found = unpack_cells(str(row.raw or ""))
    if len(found) > len(headings):
        raise services.NotNow("Isian baris ini bergeser. Perbaiki di berkas, lalu unggah lagi.")
    typed = staging.repaired(headings, found, cells)
    labels[profiles.SHEET] = sheet["name"]
    clean = profile.make_reader(file).for_sheet(places, labels)
    row.key, row.clean, problems = clean(typed)
    row.problems = json.loads(mask_niks(json.dumps(problems, ensure_ascii=False)))
    row.raw = pack_cells(typed)
    is_refused = any("warning" not in problem for problem in problems)
    row.action = Action.REJECT if is_refused else Action.CREATE
    row.save(update_fields=["key", "clean", "problems", "raw", "action"])


def _check_rows(
    cursor: CursorWrapper,
    file: ImportFile,
    profile: profiles.Profile,
    keys: list[str],
    row_no: int,
) -> None:
    """Check the repaired row, and those that were held back only because of it."""
    numbers = set(file.rows.filter(key__in=keys).values_list("row_no", flat=True)[:20])
    for number in sorted(numbers | {row_no}):
        profile.check_slice(cursor, file, number - 1, number)
