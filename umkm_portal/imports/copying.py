"""Cleaned rows into the staging table: COPY text, made while PostgreSQL stores what came before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from django.db import DatabaseError
from django.utils import timezone

from umkm_portal.common.encryption import Cipher
from umkm_portal.common.spreadsheets import Cell
from umkm_portal.imports import leaving_out
from umkm_portal.imports.leases import slice_transaction, update_claimed
from umkm_portal.imports.models import ImportFile, RowDecision
from umkm_portal.imports.profiles import Cleaned
from umkm_portal.imports.raw_cells import mask_niks, pack_cells

BLOCK = 100
"""Rows cleaned while PostgreSQL stores those before."""
_NUL = "\\u0000"
"""How JSON writes the one character that PostgreSQL does not know."""
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_dump_rows = json.JSONEncoder(ensure_ascii=False, separators=(",\t", ":")).encode
_FORGOTTEN = json.dumps([leaving_out.FORGOTTEN])
_COPY = "COPY imports_importrow (file_id, row_no, raw, clean, key, action, problems) FROM STDIN"


def copy_slice(file: ImportFile, blocks: Iterator[str], before: int) -> int:
    """Copy one slice in its own short transaction, so that the page sees how far it is.

    PostgreSQL stores what it has got while the rest is cleaned. Returns how many rows there were.
    """
    stream = _Stream(blocks)
    with slice_transaction() as cursor:
        try:
            cursor.copy_expert(_COPY, stream)
        except DatabaseError:
            if stream.failure is None:
                raise
            raise stream.failure from None
        # Last, so that the row of the file, which its page reads and writes, is not held for long.
        update_claimed(file, now=timezone.now(), rows_read=before + stream.rows)
    return stream.rows


def copy_blocks(
    file_id: int,
    offset: int,
    clean: Callable[[Sequence[Cell]], Cleaned],
    rows: Iterator[tuple[int, list[Cell]]],
    left_out: Mapping[int, str],
) -> Iterator[str]:
    """Give COPY text of BLOCK rows at a time; `left_out` says which are not to be stored."""
    seal = Cipher("import.row").encrypt
    while chunk := list(islice(rows, BLOCK)):
        heads: list[str] = []
        values: list[dict[str, object]] = []
        tails: list[str] = []
        for row_no, cells in chunk:
            place = row_no + offset
            if left_out.get(place) == RowDecision.Choice.GONE:
                heads.append(f"{file_id}\t{place}\t\\N\t")
                values.append({})
                tails.append(f"\t\treject\t{_FORGOTTEN}\n")
                continue
            raw = pack_cells(cells)
            if "\0" in raw or _NUL in raw:
                cells = [c.replace("\0", "") if isinstance(c, str) else c for c in cells]
            cleaned = clean(cells)
            heads.append(f"{file_id}\t{place}\t\\\\x{seal(raw).hex()}\t")
            values.append(cleaned.values)
            tails.append(_copy_tail(cleaned, is_skipped=place in left_out))
        yield "".join(map("".join, zip(heads, _dump_each(values), tails, strict=True)))


def _copy_tail(cleaned: Cleaned, *, is_skipped: bool) -> str:
    """Key, action and problems of a row as the end of its line of COPY text."""
    key, _, problems = cleaned
    if is_skipped:
        problems = [*problems, leaving_out.SKIPPED]
    if not problems:
        return f"\t{_escaped(key)}\tcreate\t[]\n"
    is_refused = any("warning" not in problem for problem in problems)
    told = mask_niks(_escaped(_dump(problems)))
    return f"\t{_escaped(key)}\t{'reject' if is_refused else 'create'}\t{told}\n"


def _dump_each(values: list[dict[str, object]]) -> list[str]:
    """Return the JSON of each row as COPY text.

    One call for many rows costs half: they are told apart by a tab, which JSON never holds as it
    is.
    """
    texts = _escaped(_dump_rows(values))[2:-2].split("},\t{")
    if len(texts) != len(values):  # a row holds objects in a list
        return [_escaped(_dump(row)) for row in values]
    return [f"{{{text}}}".replace("\t", "") for text in texts]


class _Stream:
    """Blocks of COPY text as the file that psycopg reads, which hides what goes wrong in it."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self.rows = 0
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        """Return the next block, whatever `size` says; nothing after the last."""
        try:
            block = next(self._blocks, "")
        except BaseException as failure:
            self.failure = failure
            raise
        self.rows += block.count("\n")
        return block.encode()


def _escaped(text: str) -> str:
    """Return JSON, or text without control characters, as one field of COPY text."""
    return text.replace("\\", "\\\\") if "\\" in text else text
