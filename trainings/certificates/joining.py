"""Several finished PDFs become one, object by object: memory does not grow with their pages.

Made for what reportlab writes: a plain table of objects, no object streams. Each file keeps its
tree of pages; a new root holds these trees.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

_TABLE = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_SECTION = re.compile(rb"xref\s+0 (\d+)\s+")
_ROOT = re.compile(rb"/Root (\d+) 0 R")
_PAGES = re.compile(rb"/Pages (\d+) 0 R")
_COUNT = re.compile(rb"/Count (\d+)")
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_HEAD = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
_OWN = 3
"""Objects of the new file itself: its root, its tree of pages, its title."""
_ROW = 20
"""Bytes of one line of a table of objects."""


class UnknownForm(ValueError):
    """The file is no PDF of the form that this module joins."""


class _Part(NamedTuple):
    """One file, read whole: where each object begins and ends, and which one is its pages."""

    data: bytes
    spans: list[tuple[int, int]]
    pages: int


def join_pdfs(target: IO[bytes], parts: Sequence[Path], *, title: str) -> int:
    """Write the pages of all parts, in their order, as one file; return how many pages.

    Raises UnknownForm.
    """
    mark = hashlib.sha256()
    places = array("q", [0] * (_OWN + 1))
    trees: list[int] = []
    count = 0
    target.write(_HEAD)
    for path in parts:
        part, before = _read(path), len(places) - 1
        mark.update(part.data)
        trees.append(part.pages + before)
        for number, body in _objects(part):
            if number == part.pages:
                count += _count_of(body)
                body = body.replace(b"<<", b"<<\n/Parent 2 0 R", 1)
            places.append(target.tell())
            target.write(b"%d 0 obj\n%s" % (number + before, _shifted(body, before)))
    _write_own(target, places, trees, count=count, title=title)
    _write_end(target, places, mark=mark.hexdigest()[:32].encode())
    return count


def _read(path: Path) -> _Part:
    data = path.read_bytes()
    end = _TABLE.search(data, max(len(data) - 64, 0))
    table = int(end[1]) if end else len(data)
    section, root = _SECTION.match(data, table), _ROOT.search(data, table)
    if not section or not root:
        raise UnknownForm(f"{path.name}: no table of objects")
    rows = [section.end() + _ROW * number for number in range(1, int(section[1]))]
    starts = [int(data[row : row + 10]) for row in rows]
    order = sorted(starts)
    after = dict(zip(order, [*order[1:], table], strict=True))
    spans = [(start, after[start]) for start in starts]
    first, last = spans[int(root[1]) - 1]
    pages = _PAGES.search(data, first, last)
    if not pages:
        raise UnknownForm(f"{path.name}: no pages")
    return _Part(data, spans, int(pages[1]))


def _objects(part: _Part) -> Iterator[tuple[int, bytes]]:
    """Each object's number and what follows its heading."""
    for number, (start, end) in enumerate(part.spans, 1):
        heading = b"%d 0 obj\n" % number
        if not part.data.startswith(heading, start):
            raise UnknownForm(f"object {number} is not where the table says")
        yield number, part.data[start + len(heading) : end]


def _count_of(body: bytes) -> int:
    found = _COUNT.search(body)
    if not found:
        raise UnknownForm("pages are not counted")
    return int(found[1])


def _shifted(body: bytes, by: int) -> bytes:
    """The object with every reference moved; what stands in its stream is nobody's business."""
    stream = _STREAM.search(body)
    words = body[: stream.start()] if stream else body
    moved = _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) + by), words)
    return moved + body[len(words) :]


def _write_own(
    target: IO[bytes], places: array[int], trees: Sequence[int], *, count: int, title: str
) -> None:
    kids = b" ".join(b"%d 0 R" % tree for tree in trees)
    named = title.encode("utf-16-be").hex().encode()
    for number, body in enumerate(
        (
            b"<< /Type /Catalog /Pages 2 0 R /Lang (id) >>",
            b"<< /Type /Pages /Count %d /Kids [ %s ] >>" % (count, kids),
            b"<< /Title <FEFF%s> >>" % named,
        ),
        1,
    ):
        places[number] = target.tell()
        target.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))


def _write_end(target: IO[bytes], places: array[int], *, mark: bytes) -> None:
    table = target.tell()
    target.write(b"xref\n0 %d\n0000000000 65535 f \n" % len(places))
    for place in places[1:]:
        target.write(b"%010d 00000 n \n" % place)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R /ID [ <%s> <%s> ] >>\n"
    target.write(trailer % (len(places), mark, mark))
    target.write(b"startxref\n%d\n%%%%EOF\n" % table)
