"""A look into an OpenDocument workbook: locks, macros, hidden rows, errors, repeated bombs."""

import re
from collections.abc import Iterator
from html import unescape

from umkm_portal.common.spreadsheets.archives import BOMB, Parts
from umkm_portal.common.spreadsheets.facts import SheetFacts
from umkm_portal.common.spreadsheets.sizes import (
    refuse_errors,
    refuse_large,
    refuse_outside,
    refuse_uncounted,
)
from umkm_portal.common.spreadsheets.sniff import ENCRYPTED, MACRO
from umkm_portal.common.spreadsheets.tables import SpreadsheetError, column_letters

_MANIFEST, _CONTENT = "META-INF/manifest.xml", "content.xml"
_LONGEST_ROW_BYTES = 32 << 20
_PIECE = re.compile(rb"(?=<table:table-row[\s/>]|<table:table\s)")
_NAME = re.compile(rb'\stable:name="([^"]*)"')
_ROWS = re.compile(rb'number-rows-repeated="([0-9]{1,9})"')
_COLUMNS = re.compile(rb'number-columns-repeated="([0-9]{1,9})"')
_SPAN = re.compile(rb'number-rows-spanned="([0-9]{1,7})"')
_SPECIAL = (b"repeated", b"error", b"spanned", b"formula")
"""Words without which the cells of a row need only be counted."""
_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)>(?:<text:p[^>]*>([^<]*)</text:p>)?")


def check_ods(parts: Parts) -> dict[str, SheetFacts]:
    """Return facts by sheet name; raise SpreadsheetError for what must not be parsed."""
    names = parts.archive.namelist()
    modules = [name for name in names if name.startswith("Basic/") and name.endswith(".xml")]
    if any("script-l" not in name for name in modules):
        raise SpreadsheetError(MACRO)
    if _MANIFEST in names and b"encryption-data" in parts.small(_MANIFEST):
        raise SpreadsheetError(ENCRYPTED)
    for name in names:
        if name.endswith(".xml") and name not in (_MANIFEST, _CONTENT):
            for _ in parts.blocks(name):
                pass
    scan = _Scan(parts)
    for piece in _pieces(parts):
        scan.look_at(piece)
    return scan.finish()


def _pieces(parts: Parts) -> Iterator[bytes]:
    """Give the bytes of each table's beginning and of each row."""
    carry = b""
    for block in parts.blocks(_CONTENT):
        *pieces, carry = _PIECE.split(carry + block)
        if len(carry) > _LONGEST_ROW_BYTES:
            raise SpreadsheetError(BOMB)
        yield from pieces
    yield carry


class _Scan:
    """Walks the rows as bytes, without building anything."""

    def __init__(self, parts: Parts) -> None:
        self.limits = parts.limits
        self.found: dict[str, SheetFacts] = {}
        self._begin("")

    def _begin(self, title: str) -> None:
        self.title, self.facts = title, SheetFacts()
        self.rows = self.last_row = self.last_column = 0

    def finish(self) -> dict[str, SheetFacts]:
        refuse_large(self.title, self.last_row, self.last_column, self.limits)
        self.found[self.title] = self.facts
        return self.found

    def look_at(self, piece: bytes) -> None:
        head = piece[: piece.find(b">")]
        if head.startswith(b"<table:table-row"):
            self._look_at_row(head, piece)
        elif head.startswith(b"<table:table") and (name := _NAME.search(head)):
            self.finish()
            self._begin(unescape(name[1].decode("utf-8", "replace")))

    def _look_at_row(self, head: bytes, row: bytes) -> None:
        first, count = self.rows, _times(_ROWS, head)
        self.rows += count
        if b"value-type" not in row and b"<text:p" not in row:
            return
        if b"visibility=" in head:
            self.facts.hidden_rows += count
        self.last_row = self.rows
        self.last_column = max(self.last_column, self._look_at_cells(row, first, count))
        refuse_outside(self.title, self.rows, self.last_column, self.limits)
        refuse_large(self.title, self.last_row, self.last_column, self.limits)

    def _look_at_cells(self, row: bytes, first: int, count: int) -> int:
        """Note what is special in a row and return how many columns are filled."""
        if not any(word in row for word in _SPECIAL):
            return row.count(b"table:table-cell ") + row.count(b"<table:covered-table-cell")
        column = last = 0
        for attributes, text in _CELL.findall(row):
            wide = _times(_COLUMNS, attributes)
            if b"value-type" in attributes:
                last = column + wide
            elif b"table:formula=" in attributes:
                place = f"{column_letters(column)}{first + 1}"
                refuse_uncounted(self.title, place)
            if b'value-type="error"' in attributes:
                self._note_errors(first, count, column, wide, text)
            if span := _SPAN.search(attributes):
                self.facts.merged.append((column, first, first + int(span[1]) - 1))
            column += wide
        return last

    def _note_errors(self, first: int, count: int, column: int, wide: int, text: bytes) -> None:
        name = text.decode("utf-8", "replace")[:20] or "#GALAT"
        for row in range(first, first + min(count, self.limits.rows)):
            for at in range(column, column + min(wide, self.limits.columns)):
                self.facts.note_error(row, at, name)
                refuse_errors(self.title, self.facts)


def _times(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return max(int(found[1]), 1) if found else 1
