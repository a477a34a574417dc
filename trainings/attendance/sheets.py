"""The list that people sign at the door, as a PDF: one session, one line a seat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from django.utils import timezone
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from trainings.models import Session
from trainings.schedule import days_label, hours_label
from umkm_portal.common import codes, pdf
from umkm_portal.common.dates import format_moment

WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 40, WIDTH - 40, HEIGHT - 44, 60
ROW = 27
HEAD = 92
"""Points that the title takes on each page."""
ROWS = int((TOP - BOTTOM - HEAD) // ROW)
SPARE = 5
"""Empty lines at the end, for people who come without a seat."""


COLUMNS = (
    pdf.Column("No.", LEFT),
    pdf.Column("Nama", LEFT + 30),
    pdf.Column("Kode tiket", LEFT + 245),
    pdf.Column("Tanda tangan", LEFT + 340),
)


class Line(NamedTuple):
    """One seat as it is printed."""

    name: str
    code: str
    note: str


def lines_of(session: Session, people: Sequence[int] | None = None) -> list[Line]:
    """The seats of the session's cohort by name; `people` narrows them to those participants."""
    rows = session.cohort.enrolments.seated().select_related("participant")
    if people is not None:
        rows = rows.filter(participant__in=people)
    came = {
        one.enrolment_id: timezone.localtime(one.came_at)
        for one in session.attendances.present()
        if one.came_at
    }
    return [
        Line(
            row.participant.full_name,
            codes.display(row.short_code),
            f"tercatat {came[row.pk]:%H.%M}" if row.pk in came else "",
        )
        for row in rows.order_by("participant__full_name", "pk")
    ]


def signature_list(session: Session, lines: Sequence[Line], *, now: datetime) -> bytes:
    """The PDF, as many pages as it takes; read `session` with cohort, training and venue."""
    target = BytesIO()
    canvas = pdf.open_canvas(target, title=f"Daftar hadir {session.cohort.code}")
    spare = SPARE if session.cohort.walk_ins == session.cohort.WalkIn.FREE_SEATS else 0
    rows: list[Line | None] = [*lines, *[None] * spare]
    pages = [rows[first : first + ROWS] for first in range(0, max(len(rows), 1), ROWS)]
    for number, page in enumerate(pages):
        _head(canvas, session)
        _table(canvas, page, first=number * ROWS + 1)
        _foot(canvas, number + 1, len(pages), now=now)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _head(canvas: Canvas, session: Session) -> None:
    cohort = session.cohort
    venue = session.venue
    place = f"{venue.name}, {venue.address}" if venue else "Daring"
    canvas.setFillColor(pdf.INK)
    title = f"Daftar hadir: {cohort.training.title}, gelombang {cohort.number}"
    pdf.write(canvas, title, (LEFT, TOP - 14), size=15, font=pdf.BOLD, within=RIGHT - LEFT)
    when = f"{days_label([session.starts_at])}, {hours_label([session])}"
    about = f"{session.title}. {when}" if session.title else when
    pdf.write(canvas, about, (LEFT, TOP - 34), size=10, within=RIGHT - LEFT)
    pdf.write(canvas, place, (LEFT, TOP - 49), size=10, within=RIGHT - LEFT)
    canvas.setFillColor(pdf.MUTED)
    organiser = f"Penyelenggara: {cohort.training.organiser}"
    pdf.write(canvas, organiser, (LEFT, TOP - 64), size=9, within=RIGHT - LEFT)


def _table(canvas: Canvas, page: Sequence[Line | None], *, first: int) -> None:
    top = TOP - HEAD
    pdf.draw_grid(canvas, COLUMNS, top=top, right=RIGHT, row=ROW, rows=len(page))
    for offset, line in enumerate(page):
        _row(canvas, line, first + offset, top - (offset + 1) * ROW)


def _row(canvas: Canvas, line: Line | None, number: int, bottom: float) -> None:
    base = bottom + 9
    pdf.write(canvas, f"{number}", (COLUMNS[0].at + 4, base), size=10)
    signature = COLUMNS[3].at + (4 if number % 2 else (RIGHT - COLUMNS[3].at) / 2)
    canvas.setFillColor(pdf.MUTED)
    pdf.write(canvas, f"{number}.", (signature, base + 7), size=7)
    if line is not None and line.note:
        pdf.write(canvas, line.note, (RIGHT - 4, bottom + 3), size=7, align="right")
    canvas.setFillColor(pdf.INK)
    if line is not None:
        width = COLUMNS[2].at - COLUMNS[1].at - 8
        pdf.write(canvas, line.name, (COLUMNS[1].at + 4, base), size=10, within=width)
        pdf.write(canvas, line.code, (COLUMNS[2].at + 4, base), size=9, within=88)


def _foot(canvas: Canvas, number: int, pages: int, *, now: datetime) -> None:
    canvas.setFillColor(pdf.MUTED)
    told = f"Halaman {number} dari {pages}. Dicetak {format_moment(now)}."
    pdf.write(canvas, told, (LEFT, BOTTOM - 30), size=8)
    if number == pages:
        pdf.write(
            canvas,
            "Petugas: ........................................",
            (RIGHT, BOTTOM - 30),
            size=9,
            align="right",
        )
