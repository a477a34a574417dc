"""A certificate on paper: one A4 page across, drawn from what was frozen at its issue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, NamedTuple

from django.conf import settings
from django.urls import reverse
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from trainings.certificates.wording import Paper, date_in_words
from umkm_portal.common import pdf

WIDTH, HEIGHT = landscape(A4)
MARGIN = 56.0
INNER = WIDTH - 2 * MARGIN
MIDDLE = WIDTH / 2
HEAD = 58.0
TOP, FLOOR = HEIGHT - HEAD - 58, 176.0
"""Between these the text stands; below it the QR code and the signature."""
QR_SIDE = 92.0
SIGNER = WIDTH - MARGIN - 130
"""The middle of the signature's column."""
SIGNER_WIDTH = 260.0
DARK, YELLOW = HexColor("#0a3a2a"), HexColor("#f7b81c")
TOOTH = 24.0
_GROUND = "dasar"
_HINT = "Pindai kode ini, atau buka alamat di bawah, untuk memeriksa keasliannya."


class Block(NamedTuple):
    """Some lines of one size, one below the other."""

    lines: list[str]
    size: float
    font: str
    leading: float


def certificate_pdf(paper: Paper, *, url: str) -> bytes:
    """One certificate; the same one is the same bytes every time."""
    target = BytesIO()
    write_certificates(target, [(paper, url)])
    return target.getvalue()


def write_certificates(target: IO[bytes], pages: Iterable[tuple[Paper, str]]) -> int:
    """Draw each certificate on a page of its own; return how many."""
    canvas = pdf.open_canvas(target, title="Sertifikat", size=(WIDTH, HEIGHT))
    count = 0
    for paper, url in pages:
        draw_certificate(canvas, paper, url=url)
        canvas.showPage()
        count += 1
    canvas.save()
    return count


def public_url(number: str) -> str:
    """The https address that proves a certificate; `number` as it is displayed."""
    return f"{settings.PORTAL_URL}{reverse('trainings:certificate', args=[number])}"


def draw_certificate(canvas: Canvas, paper: Paper, *, url: str) -> None:
    """Fill the page that has just begun."""
    if not canvas.hasForm(_GROUND):
        _ground(canvas)
    canvas.doForm(_GROUND)
    _head(canvas, paper)
    _text(canvas, paper)
    _proof(canvas, paper, url)
    _signature(canvas, paper)


def _ground(canvas: Canvas) -> None:
    """What all pages share, kept once in the file: the roof edge, its mark, the frame."""
    canvas.beginForm(_GROUND, upperx=WIDTH, uppery=HEIGHT)
    floor = HEIGHT - HEAD
    canvas.setFillColor(DARK)
    canvas.rect(0, floor, WIDTH, HEAD, stroke=0, fill=1)
    teeth = canvas.beginPath()
    for left in range(0, int(WIDTH) + 1, int(TOOTH)):
        teeth.moveTo(left, floor)
        teeth.lineTo(left + TOOTH / 2, floor - TOOTH / 2)
        teeth.lineTo(left + TOOTH, floor)
    canvas.drawPath(teeth, stroke=0, fill=1)
    canvas.setFillColor(YELLOW)
    canvas.rect(0, 0, WIDTH, 10, stroke=0, fill=1)
    canvas.setStrokeColor(pdf.GREEN)
    canvas.setLineWidth(0.8)
    canvas.rect(24, 28, WIDTH - 48, floor - 62, stroke=1, fill=0)
    _house(canvas, MARGIN, HEIGHT - 48)
    canvas.endForm()


def _house(canvas: Canvas, left: float, bottom: float) -> None:
    """The mark of the portal, 38 points wide."""
    roof, teeth = canvas.beginPath(), canvas.beginPath()
    _polygon(roof, left, bottom, [(3, 21), (19, 34), (35, 21), (35, 18), (3, 18)])
    zigzag = [(5, 18), (33, 18), (29.5, 12.5), (26, 18), (22.5, 12.5), (19, 18), (15.5, 12.5)]
    _polygon(teeth, left, bottom, [*zigzag, (12, 18), (8.5, 12.5)])
    canvas.setFillColor(YELLOW)
    canvas.drawPath(roof, stroke=0, fill=1)
    canvas.rect(left + 7, bottom + 4, 24, 7, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.drawPath(teeth, stroke=0, fill=1)
    canvas.setFillColor(DARK)
    canvas.rect(left + 16.5, bottom + 4, 5, 7, stroke=0, fill=1)


def _polygon(
    path: PDFPathObject, left: float, bottom: float, points: list[tuple[float, float]]
) -> None:
    for number, (x, y) in enumerate(points):
        (path.lineTo if number else path.moveTo)(left + x, bottom + y)
    path.close()


def _head(canvas: Canvas, paper: Paper) -> None:
    """On the roof: the programme's name at the left, who gives the certificate at the right."""
    canvas.setFillColor(white)
    pdf.write(canvas, "Jakpreneur", (MARGIN + 46, HEIGHT - 37), size=19, font=pdf.BOLD)
    right, width = WIDTH - MARGIN, INNER - 190
    if _image(canvas, paper.frozen.logo, (right - 90, HEIGHT - 52), (90, 46), anchor="e"):
        right, width = right - 100, width - 100
    lines = pdf.lines_of(paper.frozen.organiser, size=10.5, width=width)
    base = HEIGHT - 33 if len(lines) == 1 else HEIGHT - 27
    for number, line in enumerate(_squeezed(lines, most=2)):
        at = (right, base - 13 * number)
        pdf.write(canvas, line, at, size=10.5, align="right", within=width)


def _text(canvas: Canvas, paper: Paper) -> None:
    """Title and body, in the middle, smaller where they would not fit."""
    blocks = [_block(line, text) for line, text in paper.lines]
    blocks.insert(0, Block([paper.frozen.title], 34, pdf.BOLD, 64))
    height = sum(block.leading * len(block.lines) for block in blocks)
    scale = min(1.0, (TOP - FLOOR) / height)
    y = TOP - ((TOP - FLOOR) - height * scale) / 3
    for block in blocks:
        canvas.setFillColor(pdf.GREEN if block.size == 34 else pdf.INK)
        for line in block.lines:
            y -= block.leading * scale
            base = y + (block.leading - block.size) * scale / 2
            pdf.write(
                canvas,
                line,
                (MIDDLE, base),
                size=block.size * scale,
                font=block.font,
                align="centre",
                within=INNER,
            )


def _block(line: str, text: str) -> Block:
    """A line of the body: the name alone is large, the training alone is bold."""
    if line == "{nama}":
        return _fitted(text, sizes=(30, 26, 22, 19), font=pdf.BOLD, spread=1.6, most=2)
    if line == "{pelatihan}":
        return _fitted(text, sizes=(18, 16, 14), font=pdf.BOLD, spread=1.5, most=2)
    return _fitted(text, sizes=(12.5, 11, 10), font=pdf.REGULAR, spread=1.55, most=3)


def _fitted(text: str, *, sizes: Sequence[float], font: str, spread: float, most: int) -> Block:
    """The text in the first of the sizes in which it needs at most so many lines."""
    lines, size = [text], sizes[0]
    for size in sizes:
        lines = pdf.lines_of(text, size=size, width=INNER, font=font) or [text]
        if len(lines) <= most:
            break
    return Block(_squeezed(lines, most=most), size, font, size * spread)


def _squeezed(lines: list[str], *, most: int) -> list[str]:
    """At most so many lines: what is left of a longer text shares the last one."""
    return [*lines[: most - 1], " ".join(lines[most - 1 :])] if len(lines) > most else lines


def _proof(canvas: Canvas, paper: Paper, url: str) -> None:
    """The QR code, the number, and where both lead."""
    bottom = 62.0
    pdf.draw_qr(canvas, url, (MARGIN - 10, bottom), side=QR_SIDE)
    left, width = MARGIN + QR_SIDE, 300.0
    canvas.setFillColor(pdf.INK)
    pdf.write(canvas, f"Nomor {paper.number}", (left, bottom + 64), size=12, font=pdf.BOLD)
    canvas.setFillColor(pdf.MUTED)
    for number, line in enumerate(pdf.lines_of(_HINT, size=8.5, width=230)):
        pdf.write(canvas, line, (left, bottom + 47 - 12 * number), size=8.5)
    pdf.write(canvas, url, (left, bottom + 16), size=8, within=width)


def _signature(canvas: Canvas, paper: Paper) -> None:
    """Place and day, office, signature, name and NIP; a line to sign where nobody is named."""
    frozen = paper.frozen
    canvas.setFillColor(pdf.INK)
    _signed(canvas, f"{frozen.place}, {date_in_words(paper.issued_on)}", 150)
    office = pdf.lines_of(frozen.signer_title, size=10, width=SIGNER_WIDTH)
    for number, line in enumerate(_squeezed(office, most=2)):
        _signed(canvas, line, 136 - 12 * number)
    _image(canvas, frozen.signature, (SIGNER - 70, 78), (140, 42), anchor="c")
    if frozen.signer_name:
        _signed(canvas, frozen.signer_name, 64, font=pdf.BOLD, size=11)
    else:
        canvas.setStrokeColor(pdf.LINE)
        canvas.line(SIGNER - 90, 66, SIGNER + 90, 66)
    if frozen.signer_nip:
        _signed(canvas, f"NIP {frozen.signer_nip}", 50)


def _signed(
    canvas: Canvas, text: str, y: float, *, font: str = pdf.REGULAR, size: float = 10
) -> None:
    at = (SIGNER, y)
    pdf.write(canvas, text, at, size=size, font=font, align="centre", within=SIGNER_WIDTH)


def _image(
    canvas: Canvas, path: str, at: tuple[float, float], box: tuple[float, float], *, anchor: str
) -> bool:
    """Draw a kept picture inside a box; False when there is none."""
    file = Path(settings.MEDIA_ROOT, path)
    if not path or not file.is_file():
        return False
    canvas.drawImage(
        ImageReader(str(file)),
        *at,
        width=box[0],
        height=box[1],
        mask="auto",
        preserveAspectRatio=True,
        anchor=anchor,
    )
    return True
