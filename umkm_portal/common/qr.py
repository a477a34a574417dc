"""Addresses as QR codes that pages and papers carry."""

from __future__ import annotations

import segno
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

INK = "#15211b"
MASK = 2
"""One of the eight patterns that a code may be drawn with. Trying them all takes five times as long
as drawing; for our addresses, which are mostly random, none is better to read than another."""


def drawn(url: str) -> segno.QRCode:
    """The code of an address, of which up to a seventh may be dirty (error level M)."""
    return segno.make_qr(url, error="m", mask=MASK)


def qr_code(url: str, *, label: str) -> SafeString:
    """A QR code as inline SVG without any style attribute; screen readers say `label`."""
    svg = drawn(url).svg_inline(border=2, omitsize=True, dark=INK)
    labelled = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
    return mark_safe(labelled)  # noqa: S308 - drawn by segno, holds no text of anybody
