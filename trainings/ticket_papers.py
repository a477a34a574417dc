"""The ticket on paper: one A5 page that is read at the door without a telephone."""

from __future__ import annotations

from io import BytesIO

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A5
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from trainings.schedule import Wave
from trainings.tickets import Ticket
from umkm_portal.common import pdf

WIDTH, HEIGHT = A5
MARGIN = 12 * mm
INNER = WIDTH - 2 * MARGIN
HEAD = 24 * mm
QR_SIDE = 50 * mm
MOST_SESSIONS = 8
"""More do not fit on the page; the rest is counted."""
LOWEST = 25 * mm
"""Where the last session may stand, above the foot."""
DARK, YELLOW = HexColor("#0a3a2a"), HexColor("#f7b81c")
_FOOT = (
    "Tunjukkan halaman ini kepada petugas, tercetak atau di layar. Pelatihan ini gratis; petugas "
    "tidak pernah meminta uang atau kode OTP. Jadwal dapat berubah: pindai kode QR untuk melihat "
    "keadaan terbaru."
)


def ticket_pdf(ticket: Ticket, *, wave: Wave) -> bytes:
    """The ticket as a PDF of one page."""
    written = BytesIO()
    canvas = pdf.open_canvas(written, title=f"Tiket {wave.title}", size=A5)
    _head(canvas)
    y = _what(canvas, ticket, wave, y=HEIGHT - HEAD - 10 * mm)
    y = _code(canvas, ticket, y=y - 2 * mm)
    _sessions(canvas, ticket, y=y - 4 * mm)
    _foot(canvas)
    canvas.save()
    return written.getvalue()


def _head(canvas: Canvas) -> None:
    canvas.setFillColor(DARK)
    canvas.rect(0, HEIGHT - HEAD, WIDTH, HEAD, stroke=0, fill=1)
    canvas.setFillColor(YELLOW)
    canvas.rect(0, HEIGHT - HEAD - 1.2 * mm, WIDTH, 1.2 * mm, stroke=0, fill=1)
    canvas.setFillColor(white)
    pdf.write(canvas, "Jakpreneur", (MARGIN, HEIGHT - 12 * mm), size=17, font=pdf.BOLD)
    pdf.write(canvas, "Tiket pelatihan", (MARGIN, HEIGHT - 19 * mm), size=11)


def _what(canvas: Canvas, ticket: Ticket, wave: Wave, *, y: float) -> float:
    """Title, day, hours and place; returns where the next part begins."""
    canvas.setFillColor(pdf.INK)
    if ticket.is_cancelled:
        y = _lines(canvas, "DIBATALKAN: jangan datang.", y=y, size=13, font=pdf.BOLD, most=1)
    y = _lines(canvas, wave.title, y=y, size=14, font=pdf.BOLD, most=3)
    when = ", ".join(filter(None, [wave.when or "Jadwal menyusul", wave.hours]))
    where = ", ".join(filter(None, [wave.place, wave.address]))
    for fact in filter(None, [when, where, wave.place_note]):
        y = _lines(canvas, fact, y=y, size=10, most=3)
    return y


def _code(canvas: Canvas, ticket: Ticket, *, y: float) -> float:
    """The QR code with code and name below it, in the middle of the page."""
    middle = WIDTH / 2
    pdf.draw_qr(canvas, ticket.url, (middle - QR_SIDE / 2, y - QR_SIDE), side=QR_SIDE)
    y -= QR_SIDE + 7 * mm
    pdf.write(canvas, ticket.code, (middle, y), size=18, font=pdf.BOLD, align="centre")
    y -= 6 * mm
    pdf.write(canvas, ticket.name, (middle, y), size=11, align="centre", within=INNER)
    return y - 6 * mm


def _sessions(canvas: Canvas, ticket: Ticket, *, y: float) -> None:
    """The sessions where there are several; a single one stands in the heading."""
    if len(ticket.sittings) < 2:
        return
    canvas.setStrokeColor(pdf.LINE)
    canvas.line(MARGIN, y + 5 * mm, WIDTH - MARGIN, y + 5 * mm)
    for number, sitting in enumerate(ticket.sittings):
        if number == MOST_SESSIONS or y < LOWEST:
            _lines(canvas, f"dan {len(ticket.sittings) - number} sesi lagi", y=y, size=9, most=1)
            return
        off = " (dibatalkan)" if sitting.is_cancelled else ""
        y = _lines(canvas, f"{sitting.title}: {sitting.when}{off}", y=y, size=9, most=1)


def _foot(canvas: Canvas) -> None:
    canvas.setFillColor(pdf.MUTED)
    for number, line in enumerate(reversed(pdf.lines_of(_FOOT, size=8, width=INNER))):
        pdf.write(canvas, line, (MARGIN, MARGIN - 3 * mm + number * 4 * mm), size=8)


def _lines(
    canvas: Canvas, text: str, *, y: float, size: float, most: int, font: str = pdf.REGULAR
) -> float:
    """Draw a paragraph of at most so many lines from y down; returns where the next one begins.

    What is left of a longer one is squeezed into the last line.
    """
    lines = pdf.lines_of(text, size=size, width=INNER, font=font)
    for line in filter(None, [*lines[: most - 1], " ".join(lines[most - 1 :])]):
        pdf.write(canvas, line, (MARGIN, y), size=size, font=font, within=INNER)
        y -= size * 1.35
    return y - size * 0.25
