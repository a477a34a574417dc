"""PDFs carry the identity's font, fit their lines and hold QR codes that cameras read."""

import io

import pytest
from reportlab.pdfbase import pdfmetrics

from umkm_portal.common import pdf


def drawn(draw):
    target = io.BytesIO()
    canvas = pdf.open_canvas(target, title="Uji")
    draw(canvas)
    canvas.save()
    return target.getvalue()


def test_the_same_drawing_gives_the_same_bytes_with_the_font_inside():
    def draw(canvas):
        pdf.write(canvas, "Siti Aminah", (50, 50), size=12, font=pdf.BOLD)
        pdf.draw_qr(canvas, "https://contoh.example/sertifikat/7F3K29XM/", (50, 100), side=90)

    first = drawn(draw)

    assert first == drawn(draw)
    assert first.startswith(b"%PDF-")
    assert b"PlusJakartaSans-Bold" in first


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Siti Nurhaliza, S.E.", "Siti Nurhaliza, S.E."),
        ("Ayşe Özdemir", "Ayşe Özdemir"),
        ("Nguyễn", "Nguyen"),
        ("陳 Budi\u200b\u202e", "? Budi"),
    ],
)
def test_signs_that_the_font_lacks_do_no_harm(text, shown):
    assert pdf.printable(text) == shown


def test_long_lines_are_broken_or_get_smaller():
    words = "Pelatihan Jualan Daring lewat Siaran Langsung untuk Pedagang Pasar"

    lines = pdf.lines_of(words, size=12, width=150)

    assert " ".join(lines) == words
    assert len(lines) > 2
    assert all(pdfmetrics.stringWidth(line, pdf.REGULAR, 12) <= 150 for line in lines)

    sizes = []
    canvas = pdf.open_canvas(io.BytesIO(), title="Uji")
    canvas.setFont = lambda name, size: sizes.append(size)
    pdf.write(canvas, words, (0, 0), size=30, within=200)
    assert canvas.stringWidth(words, pdf.REGULAR, sizes[0]) == pytest.approx(200)
