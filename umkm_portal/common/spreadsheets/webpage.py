"""Reading the tables of a web page: what many offices' systems send under the name .xls.

The page is read as text and never shown: scripts do not run, nothing is fetched.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from umkm_portal.common.spreadsheets.csvfile import look_at_text
from umkm_portal.common.spreadsheets.grids import Budget, Grid
from umkm_portal.common.spreadsheets.tables import Cell, Limits, Skipped, SpreadsheetError

_BLOCK = 1 << 16
_LONGEST_PIECE = 1 << 20
"""Characters of one tag, comment or script: more of them is no report."""
_MOST_NESTED = 50
_UNREAD = frozenset({"script", "style", "template", "noscript", "head", "textarea", "select"})
_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "tr", "table"})
_TYPED = frozenset({"text", "number", "tel", "email", "date", "url", "search"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.I)
_NO_TABLE = (
    "Berkas ini halaman web tanpa tabel. Bila diunduh dari sistem lain, masuk lagi ke sistem itu "
    "dan unduh ulang daftarnya, sebaiknya sebagai Excel (.xlsx) atau CSV."
)
_CUT = (
    "Tabel di berkas ini terpotong sebelum selesai. Unduh lagi daftarnya dari sistem asalnya, lalu "
    "unggah lagi."
)
_ODD = "Halaman web ini tidak bisa dibaca. Simpan tabelnya sebagai CSV, lalu unggah lagi."


def open_sheets(
    path: str, limits: Limits, skipped: list[Skipped]
) -> Iterator[tuple[str, int, Iterator[list[Cell]]]]:
    """Give (name, hidden rows, rows from the first row on) of every table, in their order.

    A table inside a cell is a sheet of its own; tables that are not shown go to `skipped`.
    Raises SpreadsheetError for a page without tables and for one that breaks off inside one.
    """
    for grid in _Page(limits).read(path):
        if grid.is_hidden:
            skipped.append((grid.name, "hidden"))
        elif grid.is_filled():
            yield grid.name, grid.hidden_rows, grid.rows()


class _Open:
    """A table that is being read: its grid, and the cell that is open in it."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.text: list[str] | None = None
        self.spans = (1, 1)

    def end_cell(self) -> None:
        if self.text is not None:
            across, down = self.spans
            lines = (" ".join(line.split()) for line in "".join(self.text).split("\n"))
            self.grid.add("\n".join(filter(None, lines)), across=across, down=down)
            self.text = None


class _Page(HTMLParser):
    """Gathers the tables of a page."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self._budget = Budget(limits)
        self._tables: list[Grid] = []
        self._open: list[_Open] = []
        self._unread: list[str] = []
        self._is_ended = False

    def read(self, path: str) -> list[Grid]:
        text = look_at_text(path)
        errors = "cp1252" if text.encoding.startswith("utf-8") else "replace"
        with open(path, encoding=text.encoding, errors=errors) as file:
            while block := file.read(_BLOCK):
                self.feed(block)
                if len(self.rawdata) > _LONGEST_PIECE:
                    raise SpreadsheetError(_ODD)
        is_cut = bool(self._open) and not self._is_ended
        self.close()
        if is_cut:
            raise SpreadsheetError(_CUT)
        if not self._tables:
            raise SpreadsheetError(_NO_TABLE)
        while self._open:
            self._end_table()
        return self._tables

    # --- Tags ---------------------------------------------------------------------------------
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("table", "tr", "td", "th", "body"):
            self._unread = []  # such a tag ends whatever was forgotten to be closed before
        if tag in _UNREAD:
            self._unread.append(tag)
            return
        values = {name: value or "" for name, value in attrs}
        if tag == "table":
            self._begin_table(values)
        elif not self._open:
            return
        elif tag == "tr":
            self._begin_row(values)
        elif tag in ("td", "th"):
            self._begin_cell(values)
        elif tag == "input" and values.get("type", "text").lower() in _TYPED:
            self.handle_data(values.get("value", ""))
        elif tag in _BREAKS:
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unread:
            if tag in self._unread:
                del self._unread[self._unread.index(tag) :]
            return
        self._is_ended = self._is_ended or tag in ("body", "html")
        if not self._open:
            return
        if tag == "table":
            self._end_table()
        elif tag in ("td", "th", "tr", "tbody", "thead", "tfoot"):
            self._open[-1].end_cell()
        elif tag in _BREAKS:
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        if self._open and not self._unread and self._open[-1].text is not None:
            self._open[-1].text.append(data)

    def unknown_decl(self, data: str) -> None:
        """Marked sections (`<![if ...]>`) of Office pages say nothing about a table."""

    # --- Tables -------------------------------------------------------------------------------
    def _begin_table(self, values: dict[str, str]) -> None:
        if len(self._open) >= _MOST_NESTED:
            raise SpreadsheetError(_ODD)
        grid = Grid(f"Tabel {len(self._tables) + 1}", self._budget)
        outer = self._open[-1].grid if self._open else None
        grid.is_hidden = _is_hidden(values) or (outer is not None and outer.is_hidden)
        self._budget.take(1)
        self._tables.append(grid)
        self._open.append(_Open(grid))

    def _begin_row(self, values: dict[str, str]) -> None:
        self._open[-1].end_cell()
        self._open[-1].grid.begin_row()
        self._open[-1].grid.hidden_rows += _is_hidden(values)

    def _begin_cell(self, values: dict[str, str]) -> None:
        table = self._open[-1]
        table.end_cell()
        table.text = []
        table.spans = _span(values.get("colspan")), _span(values.get("rowspan"))

    def _end_table(self) -> None:
        self._open.pop().end_cell()


def _is_hidden(values: dict[str, str]) -> bool:
    return "hidden" in values or bool(_HIDDEN.search(values.get("style", "")))


def _span(text: str | None) -> int:
    digits = (text or "").strip()[:6]
    return max(int(digits), 1) if digits.isascii() and digits.isdigit() else 1
