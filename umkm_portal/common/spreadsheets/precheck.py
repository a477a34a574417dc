"""A streaming look into a zipped workbook before any parser gets it.

The parser takes much on trust: a stray cell in the last corner or a false count makes it ask for
all memory, and errors turn into empty cells. What is found here gives a sentence instead.
"""

import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree

from umkm_portal.common.spreadsheets.archives import BOMB, Parts
from umkm_portal.common.spreadsheets.facts import SheetFacts
from umkm_portal.common.spreadsheets.opendocument import check_ods
from umkm_portal.common.spreadsheets.sizes import (
    refuse_errors,
    refuse_large,
    refuse_outside,
    refuse_uncounted,
)
from umkm_portal.common.spreadsheets.sniff import TRUNCATED, Kind
from umkm_portal.common.spreadsheets.tables import Limits, SpreadsheetError

_LONGEST_ROW_BYTES = 32 << 20
_MOST_PARTS = 5_000
_HARMLESS_STRING_COUNT = 1_000_000
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_ROW_NUMBER = re.compile(rb'\br="([0-9]{1,7})"')
_UNIQUE_COUNT = re.compile(rb'uniqueCount="([0-9]+)"')
_CELL = re.compile(rb"<c\b([^>]*)(?<!/)>(.*?)</c>", re.DOTALL)
_VALUE = re.compile(rb"<v[^>]*>([^<]*)</v>")


def check_workbook(path: str, kind: Kind, limits: Limits) -> dict[str, SheetFacts]:
    """Return facts by sheet name; raise SpreadsheetError for what must not be parsed."""
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
            parts = Parts(archive, file.seek(0, 2), limits)
            _check_names(archive.namelist())
            return _check_xlsx(parts) if kind is Kind.XLSX else check_ods(parts)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ElementTree.ParseError):
        raise SpreadsheetError(TRUNCATED) from None
    except (NotImplementedError, RuntimeError, OSError, ValueError):
        raise SpreadsheetError(TRUNCATED) from None


def _check_names(names: list[str]) -> None:
    if len(names) > _MOST_PARTS:
        raise SpreadsheetError(BOMB)
    if max(Counter(names).values(), default=0) > 1:
        raise SpreadsheetError(TRUNCATED)


def _check_xlsx(parts: Parts) -> dict[str, SheetFacts]:
    names = parts.archive.namelist()
    sheets = _sheet_parts(parts)
    for name in names:
        if name.startswith("xl/sharedStrings"):
            _check_shared_strings(parts, name)
        elif name.endswith((".xml", ".rels")) and name not in sheets.values():
            for _ in parts.blocks(name):
                pass
    return {title: _SheetScan(parts, title).run(name) for title, name in sheets.items()}


def _sheet_parts(parts: Parts) -> dict[str, str]:
    """Return the worksheet part of each visible sheet name."""
    relations = ElementTree.fromstring(parts.small("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    sheets = {}
    for element in ElementTree.fromstring(parts.small("xl/workbook.xml")).iter():  # noqa: S314
        identity = next((v for k, v in element.attrib.items() if k.endswith("}id")), None)
        is_visible = element.get("state", "visible") == "visible"
        if element.tag.endswith("}sheet") and identity in targets and is_visible:
            target = targets[identity]
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            sheets[element.get("name", "")] = name
    return sheets


def _check_shared_strings(parts: Parts, name: str) -> None:
    declared, found, tail = 0, 0, b""
    for block in parts.blocks(name):
        if not tail:
            count = _UNIQUE_COUNT.search(block[:4096])
            declared = int(count[1]) if count else 0
        text = tail + block
        found += text.count(b"<si>") + text.count(b"<si ") + text.count(b":si>")
        tail = block[-3:]
    if declared > _HARMLESS_STRING_COUNT and declared > 2 * found:
        raise SpreadsheetError(TRUNCATED)


class _SheetScan:
    """Walks the rows of one worksheet part as bytes, without building anything."""

    def __init__(self, parts: Parts, title: str) -> None:
        self.parts, self.title = parts, title
        self.facts = SheetFacts()
        self.row_no = 0
        self.last_row = self.last_column = 0

    def run(self, name: str) -> SheetFacts:
        for row in self._rows(name):
            self._look_at(row)
        refuse_large(self.title, self.last_row, self.last_column, self.parts.limits)
        return self.facts

    def _rows(self, name: str) -> Iterator[bytes]:
        """Give the bytes of each row from its attributes on, prefixes like `x:` removed."""
        carry, prefix, is_first = b"", b"", True
        for block in self.parts.blocks(name):
            if is_first:
                found = re.search(rb"<([A-Za-z0-9_]+:)?worksheet", block[:4096])
                prefix, is_first = (found and found[1]) or b"", False
            text = carry + block
            pieces = text.split(b"<" + prefix + b"row")
            carry = pieces.pop() if len(pieces) == 1 else b"<" + prefix + b"row" + pieces.pop()
            if len(carry) > _LONGEST_ROW_BYTES:
                raise SpreadsheetError(BOMB)
            for piece in pieces:
                yield piece.replace(prefix, b"") if prefix else piece
        last = carry.removeprefix(b"<" + prefix + b"row").split(b"</" + prefix + b"sheetData")[0]
        yield last.replace(prefix, b"") if prefix else last

    def _look_at(self, row: bytes) -> None:
        if not row.startswith((b" ", b">", b"\n", b"\r", b"\t")):
            return
        head = row[: row.find(b">")]
        number = _ROW_NUMBER.search(head)
        self.row_no = int(number[1]) if number else self.row_no + 1
        if b'hidden="1"' in head or b'hidden="true"' in head:
            self.facts.hidden_rows += 1
        end = max(row.rfind(b"<v"), row.rfind(b"<is"))
        if end < 0:
            if b"<f" in row:
                self._look_at_cells(row)
            return
        self._measure(row, end)
        if b't="e"' in row or b"<f" in row:
            self._look_at_cells(row)

    def _measure(self, row: bytes, end: int) -> None:
        """Note the place of the last filled cell and refuse what lies outside the limits."""
        start = row.rfind(b"<c", 0, end)
        reference = _REFERENCE.match(row[start + 2 : start + 32].lstrip())
        reference = reference or _REFERENCE.search(row, start, end)
        column = _column_number(reference[1]) if reference else row.count(b"<c ")
        self.last_row = max(self.last_row, self.row_no)
        self.last_column = max(self.last_column, column)
        refuse_outside(self.title, self.row_no, column, self.parts.limits)

    def _look_at_cells(self, row: bytes) -> None:
        for attributes, content in _CELL.findall(row):
            reference = _REFERENCE.search(attributes)
            if not reference:
                continue
            if b'="e"' in attributes:
                self._note_error(reference, content)
            elif b"<f" in content and _is_uncounted(attributes, content):
                refuse_uncounted(self.title, (reference[1] + reference[2]).decode())

    def _note_error(self, reference: re.Match[bytes], content: bytes) -> None:
        value = _VALUE.search(content)
        name = value[1].decode("ascii", "replace") if value else "#GALAT"
        self.facts.note_error(self.row_no - 1, _column_number(reference[1]) - 1, name)
        refuse_errors(self.title, self.facts)


def _is_uncounted(attributes: bytes, content: bytes) -> bool:
    """Tell a formula that no program has worked out; an empty text as result is one."""
    value = _VALUE.search(content)
    has_value = value is not None and value[1] != b""
    return not has_value and b'="str"' not in attributes and b"<is" not in content


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
