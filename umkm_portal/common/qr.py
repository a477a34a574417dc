"""Addresses as QR codes that pages and papers carry."""

from __future__ import annotations

import segno
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

INK = "#15211b"


def qr_code(url: str, *, label: str) -> SafeString:
    """A QR code as inline SVG without any style attribute; screen readers say `label`."""
    svg = segno.make(url, error="m", micro=False).svg_inline(border=2, omitsize=True, dark=INK)
    labelled = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
    return mark_safe(labelled)  # noqa: S308 - drawn by segno, holds no text of anybody
