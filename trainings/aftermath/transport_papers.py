"""A list of transport money as a spreadsheet, and as paper with a column to sign.

Both say what was frozen when the list was made, however often they are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from trainings.models import TransportBatch, TransportRow
from umkm_portal.common import pdf
from umkm_portal.common.dates import format_moment
from umkm_portal.common.money import format_rupiah
from umkm_portal.common.spreadsheets.writing import write_csv, write_xlsx

HEADER = ("No.", "Nama", "Kode tiket", "Sesi hadir", "Uang transpor (rupiah)", "Tanda tangan")
WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 40, WIDTH - 40, HEIGHT - 44, 72
ROW, HEAD = 27, 92
ROWS = int((TOP - BOTTOM - HEAD) // ROW) - 1
"""People on a page; one line is left for the sum."""


COLUMNS = (
    pdf.Column("No.", LEFT),
    pdf.Column("Nama", LEFT + 30),
    pdf.Column("Kode tiket", LEFT + 200),
    pdf.Column("Sesi", LEFT + 285),
    pdf.Column("Rupiah", LEFT + 318),
    pdf.Column("Tanda tangan", LEFT + 395),
)


def write_workbook(target: BinaryIO, batch: TransportBatch) -> int:
    """Write the list as .xlsx; return the number of people."""
    return write_xlsx(target, HEADER, _lines(batch), above=(_title(batch),))


def write_text(target: BinaryIO, batch: TransportBatch) -> int:
    """Write the list as .csv; return the number of people."""
    return write_csv(target, HEADER, _lines(batch))


def paper(batch: TransportBatch) -> bytes:
    """The PDF, as many pages as it takes; read `batch` with cohort, training, organiser, maker."""
    target = BytesIO()
    canvas = pdf.open_canvas(target, title=_title(batch))
    rows = list(_rows(batch))
    pages = [rows[first : first + ROWS] for first in range(0, len(rows), ROWS)]
    for number, page in enumerate(pages):
        _head(canvas, batch)
        _table(canvas, page, first=number * ROWS + 1)
        is_last = number + 1 == len(pages)
        total = batch.rupiah if is_last else sum(row.rupiah for row in page)
        label = "Jumlah seluruhnya" if is_last else "Jumlah halaman ini"
        _sum(canvas, f"{label}: {format_rupiah(total)}", len(page))
        _foot(canvas, batch, number + 1, len(pages))
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _rows(batch: TransportBatch) -> Sequence[TransportRow]:
    return list(batch.rows.order_by("name", "pk"))


def _lines(batch: TransportBatch) -> Iterator[list[object]]:
    for number, row in enumerate(_rows(batch), 1):
        yield [number, row.name, row.code, row.sessions, row.rupiah, ""]


def _title(batch: TransportBatch) -> str:
    return f"Uang transpor {batch.cohort.code}, daftar {batch.number}"


def _head(canvas: Canvas, batch: TransportBatch) -> None:
    cohort = batch.cohort
    canvas.setFillColor(pdf.INK)
    title = f"Tanda terima uang transpor: {cohort.training.title}, gelombang {cohort.number}"
    pdf.write(canvas, title, (LEFT, TOP - 14), size=15, font=pdf.BOLD, within=RIGHT - LEFT)
    rate = f"{format_rupiah(batch.rate)} per {batch.get_per_display().lower()}"
    about = f"Daftar {batch.number}. {rate}. {batch.people} orang."
    pdf.write(canvas, about, (LEFT, TOP - 34), size=10, within=RIGHT - LEFT)
    canvas.setFillColor(pdf.MUTED)
    organiser = f"Penyelenggara: {cohort.training.organiser}"
    pdf.write(canvas, organiser, (LEFT, TOP - 50), size=9, within=RIGHT - LEFT)
    if batch.cancelled_at:
        pdf.write(canvas, "DIBATALKAN", (RIGHT, TOP - 50), size=12, font=pdf.BOLD, align="right")


def _table(canvas: Canvas, page: Sequence[TransportRow], *, first: int) -> None:
    top = TOP - HEAD
    pdf.draw_grid(canvas, COLUMNS, top=top, right=RIGHT, row=ROW, rows=len(page))
    for offset, row in enumerate(page):
        _row(canvas, row, first + offset, top - (offset + 1) * ROW)


def _row(canvas: Canvas, row: TransportRow, number: int, bottom: float) -> None:
    base = bottom + 9
    cells = (f"{number}", row.name, row.code, f"{row.sessions}")
    for column, after, text in zip(COLUMNS, COLUMNS[1:], cells, strict=False):
        within = after.at - column.at - 8
        pdf.write(canvas, text, (column.at + 4, base), size=10, within=within)
    amount = f"{row.rupiah:,}".replace(",", ".")
    pdf.write(canvas, amount, (COLUMNS[5].at - 4, base), size=10, align="right", within=68)


def _sum(canvas: Canvas, text: str, rows: int) -> None:
    base = TOP - HEAD - (rows + 1) * ROW + 9
    pdf.write(canvas, text, (COLUMNS[5].at - 4, base), size=10, font=pdf.BOLD, align="right")


def _foot(canvas: Canvas, batch: TransportBatch, number: int, pages: int) -> None:
    canvas.setFillColor(pdf.MUTED)
    maker = f" oleh {batch.made_by}" if batch.made_by else ""
    told = f"Halaman {number} dari {pages}. Dibuat {format_moment(batch.made_at)}{maker}."
    pdf.write(canvas, told, (LEFT, BOTTOM - 40), size=8)
    if number == pages:
        line = "Bendahara: ............................................"
        pdf.write(canvas, line, (RIGHT, BOTTOM - 24), size=9, align="right")
